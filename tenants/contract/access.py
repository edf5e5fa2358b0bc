"""Who may enter a tenant's chat: the part of a tenant's state that says it. See ``tenants.contract.state``."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import force_setattr

from tenants.contract.email_domains import email_is_at, normalise_email_domain
from tenants.contract.errors import InvalidValueError
from tenants.contract.networks import normalise_network
from tenants.contract.trusted_headers import HeaderSentTwiceError, SentHeaders, TrustedHeaders, sent_value

__all__ = [
    "DEFAULT_SESSION_SECONDS", "MAXIMUM_EMAIL_DOMAINS", "MAXIMUM_METHODS", "MAXIMUM_NETWORKS",
    "MAXIMUM_SESSION_SECONDS", "MINIMUM_IDLE_SECONDS", "MINIMUM_SESSION_SECONDS", "PASSWORD_METHOD", "AccessMode",
    "AccessPolicy", "Entry", "Origin", "SecondFactor", "SecondFactors", "SignInKind", "SignInMethod", "SignUp",
]  # fmt: skip

DEFAULT_SESSION_SECONDS = 15 * 24 * 3600
"""As long as a token of Chainlit's lives unless its app says otherwise (``project.user_session_timeout``)."""
MINIMUM_SESSION_SECONDS = 300
MAXIMUM_SESSION_SECONDS = 365 * 24 * 3600
MINIMUM_IDLE_SECONDS = 60
MAXIMUM_EMAIL_DOMAINS = 50
MAXIMUM_METHODS = 20
MAXIMUM_NETWORKS = 100


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)


class AccessMode(StrEnum):
    """Who decides who may enter a tenant's chat."""

    ANONYMOUS = "anonymous"
    """Nobody signs in."""
    MEMBERS = "members"
    """The tenant's members, as the rest of the policy says."""
    APP = "app"
    """Whoever the app's own callbacks let in (``@cl.password_auth_callback``, ``oauth_callback``, ...)."""

    @classmethod
    def _missing_(cls, value: object) -> "AccessMode | None":
        # Documents from before there were other ways to sign in call it by the one way there was.
        return cls.MEMBERS if value == "password" else None


class Entry(StrEnum):
    """Which members may enter."""

    ANY_MEMBER = "any_member"
    """Every active member; whom an identity provider vouches for becomes one."""
    INVITED = "invited"
    """Members whom an administrator added; nobody becomes one by signing in."""
    DOMAINS = "domains"
    """Members whose e-mail address is at one of the policy's domains; whom a provider vouches for becomes one."""


class SignInKind(StrEnum):
    """The kinds of ways to sign in."""

    PASSWORD = "password"  # noqa: S105 - the name of a way to sign in, not a secret
    OIDC = "oidc"
    SAML = "saml"
    HEADER = "header"
    """A proxy before the gateway names the person, and proves itself by a shared secret."""


class SignUp(StrEnum):
    """How people become members who sign in with a password. Providers bring their people themselves."""

    CLOSED = "closed"
    """Administrators add them with a password; nobody is invited."""
    INVITATION = "invitation"
    """Administrators mail them an invitation."""
    DOMAIN = "domain"
    """Whoever proves an e-mail address at one of the policy's domains, by a mailed link. Invitations work too."""


class SecondFactor(StrEnum):
    """Whether a sign-in takes more than one proof."""

    OFF = "off"
    OPTIONAL = "optional"
    """Asked of whom set one up."""
    REQUIRED = "required"
    """Asked of everyone; who has none yet sets one up at the next sign-in."""


