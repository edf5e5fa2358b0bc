"""Tables of a tenant's schema: what a directory knows of members that they themselves have no place for.

Rows are changed by the services only, which audit. Members whom no directory provisioned have none.
"""

import uuid

from django.db import models
from django.db.models.functions import Lower

from tenants.workspace.models import ROLE_CHOICES, Member

__all__ = ["ScimEmail", "ScimGroup", "ScimToken", "ScimUser"]


class ScimToken(models.Model):
    """What a directory proves itself with: shown once, and stored as a hash that is bound to the tenant."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=60)
    prefix = models.CharField(max_length=20, unique=True)
    """The beginning of the token, by which people and this table recognise it."""
    secret_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=200)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_address = models.CharField(max_length=45, blank=True)

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return self.name


class ScimUser(models.Model):
    """What a directory says of a member beyond e-mail address, shown name and activity."""

    member = models.OneToOneField(Member, primary_key=True, on_delete=models.CASCADE, related_name="directory")
    external_id = models.CharField(max_length=255, blank=True, db_index=True)
    formatted_name = models.CharField(max_length=200, blank=True)
    given_name = models.CharField(max_length=100, blank=True)
    family_name = models.CharField(max_length=100, blank=True)
    granted_role = models.CharField(max_length=6, blank=True, choices=ROLE_CHOICES)
    """The role that groups give; empty where they give none, so that what people gave by hand is theirs to take."""
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.external_id or 'no id'} is {self.member_id}"


class ScimEmail(models.Model):
    """An address that a directory keeps of somebody. People sign in by their user name, not by these."""

    user = models.ForeignKey(ScimUser, on_delete=models.CASCADE, related_name="emails")
    value = models.CharField(max_length=254)
    type = models.CharField(max_length=40, blank=True)
    display = models.CharField(max_length=200, blank=True)
    is_primary = models.BooleanField(null=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.value


class ScimGroup(models.Model):
    """A group of the directory, and the role that administrators tied to it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    display_name = models.CharField(max_length=200)
    external_id = models.CharField(max_length=255, blank=True, db_index=True)
    role = models.CharField(max_length=6, blank=True, choices=ROLE_CHOICES)
    members = models.ManyToManyField(Member, related_name="directory_groups")
    version = models.PositiveBigIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["display_name"]
        constraints = [models.UniqueConstraint(Lower("display_name"), name="identity_scimgroup_name")]

    def __str__(self) -> str:
        return self.display_name
