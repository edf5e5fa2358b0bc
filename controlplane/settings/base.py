"""Settings that every installation shares. Values come from ``controlplane.env`` alone."""

from pathlib import Path

from celery.schedules import crontab

from controlplane.env import ControlPlaneEnvironment
from controlplane.logs import logging_configuration
from controlplane.mail import mail_settings
from controlplane.operators.unfold import UNFOLD  # noqa: F401 - a setting that unfold reads

ENVIRONMENT = ControlPlaneEnvironment.from_environment()
BASE_DIR = Path(__file__).resolve().parent.parent.parent

SECRET_KEY = ENVIRONMENT.secret_key
DEBUG = False
# Hosts are decided by the tenant middleware against the registry, which fails closed; Django's own list cannot
# know the tenants' domains.
ALLOWED_HOSTS = ["*"]
USE_X_FORWARDED_HOST = False
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# django-tenants: the public schema holds what operators own, a tenant's schema what the tenant owns.
SHARED_APPS = [
    "tenants.registry",
    "tenants.usage",
    "tenants.fleet",
    "controlplane",
    "controlplane.operators",
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "django.contrib.admin",
    # After the admin and unfold, whose templates it would take the place of with ones for another layout of hosts.
    "django_tenants",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
TENANT_APPS = [
    "django.contrib.sessions",
    "tenants.workspace",
    "tenants.identity",
    "tenants.assets",
    "tenants.conversations",
    "tenants.portal",
]
INSTALLED_APPS = SHARED_APPS + [app for app in TENANT_APPS if app not in SHARED_APPS]
TENANT_MODEL = "registry.Tenant"
TENANT_DOMAIN_MODEL = "registry.Domain"
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
DATABASES = {"default": ENVIRONMENT.database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MIDDLEWARE = [
    "controlplane.security_headers.SecurityHeadersMiddleware",
    "controlplane.middleware.TenantMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "controlplane.middleware.OperatorAuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "controlplane.middleware.DomainErrorMiddleware",
]
ROOT_URLCONF = "controlplane.urls.tenant"
PUBLIC_SCHEMA_URLCONF = "controlplane.urls.platform"
ASGI_APPLICATION = "controlplane.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "/admin/login/"
# Whether every operator needs a second factor; production asks for it (controlplane.operators.sign_in.policy).
IS_PRODUCTION = False
OPERATOR_SECOND_FACTOR = ENVIRONMENT.operator_second_factor or "optional"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
# Sign-ins must survive a dead cache, so sessions live in the database: an operator's in the public schema,
# a member's in the tenant's.
SESSION_ENGINE = "django.contrib.sessions.backends.db"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/settings/static/"
STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 3600

# Nothing larger is read into memory; larger bodies are refused by the gateway and by the upload form.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# Django reads the names that mail_settings returns: EMAIL_BACKEND and what it needs.
globals().update(mail_settings(ENVIRONMENT.mail_url))
DEFAULT_FROM_EMAIL = ENVIRONMENT.mail_from

CELERY_BROKER_URL = ENVIRONMENT.redis_url
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 300, "socket_connect_timeout": 2, "socket_timeout": 10}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 2, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.5}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "resume-environment-rollouts": {
        "task": "tenants.registry.tasks.resume_environment_rollouts",
        "schedule": 10.0,
    },
    "resume-provisionings": {"task": "tenants.registry.tasks.resume_provisionings", "schedule": 10.0},
    "publish-planned": {"task": "tenants.workspace.tasks.publish_planned", "schedule": 10.0},
    "prune-revisions": {"task": "tenants.registry.tasks.prune_old_revisions", "schedule": crontab(hour=3, minute=20)},
    "prune-usage": {"task": "tenants.usage.tasks.prune_old_usage", "schedule": crontab(hour=3, minute=40)},
    "note-storage": {"task": "controlplane.tasks.note_storage_used", "schedule": 3600.0},
    "remove-previews": {"task": "tenants.registry.tasks.remove_old_previews", "schedule": 900.0},
    "resume-assets": {
        "task": "tenants.assets.tasks.resume_assets",
        "schedule": float(ENVIRONMENT.assets_sweep_seconds),
    },
    "refresh-saml-metadata": {"task": "tenants.identity.tasks.refresh_saml_metadata", "schedule": 3600.0},
    "enforce-retention": {
        "task": "tenants.conversations.tasks.enforce_all_retention",
        "schedule": crontab(minute=40),
    },
    "clean-assets": {"task": "tenants.assets.tasks.clean_assets", "schedule": 3600.0},
}

LOGGING = logging_configuration(ENVIRONMENT.log_format)
LOGGING_CONFIG = "logging.config.dictConfig"
SILENCED_SYSTEM_CHECKS: list[str] = []
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"
