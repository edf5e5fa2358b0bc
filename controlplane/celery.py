"""The Celery application: `celery -A controlplane worker` and `celery -A controlplane beat`.

Tasks take the tenant's id and enter its schema themselves (``tenants.registry.schema``); nothing depends on a schema
left behind on the connection, and every task ends on the public schema.
"""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, task_postrun

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "controlplane.settings.prod")

app = Celery("controlplane")
app.config_from_object("django.conf:settings", namespace="CELERY")


@setup_logging.connect
def _keep_django_logging(**_: Any) -> None:
    from logging.config import dictConfig

    from django.conf import settings

    dictConfig(settings.LOGGING)


@task_postrun.connect
def _leave_tenant_schema(**_: Any) -> None:
    from tenants.registry.schema import enter_public_schema

    enter_public_schema()


app.autodiscover_tasks()
