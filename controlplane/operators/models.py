"""What operators have beside Django's account: second factors, and the browsers in which they are signed in.

Tables of the public schema. Rows are changed by ``controlplane.operators.sign_in`` only, which audits.
"""

import uuid

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import models

from tenants.registry.sealed_columns import SealedTextField

__all__ = ["AuthenticatorApp", "ExternalOperator", "OpenSession", "RecoveryCode", "RegisteredPasskey"]


class AuthenticatorApp(models.Model):
    """An operator's app that shows codes (TOTP). ``secret`` is sealed for the operator."""

    operator = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="authenticator_app"
    )
    secret = SealedTextField()
    last_step = models.PositiveBigIntegerField()
    """The step of the last code that was taken: none of it or of an earlier one is taken again."""
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"Authenticator app of {self.operator_id}"


class RegisteredPasskey(models.Model):
    """A passkey of an operator, for one of the platform's hosts."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    operator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="passkeys")
    host = models.CharField(max_length=253)
    name = models.CharField(max_length=60)
    credential_id = models.CharField(max_length=1400, unique=True)
    public_key = models.BinaryField()
    sign_count = models.PositiveBigIntegerField()
    transports = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return self.name


class RecoveryCode(models.Model):
    """A code of an operator for when the device is lost, as its hash. A used one stays, so that it can be counted."""

    operator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recovery_codes")
    code_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"Recovery code of {self.operator_id}"


class OpenSession(models.Model):
    """Where an operator is signed in. It is gone with Django's session, and ending it is deleting that."""

    session = models.OneToOneField(Session, primary_key=True, on_delete=models.CASCADE, related_name="+")
    id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    operator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="open_sessions")
    method = models.CharField(max_length=40)
    address = models.CharField(max_length=45, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-last_seen_at"]

    def __str__(self) -> str:
        return f"{self.operator_id} by {self.method}"


class ExternalOperator(models.Model):
    """Who an operator is at the platform's identity provider: known from the second sign-in on by ``subject`` alone."""

    operator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="external")
    issuer = models.CharField(max_length=500)
    subject = models.CharField(max_length=255)
    created_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issuer", "subject"], name="operators_external_subject")]

    def __str__(self) -> str:
        return f"{self.operator_id} at {self.issuer}"
