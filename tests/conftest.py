"""The suite's ground: real services once a session, a migrated database with two tenants, and builders.

Settings are read when Django is set up, before any fixture runs, so ports and passwords are chosen while this file is
imported; the services themselves start with the first test that needs one. Each test runs in a transaction that is
rolled back, so ``acme`` and ``globex`` are always as they were made.
"""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import django
import pytest
import structlog
from cryptography.fernet import Fernet
from hypothesis import HealthCheck, settings

from controlplane.supervisor.ports import choose_port
from controlplane.supervisor.postgres import Postgres
from controlplane.supervisor.processes import running
from controlplane.supervisor.seaweedfs import SeaweedFS
from controlplane.supervisor.valkey import Valkey
from tests.running_stack import RunningStack

if TYPE_CHECKING:
    from django.test import Client

    from tenants.registry.actor import Actor
    from tenants.registry.models import Tenant

CHECKOUT = Path(__file__).resolve().parent.parent
PASSWORD = "correct horse battery"

_directory = Path(tempfile.mkdtemp(prefix="chainlit-tenants-tests-"))
_directory.chmod(0o711)  # as root, Postgres runs as a user of its own that must pass through
_taken: set[int] = set()


def _port() -> int:
    _taken.add(port := choose_port(_taken))
    return port


POSTGRES = Postgres(
    directory=_directory / "postgres",
    port=_port(),
    password=secrets.token_hex(12),
    administrator_password=secrets.token_hex(12),
)
VALKEY = Valkey(directory=_directory / "valkey", port=_port(), password=secrets.token_hex(12))
SEAWEEDFS = SeaweedFS(
    directory=_directory / "seaweedfs",
    ports={name: _port() for name in SeaweedFS.port_names()},
    access_key_id=secrets.token_hex(8),
    secret_access_key=secrets.token_hex(16),
)
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "controlplane.settings.test",
    "DATABASE_URL": POSTGRES.url,
    "REDIS_URL": VALKEY.url,
    "S3_ENDPOINT_URL": SEAWEEDFS.endpoint_url,
    "S3_ACCESS_KEY_ID": SEAWEEDFS.access_key_id,
    "S3_SECRET_ACCESS_KEY": SEAWEEDFS.secret_access_key,
    "SECRET_KEY": secrets.token_hex(24),
    "TENANT_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    "RUNTIME_MASTER_SECRET": secrets.token_hex(24),
    "CHAINLIT_APPS_DIR": str(CHECKOUT / "examples"),
    "PLATFORM_URL": "http://localhost:8000",
}
# How long an example takes says how busy the machine is, and nothing about what is tried.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")
os.environ.update(ENVIRONMENT)
django.setup()  # before test modules import models; the settings read the environment just set
# A logger that was kept would write past the tests that look at what is logged.
structlog.configure(cache_logger_on_first_use=False)


