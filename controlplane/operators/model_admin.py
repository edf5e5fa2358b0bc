"""The ground of every admin class here: who acts, and rows that only the services may change."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from controlplane.operators.sign_in.sessions import METHOD
from tenants.registry.actor import Actor, ActorKind

__all__ = [
    "OperatorModelAdmin", "OwnPagesModelAdmin", "ReadOnlyModelAdmin", "acting_operator", "column", "row_action",
    "short_date", "short_time",
]  # fmt: skip

Function = TypeVar("Function", bound=Callable[..., Any])


def acting_operator(request: HttpRequest) -> Actor:
    """Return the signed-in operator as the services and the history name them."""
    user = request.user
    assert isinstance(user, AbstractBaseUser)  # noqa: S101 - every view here stands behind the admin's sign-in
    address, method = request.META.get("REMOTE_ADDR", ""), request.session.get(METHOD, "")
    return Actor(ActorKind.OPERATOR, user.get_username(), address=address, method=method)


def column(description: str, **options: Any) -> Callable[[Function], Function]:
    """Return unfold's ``display`` decorator (a column of a list or a row of a page), with types."""
    decorate: Callable[[Function], Function] = display(description=description, **options)
    return decorate


def row_action(description: str, *, icon: str) -> Callable[[Function], Function]:
    """Return unfold's ``action`` decorator for an entry of a row's menu that needs the change permission."""
    decorate: Callable[[Function], Function] = action(description=description, icon=icon, permissions=["change"])
    return decorate


def short_time(value: datetime) -> str:
    """Return a time as short as the lists need it."""
    return date_format(localtime(value), "j M Y, H:i")


def short_date(value: datetime) -> str:
    """Return the day of a time, on one line of a narrow column."""
    return format_html('<span class="whitespace-nowrap">{}</span>', date_format(localtime(value), "j M Y"))


class OperatorModelAdmin(ModelAdmin):  # type: ignore[misc]  # django-unfold ships no type information
    """What all pages share: quiet lists, and no way to find out a hidden value by filtering for it."""

    hidden_fields: ClassVar[tuple[str, ...]] = ()
    list_per_page = 50
    # Choosing rows beyond the page would put thousands of ids into one request.
    list_disable_select_all = True

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Refuse query-string filters on hidden fields: an answer of "found" or "not found" would leak them."""
        if lookup.split("__", 1)[0] in self.hidden_fields:
            return False
        return bool(super().lookup_allowed(lookup, value, request))


class OwnPagesModelAdmin(OperatorModelAdmin):
    """Rows that have pages of ours: Django's generated form, which writes past the services, is not reachable."""

    def changeform_view(self, *_: Any, **__: Any) -> HttpResponse:
        """Answer 404, also for spellings of a row's id that our own addresses do not match."""
        raise Http404("There is no such page.")


class ReadOnlyModelAdmin(OperatorModelAdmin):
    """Rows to look at: they come from the services and are neither added, changed nor deleted here."""

    actions = None

    def has_add_permission(self, _request: HttpRequest, *_: Any) -> bool:
        """Nobody adds rows by hand."""
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Model | None = None) -> bool:
        """Nobody changes rows by hand."""
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Model | None = None) -> bool:
        """Nobody deletes rows by hand."""
        return False
