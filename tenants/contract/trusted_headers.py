"""Headers in which a proxy before the gateway names the person, and by which it proves itself.

Anybody can send any header. So nothing in them counts without the secret, which stands in a header of one name for all
tenants: the runtime takes it from every request before any app sees it. Names are compared as they were sent, in any
case; one with underscores is another name, whatever a server makes of it, and one that was sent twice is refused:
proxies differ in which of two they put in the other's place.
"""

import re
from collections.abc import Iterable

from msgspec import Struct

from tenants.contract.errors import DomainError, InvalidValueError

__all__ = [
    "SECRET_HEADER", "HeaderSentTwiceError", "InvalidHeaderNameError", "SentHeaders", "TrustedHeaders",
    "normalise_header_name", "sent_value",
]  # fmt: skip

SECRET_HEADER = "x-trusted-proxy-secret"  # noqa: S105 - the name of a header, not a secret

SentHeaders = Iterable[tuple[bytes, bytes]]
"""Headers as ASGI has them: names in small letters, one entry for each time a name was sent."""

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_MEANT_OTHERWISE = re.compile(
    r"accept(-.*)?|access-control-.*|authorization|connection|content-.*|cookie|expect|forwarded|from|host|if-.*|"
    r"keep-alive|origin|proxy-.*|range|referer|sec-.*|te|trailer|transfer-encoding|upgrade.*|user-agent|via|"
    r"x-forwarded-(for|host|port|proto)|x-internal-.*|x-real-ip|x-request-id"
)
"""What the gateway, the runtime or a browser says by these names, and so no proxy could say of a person."""


class InvalidHeaderNameError(InvalidValueError):
    """The value is not the name of a header in which a proxy can name people."""

    def __init__(self, message: str, *, field: str = "settings") -> None:
        super().__init__("header_name_invalid", message, field=field)


class HeaderSentTwiceError(DomainError):
    """A header that may be there once was sent several times: perhaps once by the proxy and once by its visitor."""

    status = 400

    def __init__(self, name: str) -> None:
        super().__init__("header_sent_twice", f"The header “{name}” was sent more than once.")


class TrustedHeaders(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The names of the headers, as ``normalise_header_name`` returns them; empty for what the proxy does not say.

    ``groups`` are divided by commas.
    """

    email: str
    name: str = ""
    groups: str = ""

    def __post_init__(self) -> None:
        """Refuse what is no name (``ValueError``)."""
        try:
            if any(normalise_header_name(name) != name for name in self.names):
                raise ValueError("the name of a header is not in its one spelling")
        except InvalidHeaderNameError as error:
            raise ValueError(error.message) from error
        if len(set(self.names)) != len(self.names):
            raise ValueError("two of the headers have the same name")

    @property
    def names(self) -> tuple[str, ...]:
        """Those names that there are; that of the e-mail address must be."""
        return (self.email, *(name for name in (self.name, self.groups) if name))


def normalise_header_name(value: str, *, field: str = "settings") -> str:
    """Return the name of a header in small letters; raises ``InvalidHeaderNameError``."""
    name = value.strip().lower()
    shown = value.strip()[:60]
    if len(name) > 60 or not _NAME.fullmatch(name):
        raise InvalidHeaderNameError(
            f"“{shown}” is not the name of a header, such as X-Forwarded-Email; underscores are not taken.", field=field
        )
    if name == SECRET_HEADER or _MEANT_OTHERWISE.fullmatch(name):
        raise InvalidHeaderNameError(f"“{shown}” says something else than who somebody is.", field=field)
    return name


def sent_value(headers: SentHeaders, name: str) -> str:
    """Return what was sent in a header, empty where nothing was; raises ``HeaderSentTwiceError``.

    Names of people come in UTF-8 or, as HTTP once had it, in Latin-1.
    """
    wanted = name.encode()
    values = [value for sent, value in headers if sent == wanted]
    if len(values) > 1:
        raise HeaderSentTwiceError(name)
    value = values[0].strip() if values else b""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
