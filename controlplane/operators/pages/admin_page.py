"""The frame of every page here that is no list of rows: permissions, context and the admin's look."""

from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.views import View

from controlplane.operators.model_admin import OperatorModelAdmin, acting_operator
from tenants.registry.actor import Actor

__all__ = ["AdminPage"]


class AdminPage(View):
    """A page of the admin that belongs to a model's admin class and asks for one of its permissions."""

    template_name: ClassVar[str]
    model_admin: OperatorModelAdmin

    def dispatch(
        self, request: HttpRequest, *args: Any, model_admin: OperatorModelAdmin, **kwargs: Any
    ) -> HttpResponseBase:
        """Refuse operators without permission, then answer."""
        self.model_admin = model_admin
        request.current_app = model_admin.admin_site.name
        if not self.is_permitted(request):
            raise PermissionDenied
        self.find(**kwargs)
        return super().dispatch(request, *args)

    def find(self, **_identifiers: Any) -> None:
        """Load what the address names, or raise ``Http404``."""

    def is_permitted(self, request: HttpRequest) -> bool:
        """Say whether the operator may see (GET) or use (any other method) the page."""
        raise NotImplementedError

    @property
    def actor(self) -> Actor:
        """The operator on whose behalf services act."""
        return acting_operator(self.request)

    def page(self, title: str, **context: Any) -> HttpResponse:
        """Return the page with the admin's frame around it."""
        return TemplateResponse(
            self.request,
            self.template_name,
            {
                **self.model_admin.admin_site.each_context(self.request),
                "opts": self.model_admin.model._meta,
                "title": title,
                **context,
            },
        )

    def say_errors(self, form: Form) -> None:
        """Say once at the top of the page that something beside a field was refused and nothing changed."""
        if form.errors:
            messages.error(self.request, "Nothing was changed. Please look at the marked field.")
