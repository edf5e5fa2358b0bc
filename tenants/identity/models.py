"""Tables of a tenant's schema. Rows are changed by the services only, which audit."""

import uuid

from django.db import models

from tenants.workspace.models import Member

__all__ = ["MailedLink", "SignIn"]


class SignIn(models.Model):
    """One sign-in of a member in one browser, for the chat and the settings page alike.

    Its id is in the browser's token. A row says what the token cannot: that it was ended, and from where it was made.
    """

    class Reason(models.TextChoices):
        """Why a sign-in ended before its time."""

        SIGNED_OUT = "signed_out", "Signed out"
        ENDED = "ended", "Ended from another device"
        PASSWORD = "password", "The password changed"
        MEMBER = "member", "The member changed"
        EVERYONE = "everyone", "Everyone was signed out"
        REPLACED = "replaced", "Signed in anew in the same browser"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="sign_ins")
    method = models.CharField(max_length=40)
    address = models.CharField(max_length=45, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=10, blank=True, choices=Reason.choices)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["member"], condition=models.Q(ended_at=None), name="identity_signin_open"),
            models.Index(fields=["created_at"], name="identity_signin_created"),
        ]

    def __str__(self) -> str:
        return f"{self.method} at {self.created_at:%Y-%m-%d %H:%M}"


class MailedLink(models.Model):
    """A link that was mailed to a member to choose a password by. It works once, until it expires.

    The secret in the link is stored as a hash that is bound to the tenant and to what the member was when it was made:
    a link is worth nothing in another tenant, or once the password, the address or the activity has changed.
    """

    class Purpose(models.TextChoices):
        """What the link is for."""

        INVITATION = "invitation", "Invitation"
        RESET = "reset", "Forgotten password"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="mailed_links")
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    secret_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} for {self.member_id}"
