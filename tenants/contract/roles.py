"""What the members of a tenant may do, by their role: the one table, which services, pages and docs all ask."""

from collections.abc import Mapping
from enum import StrEnum

__all__ = ["NOBODY_ELSES", "PERMISSIONS", "VIEWING", "Permission", "Role", "may", "permissions_of"]


class Role(StrEnum):
    """What a member of a tenant is."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"

    @property
    def label(self) -> str:
        """The role as people read it."""
        return self.value.capitalize()


class Permission(StrEnum):
    """Something that a tenant's services do. ``phrase`` goes on after “Only owners may …”."""

    phrase: str

    def __new__(cls, value: str, phrase: str) -> "Permission":
        """Make a value with its words."""
        permission = str.__new__(cls, value)
        permission._value_ = value
        permission.phrase = phrase
        return permission

    USE_SETTINGS = "use_settings", "use the settings, see what is published and who changed what"
    EDIT_BRANDING = "edit_branding", "change names, colours and the typeface"
    EDIT_FILES = "edit_files", "bring, describe and remove files"
    EDIT_FEATURES = "edit_features", "change features and interface, and what the chat says by itself"
    EDIT_FLAGS = "edit_flags", "set and remove flags"
    EDIT_APP_SETTINGS = "edit_app_settings", "change the settings that the app asks for"
    SEE_ENVIRONMENT = "see_environment", "see the names of variables, and values that are no secrets"
    EDIT_ENVIRONMENT = "edit_environment", "set and remove variables and secrets"
    KEEP_CONVERSATIONS = "keep_conversations", "say whether conversations are kept"
    READ_CONVERSATIONS = "read_conversations", "find, read and export conversations, where the tenant lets them"
    """Nobody from the platform may, whatever they may do else."""
    MANAGE_CONVERSATIONS = "manage_conversations", "say who reads conversations and how long they stay, and delete them"
    MANAGE_ENTRY = "manage_entry", "say which members enter, and for how long"
    SIGN_OUT_EVERYONE = "sign_out_everyone", "sign everyone out"
    MANAGE_MEMBERS = "manage_members", "invite, change, sign out and remove admins and members"
    MANAGE_OWNERS = "manage_owners", "change owners, or make somebody one"
    MANAGE_ACCESS = "manage_access", "say whether and how people sign in, from where, and which web sites show the chat"
    """Who decides over ways to sign in can be vouched for as anybody, an owner too; over networks, keep owners out."""
    MANAGE_TOKENS = "manage_tokens", "give out tokens by which other systems manage members"
    """They go on working when whoever made them has left."""
    PUBLISH = "publish", "publish what waits, now or at a time, or discard it"
    """As far as they may change what waits."""
    MANAGE_PUBLISHING = "manage_publishing", "say whether what is saved is live at once"
    RESTORE_REVISIONS = "restore_revisions", "bring an older revision back"
    """With everything that was published in it, the access policy too."""
    EDIT_OWN_PROFILE = "edit_own_profile", "change their own name, password and sign-ins"
    OPERATE = "operate", "change what the platform provides: plan, domains, quota, code that waits, others' passwords"
    """No role has it: it is the operators' alone."""


_DAILY_WORK = frozenset({
    Permission.USE_SETTINGS, Permission.EDIT_BRANDING, Permission.EDIT_FILES, Permission.EDIT_FEATURES,
    Permission.EDIT_FLAGS, Permission.EDIT_APP_SETTINGS, Permission.SEE_ENVIRONMENT, Permission.EDIT_ENVIRONMENT,
    Permission.KEEP_CONVERSATIONS,
    Permission.READ_CONVERSATIONS, Permission.MANAGE_ENTRY, Permission.SIGN_OUT_EVERYONE, Permission.MANAGE_MEMBERS,
    Permission.PUBLISH, Permission.EDIT_OWN_PROFILE,
})  # fmt: skip

PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission) - {Permission.OPERATE},
    Role.ADMIN: _DAILY_WORK,
    Role.MEMBER: frozenset({Permission.EDIT_OWN_PROFILE}),
}

NOBODY_ELSES = frozenset({Permission.READ_CONVERSATIONS})
"""What a tenant's own people alone may: neither operators nor any process of the platform."""

VIEWING = frozenset({Permission.USE_SETTINGS, Permission.SEE_ENVIRONMENT})
"""What an operator may who looks at a tenant as its owners see it: none of it changes anything."""


def permissions_of(role: str | None) -> frozenset[Permission]:
    """Return what a role may do; of one that there is not, nothing."""
    return PERMISSIONS[Role(role)] if role in tuple(Role) else frozenset()


def may(role: str | None, permission: Permission) -> bool:
    """Say whether a role may do something."""
    return permission in permissions_of(role)
