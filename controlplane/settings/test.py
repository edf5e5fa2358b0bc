"""Settings of the test suite: the real services that the suite starts, quick password hashes."""

import os

# The suite sets these to the services that it started; `makemigrations --check` and mypy import the settings
# without any service, so harmless stand-ins are given where nothing is set.
for _name, _value in {
    "SECRET_KEY": "only-for-tests",
    "TENANT_ENCRYPTION_KEYS": "dGVzdHMtb25seS10ZXN0cy1vbmx5LXRlc3RzLW9ubHk=",
    "RUNTIME_MASTER_SECRET": "only-for-tests",
    "DATABASE_URL": "postgres://postgres@127.0.0.1:5432/postgres",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "S3_ENDPOINT_URL": "http://127.0.0.1:8333",
    "S3_ACCESS_KEY_ID": "tests",
    "S3_SECRET_ACCESS_KEY": "tests",
}.items():
    os.environ.setdefault(_name, _value)

from controlplane.settings.base import *  # noqa: E402, F403 - Django's way of layering settings, after the defaults

SESSION_COOKIE_SECURE = False
CSRF_COOKIE_SECURE = False
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "django.contrib.auth.hashers.Argon2PasswordHasher",
]
