"""Operators and their groups: Django's own users of the public schema, with unfold's forms."""

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from controlplane.operators.model_admin import OperatorModelAdmin, acting_operator
from tenants.registry.services.auditing import record

__all__ = ["GroupAdmin", "OperatorAdmin"]

# Importing Django's admin of accounts registered it; ours takes its place.
admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class OperatorAdmin(auth_admin.UserAdmin, OperatorModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    """People who run the platform. Members of tenants are no Django users and never appear here."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    hidden_fields = ("password",)
    list_display = ("username", "first_name", "last_name", "is_active", "is_superuser", "last_login")
    list_filter = ("is_active", "is_superuser", "groups")
    actions = None

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Let superusers alone hand out rights, so that nobody can raise their own."""
        fields = tuple(super().get_readonly_fields(request, obj))
        if request.user.is_superuser:
            return fields
        return (*fields, "is_staff", "is_superuser", "groups", "user_permissions")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Keep superusers (and so their passwords) out of the hands of operators who are none."""
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Keep superusers, and everyone their own account."""
        if obj is not None and (obj.pk == request.user.pk or (obj.is_superuser and not request.user.is_superuser)):
            return False
        return bool(super().has_delete_permission(request, obj))

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002 - Django's name
        """Let Django's page set somebody's password, and write down whose and by whom."""
        with transaction.atomic():
            before = self.get_object(request, unquote(id))
            answer: HttpResponse = super().user_change_password(request, id, form_url)
            if before is not None and User.objects.get(pk=before.pk).password != before.password:
                record("operator.set_password", actor=acting_operator(request), target=before.get_username())
        return answer


@admin.register(Group)
class GroupAdmin(auth_admin.GroupAdmin, OperatorModelAdmin):
    """Sets of permissions; a group's permissions are handed out by superusers alone."""

    actions = None

    def has_change_permission(self, request: HttpRequest, _obj: Group | None = None) -> bool:
        """Only superusers hand out rights."""
        return bool(request.user.is_superuser)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only superusers hand out rights."""
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, _obj: Group | None = None) -> bool:
        """Only superusers hand out rights."""
        return bool(request.user.is_superuser)
