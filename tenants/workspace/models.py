"""Tables of a tenant's schema. Rows are changed by the services only, which publish and audit."""

import uuid

from django.db import models
from django.db.models.functions import Lower

from tenants.contract import roles
from tenants.contract.access import DEFAULT_SESSION_SECONDS, AccessMode, Entry, SecondFactor, SignUp
from tenants.contract.state import FontFamily, Theme
from tenants.registry.sealed_columns import SealedTextField

__all__ = [
    "ROLE_CHOICES",
    "AccessPolicy",
    "Branding",
    "ChatContent",
    "ChatSettings",
    "EndedSignIns",
    "EnvironmentVariable",
    "Flag",
    "History",
    "Member",
]


ROLE_CHOICES = [(role.value, role.label) for role in roles.Role]


class Singleton(models.Model):
    """A table of one row: the settings of the tenant whose schema it stands in."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)

    class Meta:
        abstract = True
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="%(app_label)s_%(class)s_one_row")]


class Branding(Singleton):
    """Names, theme, colours and font. Images are assets; see ``tenants.assets``."""

    display_name = models.CharField(max_length=80)
    description = models.CharField(max_length=300, blank=True)
    default_theme = models.CharField(
        max_length=5, blank=True, choices=[(theme.value, theme.value.capitalize()) for theme in Theme]
    )
    light_primary = models.CharField(max_length=7, blank=True)
    light_background = models.CharField(max_length=7, blank=True)
    light_accent = models.CharField(max_length=7, blank=True)
    dark_primary = models.CharField(max_length=7, blank=True)
    dark_background = models.CharField(max_length=7, blank=True)
    dark_accent = models.CharField(max_length=7, blank=True)
    font = models.CharField(
        max_length=12, blank=True, choices=[(font.value, font.value.capitalize()) for font in FontFamily]
    )

    def __str__(self) -> str:
        return self.display_name


class ChatSettings(Singleton):
    """Chainlit's switches that the tenant sets, in the shape of the contract's ``Features`` and ``Interface``."""

    features = models.JSONField(default=dict)
    interface = models.JSONField(default=dict)

    def __str__(self) -> str:
        return "Chat settings"


class ChatContent(Singleton):
    """What the tenant says itself in the chat, in the shape of the contract's ``Chat``; no row says nothing."""

    content = models.JSONField(default=dict)

    def __str__(self) -> str:
        return "Chat texts and starters"


def password_alone() -> list[str]:
    """Return the ways to sign in that every tenant begins with."""
    return ["password"]


class AccessPolicy(Singleton):
    """Who may enter the chat, in the shape of the contract's ``AccessPolicy``; the lists are of texts.

    ``methods`` are ids: what each is stands where it is set up (``tenants.workspace.access.abilities``).
    """

    mode = models.CharField(
        max_length=10,
        choices=[(mode.value, mode.value.capitalize()) for mode in AccessMode],
        default=AccessMode.ANONYMOUS,
    )
    sign_out_epoch = models.PositiveIntegerField(default=0)
    allowed_origins = models.JSONField(default=list)
    entry = models.CharField(
        max_length=10, choices=[(entry.value, entry.value) for entry in Entry], default=Entry.ANY_MEMBER
    )
    email_domains = models.JSONField(default=list)
    methods = models.JSONField(default=password_alone)
    session_seconds = models.PositiveIntegerField(default=DEFAULT_SESSION_SECONDS)
    idle_seconds = models.PositiveIntegerField(default=0)
    networks = models.JSONField(default=list)
    sign_up = models.CharField(
        max_length=10, choices=[(sign_up.value, sign_up.value) for sign_up in SignUp], default=SignUp.INVITATION
    )
    owner_second_factor = models.CharField(
        max_length=8, choices=[(f.value, f.value) for f in SecondFactor], default=SecondFactor.OPTIONAL
    )
    admin_second_factor = models.CharField(
        max_length=8, choices=[(f.value, f.value) for f in SecondFactor], default=SecondFactor.OPTIONAL
    )
    member_second_factor = models.CharField(
        max_length=8, choices=[(f.value, f.value) for f in SecondFactor], default=SecondFactor.OPTIONAL
    )

    def __str__(self) -> str:
        return self.get_mode_display()


class EndedSignIns(models.Model):
    """Until when a member's sign-ins were ended. It outlives the member: a removed one's tokens are ended, too."""

    member_id = models.UUIDField(primary_key=True)
    ended_at = models.PositiveBigIntegerField()
    """Unix seconds: sign-ins from before are over."""

    def __str__(self) -> str:
        return f"{self.member_id} until {self.ended_at}"


class History(Singleton):
    """Whether the chat's conversations are kept. A tenant without a row, from before there was a choice, keeps none."""

    enabled = models.BooleanField(default=False)

    def __str__(self) -> str:
        return "Conversations are kept" if self.enabled else "Conversations are not kept"


class Flag(models.Model):
    """A switch or a value of the tenant's own that app code reads by name.

    ``definition`` has the fields of the contract's ``Flag`` but ``enabled``; a switch without rules has none.
    """

    name = models.CharField(max_length=63, primary_key=True)
    enabled = models.BooleanField(default=False)
    description = models.CharField(max_length=200, blank=True)
    definition = models.JSONField(default=dict, db_default={})

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class AppSettings(models.Model):
    """What the tenant set of an app's settings, by path; those of an app that it had before are kept."""

    app = models.CharField(max_length=64, primary_key=True)
    values = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.app


class AppSecret(models.Model):
    """A secret among an app's settings, sealed for the tenant; it is never shown again."""

    app = models.CharField(max_length=64)
    path = models.CharField(max_length=127)
    value = SealedTextField()

    class Meta:
        ordering = ["app", "path"]
        constraints = [models.UniqueConstraint(fields=["app", "path"], name="workspace_app_secret")]

    def __str__(self) -> str:
        return f"{self.path} of {self.app}"


class EnvironmentVariable(models.Model):
    """A variable for app code. A secret's ``value`` is a Fernet token; it is never shown again."""

    name = models.CharField(max_length=128, primary_key=True)
    value = SealedTextField(blank=True, only_if="is_secret")
    is_secret = models.BooleanField(default=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Member(models.Model):
    """A person of the tenant: signs in to the chat, and to the settings page as owner or admin.

    Not a Django user: operators live in ``auth_user`` of the public schema, members here, so the two can never be
    taken for each other. The runtime reads this table too (``runtime.members``): renaming columns breaks it.
    """

    Role = roles.Role

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=80, blank=True)
    role = models.CharField(max_length=6, choices=ROLE_CHOICES, default=roles.Role.MEMBER)
    password = models.CharField(max_length=200)
    is_active = models.BooleanField(default=True)
    last_login = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["email"]
        constraints = [models.CheckConstraint(condition=models.Q(email=Lower("email")), name="workspace_member_lower")]

    def __str__(self) -> str:
        return self.email