class SignInMethod(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A way to sign in. ``id`` tells providers of one kind apart; ``label`` is what its button says, or empty.

    ``headers`` are of the kind ``header``: in which of them the proxy names people.
    """

    kind: SignInKind
    id: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,38}\Z")]
    label: Annotated[str, Meta(max_length=60)] = ""
    headers: TrustedHeaders | None = None

    def __post_init__(self) -> None:
        """Refuse headers of another kind (``ValueError``)."""
        _expect(self.headers is None or self.kind is SignInKind.HEADER, f"“{self.id}” is not told by headers")


PASSWORD_METHOD = SignInMethod(SignInKind.PASSWORD, "password")
"""E-mail and password: the one way to sign in that needs nothing set up, so there is one of it."""


class SecondFactors(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What is asked of each role, by the roles' names."""

    owner: SecondFactor = SecondFactor.OPTIONAL
    admin: SecondFactor = SecondFactor.OPTIONAL
    member: SecondFactor = SecondFactor.OPTIONAL

    def of(self, role: str) -> SecondFactor:
        """Return what is asked of a role; of one that there is not, whatever is the most."""
        return getattr(self, role) if role in self.__struct_fields__ else SecondFactor.REQUIRED


_METHODS = (PASSWORD_METHOD,)
_SECOND_FACTORS = SecondFactors()
_DEFAULTS = {"methods": _METHODS, "second_factor": _SECOND_FACTORS, "session_seconds": DEFAULT_SESSION_SECONDS}

SessionSeconds = Annotated[int, Meta(ge=MINIMUM_SESSION_SECONDS, le=MAXIMUM_SESSION_SECONDS)]
Origin = Annotated[str, Meta(pattern=r"^https?://[a-z0-9.-]+(:[0-9]{1,5})?\Z", max_length=280)]


class AccessPolicy(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Who may enter, by which ways, for how long, from where, and whose sign-ins were ended.

    ``entry``, ``email_domains``, ``methods``, ``sign_up``, ``second_factor``, ``session_seconds`` and ``ended`` speak
    of members. ``networks`` holds for everybody, ``idle_seconds`` for everybody who signed in.
    """

    mode: AccessMode = AccessMode.ANONYMOUS
    sign_out_epoch: int = 0
    """Raised to end all sign-ins at once."""
    allowed_origins: tuple[Origin, ...] = ()
    """Other web sites that may show the chat in a frame, carry the Copilot widget and call with credentials."""
    entry: Entry = Entry.ANY_MEMBER
    email_domains: Annotated[tuple[str, ...], Meta(max_length=MAXIMUM_EMAIL_DOMAINS)] = ()
    """As ``normalise_email_domain`` returns them."""
    methods: Annotated[tuple[SignInMethod, ...], Meta(max_length=MAXIMUM_METHODS)] = _METHODS
    """In the order in which they are offered."""
    session_seconds: SessionSeconds = DEFAULT_SESSION_SECONDS
    """How long after a sign-in one must sign in again, at the latest."""
    idle_seconds: Annotated[int, Meta(ge=0, le=MAXIMUM_SESSION_SECONDS)] = 0
    """How long after the last use of the chat one must sign in again; 0 for no such limit."""
    networks: Annotated[tuple[str, ...], Meta(max_length=MAXIMUM_NETWORKS)] = ()
    """From where the chat may be reached, as ``normalise_network`` returns them; none means from anywhere."""
    sign_up: SignUp = SignUp.INVITATION
    second_factor: SecondFactors = _SECOND_FACTORS
    ended: dict[str, int] = {}
    """Unix seconds by member id, rounded up: that member's sign-ins from before are over."""

    def __post_init__(self) -> None:
        """Refuse what the types cannot (``ValueError``), and hold defaults as the very objects that they are.

        msgspec leaves a default out of a document by identity; equal policies must make equal documents.
        """
        for name, default in _DEFAULTS.items():
            if getattr(self, name) == default:
                force_setattr(self, name, default)
        try:
            for network in self.networks:
                _expect(normalise_network(network) == network, f"“{network}” is not the spelling of a network")
            for domain in self.email_domains:
                _expect(normalise_email_domain(domain) == domain, f"“{domain}” is not the spelling of a domain")
        except InvalidValueError as error:
            raise ValueError(error.message) from error
        ids = [method.id for method in self.methods]
        _expect(len(ids) == len(set(ids)), "two ways to sign in have the same id")
        passwords = [method for method in self.methods if SignInKind.PASSWORD in (method.kind, method.id)]
        _expect(all((m.kind, m.id) == ("password", "password") for m in passwords), "“password” is the password's id")
        _expect(
            not 0 < self.idle_seconds < MINIMUM_IDLE_SECONDS, f"idle_seconds is 0 or at least {MINIMUM_IDLE_SECONDS}"
        )

    @property
    def sign_in_terms(self) -> tuple[object, ...]:
        """All by which a sign-in that was good may be over: where it stays the same, every sign-in stays as it is."""
        domains = self.email_domains if self.entry is Entry.DOMAINS else ()
        offered = sorted(method.id for method in self.methods)
        return sorted(self.ended.items()), offered, self.session_seconds, self.idle_seconds, self.entry.value, domains

    @property
    def providers(self) -> tuple[SignInMethod, ...]:
        """The methods to which a browser is sent away, in their order."""
        return tuple(method for method in self.methods if method.kind in {SignInKind.OIDC, SignInKind.SAML})

    def offers(self, method_id: str) -> bool:
        """Say whether people can sign in by the method of this id."""
        return any(method.id == method_id for method in self.methods)

    @property
    def offers_sign_up(self) -> bool:
        """Whether there is a page at which people become members by themselves.

        Only where members sign in to the chat, with passwords, and not those alone whom an administrator added.
        """
        return (
            self.mode is AccessMode.MEMBERS
            and self.sign_up is SignUp.DOMAIN
            and bool(self.email_domains)
            and self.entry is not Entry.INVITED
            and PASSWORD_METHOD in self.methods
        )

    def lets_sign_up(self, email: str) -> bool:
        """Say whether somebody with this e-mail address, once it is proved, may become a member by themselves."""
        return self.offers_sign_up and email_is_at(email, self.email_domains)

    @property
    def proxies(self) -> dict[str, TrustedHeaders]:
        """The headers of each proxy that people may sign in by, by the id of the method."""
        return {method.id: method.headers for method in self.methods if method.headers is not None}

    def names_another(self, method_id: str, email: str, headers: SentHeaders) -> bool:
        """Say whether a request by somebody who signed in by a proxy comes from somebody else now, as the proxy says.

        Whether it is the proxy that says so does not matter: whoever says it of themselves is signed in anew.
        """
        trusted = self.proxies.get(method_id)
        if trusted is None:
            return False
        try:
            named = sent_value(headers, trusted.email)
        except HeaderSentTwiceError:
            return True
        return bool(named) and named.lower() != email.lower()

    def is_ended(self, member_id: str, signed_in_at: int) -> bool:
        """Say whether what a member signed in at, in Unix seconds, was ended since."""
        return signed_in_at < self.ended.get(member_id, 0)

    def signed_in_at(self, member_id: str, now: float) -> int:
        """Return when somebody who signs in now is to be called signed in, in whole Unix seconds.

        Never before the end of earlier sign-ins, which may have been in this very second.
        """
        return max(int(now), self.ended.get(member_id, 0))
