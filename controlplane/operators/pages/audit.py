"""The audit log across all tenants: who did what, from where, found by filters and taken along as a file."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode

from asgiref.sync import sync_to_async
from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from controlplane.operators.pages.admin_page import AdminPage
from controlplane.operators.templatetags.operators import action_words
from tenants.registry.models import Tenant
from tenants.registry.services.audit_log import (
    AuditPage,
    AuditSearch,
    export_audit,
    find_audit,
    known_actions,
    known_methods,
)

__all__ = ["AuditLogPage"]


class _SearchForm(forms.Form):
    tenant = forms.CharField(label=_("Tenant"), required=False, max_length=39)
    actor = forms.CharField(label=_("Person"), required=False, max_length=200)
    action = forms.ChoiceField(label=_("Action"), required=False)
    address = forms.CharField(label=_("Network address"), required=False, max_length=45)
    method = forms.ChoiceField(label=_("Way to sign in"), required=False)
    since = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    until = forms.DateField(
        label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    labels: ClassVar = {
        "tenant": _("short name"), "actor": _("begins with"), "address": _("begins with"),
    }  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, hint in self.labels.items():
            self.fields[name].widget.attrs["placeholder"] = hint
        self._offer("action", [(action, action_words(action)) for action in known_actions()])
        self._offer("method", [(method, method) for method in known_methods()])

    def search(self) -> AuditSearch:
        """Return what is looked for; what cannot be understood asks for nothing, and the form says so."""
        values = self.cleaned_data if self.is_valid() else {}
        since, until = values.get("since"), values.get("until")
        return AuditSearch(
            tenant=values.get("tenant", "").strip().lower(),
            actor=values.get("actor", "").strip(),
            action=values.get("action", ""),
            address=values.get("address", "").strip(),
            method=values.get("method", ""),
            since=datetime.combine(since, time.min, UTC) if since else None,
            until=datetime.combine(until, time.min, UTC) + timedelta(days=1) if until else None,
        )

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared so above
        field.choices = [("", gettext("any")), *choices]


class AuditLogPage(AdminPage):
    """Newest first, fifty at a time; the same address with ``format=csv`` is the file."""

    template_name = "operators/audit.html"

    def is_permitted(self, request: HttpRequest) -> bool:
        """Looking and taking along is all there is."""
        return request.method in {"GET", "HEAD"} and bool(self.model_admin.has_view_permission(request))

    def get(self, request: HttpRequest) -> HttpResponseBase:
        """Show what is found, or send it as a file."""
        form = _SearchForm(request.GET)
        search = form.search()
        if request.GET.get("format") == "csv" and form.is_valid():
            return self._file(search)
        older_than = request.GET.get("after", "")
        # Greater numbers are no ids.
        after = int(older_than) if older_than.isascii() and older_than.isdigit() and len(older_than) < 19 else None
        found = find_audit(search, older_than=after) if form.is_valid() else AuditPage([], None)
        asked = {name: str(value) for name, value in request.GET.items() if value and name in form.fields}
        tenants = {entry.tenant_id for entry in found.entries if entry.tenant_id}
        there = set(Tenant.objects.filter(pk__in=tenants).values_list("pk", flat=True))
        return self._shown(form, found, asked, after, there)

    def _shown(
        self, form: forms.Form, found: AuditPage, asked: dict[str, str], after: int | None, there: set[Any]
    ) -> HttpResponse:
        return self.page(
            gettext("Audit log"),
            form=form,
            rows=[(entry, entry.tenant_id in there, ", ".join(_names(entry.changes))) for entry in found.entries],
            asked=urlencode(asked),
            is_first=after is None,
            older=urlencode({**asked, "after": found.older_than}) if found.older_than else "",
            csv=urlencode({**asked, "format": "csv"}),
        )

    def _file(self, search: AuditSearch) -> StreamingHttpResponse:
        name = f"audit-{timezone.now():%Y-%m-%d}.csv"
        return StreamingHttpResponse(
            _sent(export_audit(search, actor=self.actor)),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"},
        )


def _names(changes: dict[str, Any]) -> list[str]:
    return [name.replace("_", " ") for name in changes]


async def _sent(lines: Iterator[str]) -> AsyncIterator[str]:
    """Have each piece made in the thread that has the connection, as the server asks for it."""
    following = sync_to_async(lambda: next(lines, None))
    while (piece := await following()) is not None:
        yield piece
