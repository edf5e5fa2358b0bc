"""The import contracts of pyproject.toml hold, and each catches a planted violation."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("controlplane", "runtime", "tenants")


def lint(directory: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter in a folder, as `make check` does in the checkout."""
    return subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(directory)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the sources in which a test may plant an import."""
    for package in PACKAGES:
        shutil.copytree(CHECKOUT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(CHECKOUT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_contracts_hold():
    result = lint(CHECKOUT)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("module", "planted"),
    [
        ("runtime/state/cache.py", "import tenants.registry.models"),
        ("runtime/state/cache.py", "import django.db"),
        ("runtime/state/cache.py", "import chainlit.config"),
        ("runtime/state/cache.py", "import controlplane.env"),
        ("runtime/chainlit_host/apps/texts.py", "import runtime.chainlit_host.sessions.stores"),
        ("runtime/chainlit_host/sessions/stores.py", "import runtime.chainlit_host.pages.index"),
        ("controlplane/health.py", "import runtime.config"),
        ("tenants/contract/state.py", "import django.conf"),
        ("tenants/contract/state.py", "import chainlit"),
        ("tenants/registry/models.py", "import tenants.workspace.models"),
        ("tenants/workspace/models.py", "import tenants.assets.models"),
        ("tenants/assets/models.py", "import tenants.portal.apps"),
        ("tenants/registry/models.py", "import controlplane.env"),
        ("tenants/outbound/client.py", "import tenants.registry.models"),
        ("tenants/identity/saml/errors.py", "import tenants.identity.oidc.errors"),
        ("tenants/identity/oidc/errors.py", "import tenants.identity.scim.limits"),
        ("tenants/identity/scim/limits.py", "import tenants.identity.saml.errors"),
        ("tenants/identity/providers/kinds.py", "import tenants.identity.oidc.presets"),
    ],
)
def test_a_planted_violation_is_caught(copy, module, planted):
    path = copy / module
    path.write_text(f"{path.read_text()}\n{planted}\n")
    result = lint(copy)
    assert result.returncode != 0, result.stdout
    assert "BROKEN" in result.stdout
