"""Settings of a control plane under attack: those of the suite, with passwords that cost nothing to choose."""

from controlplane.settings.test import *  # noqa: F403 - Django's way of layering settings

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
