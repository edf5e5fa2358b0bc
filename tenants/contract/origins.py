"""Origins of other web sites, as people type them and as browsers send them (RFC 6454)."""

from urllib.parse import urlsplit

from tenants.contract.errors import InvalidValueError
from tenants.contract.hosts import InvalidHostError, normalise_host

__all__ = ["MAXIMUM_ORIGINS", "InvalidOriginError", "normalise_origin"]

MAXIMUM_ORIGINS = 50
_DEFAULT_PORTS = {"http": 80, "https": 443}


class InvalidOriginError(InvalidValueError):
    """The value is not the origin of a web site; the message is one sentence for whoever typed it."""

    def __init__(self, message: str) -> None:
        super().__init__("origin_invalid", message, field="allowed_origins")


def normalise_origin(value: str) -> str:
    """Return an origin as browsers send it: ``https://shop.example`` or ``https://shop.example:8443``.

    A name without a scheme means https; a closing slash, capitals, a usual port and Unicode names are put right.
    Raises ``InvalidOriginError`` for everything else: addresses with a path, patterns, IP addresses, and http, which
    anybody on the way can speak for, unless it is this machine's own ``localhost``.
    """
    shown = value[:60]
    if "*" in value:
        raise InvalidOriginError(f"“{shown}” is a pattern; name each web site, such as https://shop.example.")
    try:
        parts = urlsplit(value if "://" in value else f"https://{value}")
        port = parts.port
    except ValueError as error:
        raise InvalidOriginError(f"“{shown}” is not an address of a web site.") from error
    if parts.scheme not in _DEFAULT_PORTS or not parts.netloc or "@" in parts.netloc:
        raise InvalidOriginError(f"“{shown}” is not an address of a web site, such as https://shop.example.")
    if parts.path not in {"", "/"} or parts.query or parts.fragment or value.endswith(("?", "#")):
        raise InvalidOriginError(f"“{shown}” names a page; a web site is its name alone, such as https://shop.example.")
    try:
        host = normalise_host(parts.netloc)
    except InvalidHostError as error:
        raise InvalidOriginError(f"“{shown}”: {error.message}") from error
    if parts.scheme == "http" and host.rpartition(".")[2] != "localhost":
        raise InvalidOriginError(f"“{shown}” must begin with https://; http is for localhost alone.")
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in {None, _DEFAULT_PORTS[parts.scheme]} else "")
