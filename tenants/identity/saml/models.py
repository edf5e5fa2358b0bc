"""What has to be remembered of SAML, in the tenant's schema."""

from django.db import models

from tenants.registry.sealed_columns import SealedTextField

__all__ = ["SamlArrival", "SamlKeyPair", "SamlSession", "SeenAssertion"]


class SamlKeyPair(models.Model):
    """The tenant's own key, of which there is one: for all its providers, made when the first one needs it."""

    id = models.SmallIntegerField(primary_key=True, default=1, editable=False)
    private_key = SealedTextField()
    """PEM in a Fernet token."""
    certificate = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="identity_samlkeypair_one")]

    def __str__(self) -> str:
        return f"made {self.created_at:%Y-%m-%d}"


class SamlArrival(models.Model):
    """Somebody whom a provider has vouched for, until the browser comes by that they were sent back with.

    An identity provider sends a browser back by a form on its own site, and such a request comes without this site's
    cookies. So what was verified waits here for a moment, under a ticket that works once.
    """

    ticket_hash = models.CharField(primary_key=True, max_length=64)
    provider = models.ForeignKey("identity.IdentityProvider", on_delete=models.CASCADE, related_name="+")
    in_response_to = models.CharField(max_length=80, blank=True)
    """The question that was asked in one browser; empty where the sign-in began at the provider."""
    next = models.CharField(max_length=2000, blank=True)
    person = models.JSONField()
    session = models.JSONField()
    claims = models.JSONField()
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"from {self.provider_id} until {self.expires_at:%H:%M:%S}"


class SeenAssertion(models.Model):
    """An assertion that was used, until it expires: nobody comes with it again."""

    id_hash = models.CharField(primary_key=True, max_length=64)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"until {self.expires_at:%H:%M:%S}"


class SamlSession(models.Model):
    """By which name a provider knows a sign-in, to sign out there too."""

    sign_in = models.OneToOneField(
        "identity.SignIn", primary_key=True, on_delete=models.CASCADE, related_name="saml_session"
    )
    provider = models.ForeignKey("identity.IdentityProvider", on_delete=models.CASCADE, related_name="+")
    name_id = models.CharField(max_length=255)
    name_id_format = models.CharField(max_length=200, blank=True)
    session_index = models.CharField(max_length=1024, blank=True)

    def __str__(self) -> str:
        return f"at {self.provider_id}"