def pytest_unconfigure() -> None:
    """Remove the session's directory, also where the server's user keeps it elsewhere."""
    POSTGRES.remove()
    shutil.rmtree(_directory, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A running Postgres with an empty database until ``django_db_setup`` migrates it."""
    with running(POSTGRES.child(), log_directory=_directory):
        yield POSTGRES


@pytest.fixture(scope="session")
def valkey() -> Iterator[Valkey]:
    """A running Valkey."""
    with running(VALKEY.child(), log_directory=_directory):
        yield VALKEY


@pytest.fixture(scope="session")
def seaweedfs() -> Iterator[SeaweedFS]:
    """A running SeaweedFS with both buckets."""
    with running(SEAWEEDFS.child(), log_directory=_directory):
        yield SEAWEEDFS


@pytest.fixture(scope="session")
def stack() -> Iterator[RunningStack]:
    """Everything that `make up` starts, with the demo tenants, in a directory of its own."""
    directory = Path(tempfile.mkdtemp(prefix="chainlit-tenants-stack-"))
    directory.chmod(0o711)  # Postgres' own user passes through
    # Identity providers of the tests run on this machine.
    running_stack = RunningStack(directory / "data", _port(), OUTBOUND_ALLOWED_NETWORKS="127.0.0.0/8")
    running_stack.start()
    try:
        yield running_stack
    finally:
        running_stack.stop()
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_setup(postgres: Postgres, valkey: Valkey, django_db_blocker: pytest.FixtureRequest) -> None:
    """Migrate the public schema and provision acme and globex, once a session, by the real services."""
    from django.core.management import call_command

    with django_db_blocker.unblock():
        call_command("migrate_schemas", shared=True, interactive=False, verbosity=0)
        for slug in ("acme", "globex"):
            _provision(slug)


def _provision(slug: str) -> None:
    from tenants.registry.actor import SYSTEM
    from tenants.registry.models import ProvisioningState
    from tenants.registry.services.provisioning import request_provisioning, run_provisioning

    provisioning = request_provisioning(
        name=slug.capitalize(),
        slug=slug,
        app="assistant",
        owner_email=f"owner@{slug}.example",
        owner_password=PASSWORD,
        actor=SYSTEM,
    )
    assert run_provisioning(provisioning.pk) == ProvisioningState.LIVE, provisioning.reason


@pytest.fixture(autouse=True)
def _public_schema(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let no test inherit another one's schema."""
    yield
    if "db" in request.fixturenames:
        from django.db import connection

        connection.set_schema_to_public()


@pytest.fixture(autouse=True)
def _nobody_tried_before(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let no test be refused for what another one tried: attempts are counted beside the transaction."""
    yield
    if "db" in request.fixturenames:
        from redis import Redis

        with Redis.from_url(VALKEY.url) as client:
            for key in client.scan_iter("chainlit-tenants:attempts:*"):
                client.delete(key)


@pytest.fixture
def acme(db: None) -> "Tenant":
    """A live tenant, open to anyone; its owner is owner@acme.example."""
    return _tenant("acme")


@pytest.fixture
def globex(db: None) -> "Tenant":
    """A second live tenant, for every test of isolation; its owner is owner@globex.example."""
    return _tenant("globex")


@pytest.fixture
def committed_tenant(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator["Tenant"]:
    """A live tenant whose rows other connections and processes see; it is removed afterwards."""
    from django.db import connection

    with django_db_blocker.unblock():
        slug = f"committed-{secrets.token_hex(3)}"
        _provision(slug)
        tenant = _tenant(slug)
        try:
            yield tenant
        finally:
            with connection.cursor() as cursor:
                cursor.execute(f'DROP SCHEMA "{tenant.schema_name}" CASCADE')
                cursor.execute("UPDATE registry_tenant SET live_publication_id = NULL WHERE id = %s", [tenant.pk])
                for table in ("publication", "domain", "provisioning"):
                    cursor.execute(f"DELETE FROM registry_{table} WHERE tenant_id = %s", [tenant.pk])
                cursor.execute("DELETE FROM registry_auditentry WHERE tenant_id = %s", [tenant.pk])
                cursor.execute("DELETE FROM registry_tenant WHERE id = %s", [tenant.pk])
            connection.close()


def _tenant(slug: str) -> "Tenant":
    from tenants.registry.models import Tenant

    return Tenant.objects.select_related("live_publication").get(slug=slug)


@pytest.fixture
def operator() -> "Actor":
    """An operator as the services see one."""
    from tenants.registry.actor import Actor, ActorKind

    return Actor(ActorKind.OPERATOR, "operator@example.com")


@pytest.fixture
def operator_client(db: None) -> "Client":
    """A browser session of a superuser on the platform's host."""
    from django.contrib.auth import get_user_model
    from django.test import Client

    user = get_user_model().objects.create_superuser("operator@example.com", "operator@example.com", PASSWORD)
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    return client
