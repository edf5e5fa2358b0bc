"""Settings behind TLS: docker/ and Kubernetes."""

from controlplane.settings.base import *  # noqa: F403 - Django's way of layering settings

SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SECURE_HSTS_SECONDS = 31_536_000
# Asked by our own processes, past the gateway.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^internal/"]
SECURE_SSL_REDIRECT = True
