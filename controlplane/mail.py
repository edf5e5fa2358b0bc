"""How mail leaves the control plane: ``MAIL_URL`` as Django's settings."""

from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

__all__ = ["mail_settings"]

_SMTP_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


def mail_settings(url: str) -> dict[str, object]:
    """Return Django's settings for where mail goes.

    ``smtps://user:password@host`` (TLS from the start), ``smtp+starttls://…``, ``smtp://…`` (within one's own network),
    or ``file:///folder``, where each mail becomes a file. Raises ``ImproperlyConfigured``.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.path and not parts.netloc:
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": unquote(parts.path),
        }
    if parts.scheme in _SMTP_PORTS and parts.hostname and not parts.path.strip("/"):
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "EMAIL_HOST": parts.hostname,
            "EMAIL_PORT": parts.port or _SMTP_PORTS[parts.scheme],
            "EMAIL_HOST_USER": unquote(parts.username or ""),
            "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
            "EMAIL_USE_TLS": parts.scheme == "smtp+starttls",
            "EMAIL_USE_SSL": parts.scheme == "smtps",
            "EMAIL_TIMEOUT": 10,
        }
    raise ImproperlyConfigured("MAIL_URL is smtps://, smtp+starttls:// or smtp:// with a host, or file:///folder.")
