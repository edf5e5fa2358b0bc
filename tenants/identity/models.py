"""Tables of a tenant's schema. Rows are changed by the services only, which audit."""

import uuid

from django.db import models

from tenants.contract.access import SignInKind
from tenants.identity.saml.models import SamlArrival, SamlKeyPair, SamlSession, SeenAssertion
from tenants.identity.scim.models import ScimEmail, ScimGroup, ScimToken, ScimUser
from tenants.registry.sealed_columns import SealedTextField
from tenants.workspace.models import Member

__all__ = [
    "AuthenticatorApp", "ExternalIdentity", "IdentityProvider", "MailedLink", "PasskeyChallenge", "PendingSignIn",
    "ProviderSession", "ProxySecret", "RecoveryCode", "RegisteredPasskey", "SamlArrival", "SamlKeyPair", "SamlSession",
    "ScimEmail", "ScimGroup", "ScimToken", "ScimUser", "SeenAssertion", "SignIn", "SignUpLink", "SpentState",
]  # fmt: skip


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
        FACTORS = "factors", "The second factors were reset"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="sign_ins")
    method = models.CharField(max_length=40)
    address = models.CharField(max_length=45, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=10, blank=True, choices=Reason.choices)
    proved_at = models.DateTimeField(null=True, blank=True)
    """When the member last proved in it who they are; what is at stake is asked for anew after a while."""

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


class IdentityProvider(models.Model):
    """Somebody outside who vouches for people: an OpenID Connect or SAML provider, or a proxy before the gateway.

    Its id is that of the way to sign in (``tenants.contract.access.SignInMethod``). ``settings`` are in the shape of
    its kind (``tenants.identity.providers.kinds``); ``secret`` is a Fernet token, or empty; it is never shown again.
    ``role_rules`` is a list of ``{"group": ..., "role": ...}`` of which the first that holds for a person counts.
    """

    class Role(models.TextChoices):
        """What a person may be made by default: nobody becomes an owner but by a rule that says so."""

        MEMBER = "member", "Member"
        ADMIN = "admin", "Admin"

    id = models.SlugField(primary_key=True, max_length=39)
    kind = models.CharField(
        max_length=8, choices=[(kind.value, kind.value) for kind in SignInKind if kind is not SignInKind.PASSWORD]
    )
    label = models.CharField(max_length=60)
    preset = models.CharField(max_length=30, blank=True)
    settings = models.JSONField(default=dict)
    secret = SealedTextField(blank=True)
    email_domains = models.JSONField(default=list)
    """Only people with an e-mail address at these come by this provider; empty for all."""
    role_rules = models.JSONField(default=list)
    default_role = models.CharField(max_length=6, choices=Role.choices, default=Role.MEMBER)
    creates_members = models.BooleanField(default=True)
    """Whether somebody who is no member becomes one by signing in, where the policy allows it, too."""
    requires_verified_email = models.BooleanField(default=True)
    """Whether whose e-mail address the provider does not call verified is refused."""
    asks_second_factor = models.BooleanField(default=False)
    """Whether the provider asks for a second factor itself, so that none is asked for here."""
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return self.label


class ProxySecret(models.Model):
    """By what a proxy proves itself: the hash of a secret that was shown once. A proxy has two at most."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider = models.ForeignKey(IdentityProvider, on_delete=models.CASCADE, related_name="proxy_secrets")
    secret_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"Secret of {self.provider_id}"


class ExternalIdentity(models.Model):
    """Who a member is at a provider. ``subject`` is the provider's own name for the person, which never changes."""

    provider = models.ForeignKey(IdentityProvider, on_delete=models.CASCADE, related_name="identities")
    subject = models.CharField(max_length=255)
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="external_identities")
    created_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "subject"], name="identity_external_subject")]

    def __str__(self) -> str:
        return f"{self.subject} at {self.provider_id}"


class SpentState(models.Model):
    """A sign-in at a provider that came back: its state is worth nothing a second time. Old ones are removed."""

    id = models.UUIDField(primary_key=True, editable=False)
    spent_at = models.DateTimeField(auto_now_add=True, db_index=True)

    def __str__(self) -> str:
        return str(self.id)


class ProviderSession(models.Model):
    """What is needed to end a sign-in at its provider, too. ``id_token`` is the provider's, as a Fernet token."""

    sign_in = models.OneToOneField(SignIn, on_delete=models.CASCADE, primary_key=True, related_name="provider_session")
    provider = models.ForeignKey(IdentityProvider, on_delete=models.CASCADE, related_name="sessions")
    id_token = SealedTextField()

    def __str__(self) -> str:
        return f"{self.sign_in_id} at {self.provider_id}"


class SignUpLink(models.Model):
    """A link that was mailed to somebody who is no member yet, to become one by. It works once, until it expires.

    The secret in the link is stored as a hash that is bound to the tenant, the row and the address it was mailed to.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField()
    secret_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["email"], name="identity_signuplink_email")]

    def __str__(self) -> str:
        return f"Sign-up of {self.email}"


class PendingSignIn(models.Model):
    """Somebody who has proved one factor and still owes the second: no sign-in yet, and worth nothing as one.

    It is begun by a link that works once. The browser that opens the link is given the secret by which it goes on, so
    that a link that somebody else sees later is worth nothing. ``secret_hash`` is of whichever of the two is next.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="pending_sign_ins")
    method = models.CharField(max_length=40)
    address = models.CharField(max_length=45, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)
    secret_hash = models.CharField(max_length=64)
    target = models.CharField(max_length=2000, default="/")
    """The path on the tenant's host to which the browser goes once it is signed in."""
    at_provider = SealedTextField(blank=True, db_default="")
    """What is needed to end the sign-in at its provider, too, as a Fernet token; empty where nothing is."""
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="identity_pending_expires")]

    def __str__(self) -> str:
        return f"{self.member_id} by {self.method}"


class AuthenticatorApp(models.Model):
    """A member's app that shows codes (TOTP). ``secret`` is sealed for tenant and member."""

    member = models.OneToOneField(Member, primary_key=True, on_delete=models.CASCADE, related_name="authenticator_app")
    secret = SealedTextField()
    last_step = models.PositiveBigIntegerField()
    """The step of the last code that was taken: none of it or of an earlier one is taken again."""
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"Authenticator app of {self.member_id}"


class RegisteredPasskey(models.Model):
    """A passkey of a member, for one of the tenant's hosts."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="passkeys")
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
    """A code of a member for when the device is lost, as its hash. A used one stays, so that it can be counted."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="recovery_codes")
    code_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"Recovery code of {self.member_id}"


class PasskeyChallenge(models.Model):
    """What a browser was asked to sign. It is taken for one answer, from the sign-in that it was made for."""

    challenge = models.CharField(primary_key=True, max_length=100)
    purpose = models.CharField(max_length=10)
    subject = models.UUIDField()
    """The sign-in, or the pending one."""
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="identity_challenge_expires")]

    def __str__(self) -> str:
        return f"{self.purpose} of {self.subject}"
