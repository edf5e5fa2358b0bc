"""Headers of a request to the settings, as a proxy may have sent them."""

from django.http import HttpRequest

__all__ = ["sent_headers"]


def sent_headers(request: HttpRequest) -> list[tuple[bytes, bytes]]:
    """Return a request's headers one by one, in small letters, as ASGI has them.

    Django's own joins those that were sent several times, and nobody could say any more who sent which.
    """
    scope = getattr(request, "scope", None)
    if scope is not None:
        return [(bytes(name).lower(), bytes(value)) for name, value in scope["headers"]]
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in request.headers.items()]
