"""docker/compose.yaml: against the Compose schema, and against what this project promises of it."""

import re
import subprocess

import pytest
from ruamel.yaml import YAML

from tests.docker.processes import DOCKER, PROGRAMS

TEXT = (DOCKER / "compose.yaml").read_text()
COMPOSE = YAML(typ="safe").load(TEXT)
SERVICES = COMPOSE["services"]
EXAMPLE = dict(
    line.split("=", 1) for line in (DOCKER / ".env.example").read_text().splitlines() if line and line[0] != "#"
)
VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)(?:(:[-?])([^}]*))?\}")
SECRET_NAME = re.compile(r"PASSWORD|SECRET|KEY")
ONE_SHOTS = {"buckets", "migrate", "seed-demo"}
OURS = {"buckets", "migrate", "seed-demo", "controlplane", "worker", "beat", "runtime", "caddy", "seaweedfs"}


def test_the_file_fits_the_compose_specification():
    result = subprocess.run(
        [PROGRAMS / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", DOCKER / "compose.yaml"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stdout


def test_all_processes_are_there():
    assert {"postgres", "valkey"} | OURS == set(SERVICES)


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_has_no_rights_to_lose(name):
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    # Our images name their user themselves (test_dockerfile.py); the others are told to here.
    assert (name in OURS and "build" in service) or service["user"] not in ("", "root", "0")


@pytest.mark.parametrize("name", sorted(set(SERVICES) - ONE_SHOTS))
def test_a_service_that_stays_is_watched_and_restarted(name):
    assert SERVICES[name]["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", sorted(ONE_SHOTS))
def test_a_service_that_ends_is_not_watched(name):
    assert SERVICES[name]["healthcheck"] == {"disable": True}
    assert SERVICES[name]["restart"] == "on-failure"


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_waits_for_the_health_of_what_it_needs(name):
    for needed, how in SERVICES[name].get("depends_on", {}).items():
        wanted = "service_completed_successfully" if needed in ONE_SHOTS else "service_healthy"
        assert how["condition"] == wanted, needed


def test_only_the_gateway_publishes_a_port():
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["caddy"]
    assert not [name for name, service in SERVICES.items() if service.get("network_mode") == "host"]


def test_data_stores_cannot_be_reached_from_the_gateways_network():
    inward = {name for name, network in COMPOSE["networks"].items() if network.get("internal")}

    for name in ("postgres", "valkey", "seaweedfs"):
        assert set(SERVICES[name]["networks"]) <= inward, name
    assert "data" not in SERVICES["caddy"]["networks"]


def test_named_volumes_are_declared_and_used():
    mounted = [volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])]

    assert {volume for volume in mounted if not volume.startswith("/")} == set(COMPOSE["volumes"])


def test_the_example_names_each_variable_and_no_other():
    assert {name for name, _, _ in VARIABLE.findall(TEXT)} == set(EXAMPLE)
    assert set(EXAMPLE.values()) == {""}


@pytest.mark.parametrize("name", sorted(filter(SECRET_NAME.search, EXAMPLE)))
def test_a_secret_is_asked_for_and_never_made_up(name):
    uses = {(operator, text) for variable, operator, text in VARIABLE.findall(TEXT) if variable == name}

    expected = (":-", "") if name.startswith("DEMO_") else (":?", f"{name} is empty, see docker/README.md")
    assert uses == {expected}


def test_no_secret_is_written_into_the_file():
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            if SECRET_NAME.search(variable) or ("://" in str(value) and "@" in str(value)):
                assert VARIABLE.search(value), f"{name}: {variable}"


def test_the_readme_says_how_to_make_each_secret():
    readme = (DOCKER / "README.md").read_text()

    assert not [name for name in EXAMPLE if name not in readme]


def test_images_of_others_are_pinned_to_a_version():
    for name in set(SERVICES) - OURS:
        assert re.fullmatch(r"[a-z/]+:\d+[a-z0-9.-]*", SERVICES[name]["image"]), name


@pytest.mark.parametrize("name", ["caddy", "seaweedfs", "postgres", "valkey", "buckets"])
def test_the_gateway_and_the_stores_do_not_know_the_applications_secrets(name):
    secrets = {"SECRET_KEY", "TENANT_ENCRYPTION_KEYS", "RUNTIME_MASTER_SECRET", "DATABASE_URL"}

    assert not secrets & set(SERVICES[name]["environment"])
