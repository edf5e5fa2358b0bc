"""Settings of `make up`: plain HTTP on loopback, real services."""

from controlplane.settings.base import *  # noqa: F403 - Django's way of layering settings

SESSION_COOKIE_SECURE = False
CSRF_COOKIE_SECURE = False
