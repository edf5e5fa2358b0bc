"""Settings behind TLS: docker/ and Kubernetes."""

from controlplane.settings.base import *  # noqa: F403 - Django's way of layering settings
from controlplane.settings.base import ENVIRONMENT

IS_PRODUCTION = True
OPERATOR_SECOND_FACTOR = ENVIRONMENT.operator_second_factor or "required"
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SECURE_HSTS_SECONDS = 31_536_000
# Asked by our own processes, past the gateway.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^internal/"]
SECURE_SSL_REDIRECT = True
