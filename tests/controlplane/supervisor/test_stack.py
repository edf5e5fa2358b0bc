"""Which processes there are, and what each of them is told."""

import pytest

from controlplane.supervisor.credentials import load_secrets
from controlplane.supervisor.ports import PortBook
from controlplane.supervisor.settings import SupervisorSettings
from controlplane.supervisor.stack import Stack


def stack(directory, environment: dict[str, str] | None = None, *, demo: bool = True, app=None) -> Stack:
    settings = SupervisorSettings.from_environment(environment or {}, data_directory=directory, demo=demo, app=app)
    secrets = load_secrets(directory / "secrets.json", settings.inherited)
    return Stack(settings, secrets, PortBook(directory / "ports.json"))


def told(stack: Stack, name: str) -> dict[str, str]:
    children = [*stack.preparations(), *stack.applications()]
    return dict(next(child for child in children if child.name == name).environment)


@pytest.mark.parametrize(
    ("name", "url", "service"),
    [
        ("DATABASE_URL", "postgresql://a:b@db.example/c", "postgres"),
        ("REDIS_URL", "redis://broker.example", "valkey"),
        ("S3_ENDPOINT_URL", "https://s3.example", "seaweedfs"),
    ],
)
def test_a_service_whose_url_is_given_is_not_started(directory, name, url, service):
    assert service in {child.name for child in stack(directory).services()}
    given = stack(directory, {name: url})
    assert service not in {child.name for child in given.services()}
    for process in ("controlplane", "worker", "beat", "runtime", "seed"):
        assert told(given, process)[name] == url


def test_the_runtime_does_not_hold_what_only_the_control_plane_needs(directory):
    alone = stack(directory)
    assert "SECRET_KEY" in told(alone, "controlplane")
    assert "SECRET_KEY" not in told(alone, "runtime")
    assert "TENANT_ENCRYPTION_KEYS" in told(alone, "runtime")


def test_demo_passwords_are_told_to_the_seed_alone(directory):
    alone = stack(directory)
    assert told(alone, "seed")["DEMO_GLOBEX_MEMBER_EMAIL"] == "member@globex.example"
    assert told(alone, "seed")["DEMO_GLOBEX_MEMBER_PASSWORD"] == alone.sign_ins()["GLOBEX_MEMBER"][1]
    for process in ("controlplane", "worker", "beat", "runtime"):
        assert not [name for name in told(alone, process) if name.startswith("DEMO_")]


def test_without_the_demo_nothing_is_seeded(directory):
    assert [child.name for child in stack(directory, demo=False).preparations()] == ["migrate", "migrate"]


def test_each_runtime_has_its_own_ports_and_the_gateway_knows_them_all(directory):
    three = stack(directory, {"RUNTIME_COUNT": "3"})
    environments = [told(three, name) for name in ("runtime", "runtime-2", "runtime-3")]
    ports = {env[name] for env in environments for name in ("RUNTIME_PORT", "RUNTIME_INTERNAL_PORT")}
    assert len(ports) == 6
    assert three._gateway().runtimes == tuple(f"127.0.0.1:{env['RUNTIME_PORT']}" for env in environments)


def test_no_secret_is_on_a_command_line_or_in_a_representation(directory):
    alone = stack(directory)
    children = [*alone.services(), *alone.preparations(), *alone.applications()]
    shown = repr(alone) + "".join(repr(child) + " ".join(child.argv) for child in children)
    assert not [name for name, secret in alone.secrets.items() if secret in shown]
