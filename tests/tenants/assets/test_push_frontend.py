"""Chainlit's frontend on a CDN: every file of the installed build, once, as browsers need it."""

import dataclasses
import io
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tenants.assets.public_objects import list_objects
from tenants.assets.services.frontend import installed_frontend
from tenants.assets.storage import delete_public, put_public
from tenants.registry.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def frontend(seaweedfs):
    """The installed build, of which nothing is in the bucket yet or any more."""
    found = installed_frontend()
    yield found
    delete_public([stored.key for stored in list_objects(found.prefix)])


def push() -> list[str]:
    """Run the command and return the lines it prints."""
    said = io.StringIO()
    call_command("push_frontend", stdout=said)
    return said.getvalue().splitlines()


def test_every_file_is_there_with_its_type_and_may_be_kept_for_ever(frontend, fetch, settings):
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, assets_base_url="https://cdn.example")
    assert push()[-1] == f"FRONTEND_BASE_URL=https://cdn.example/frontend/{frontend.name}"

    assert len(frontend.files) > 10
    for path, file in frontend.files.items():
        response = fetch("assets-public", f"frontend/{frontend.name}/{path}")
        assert response.content == file.read_bytes()
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        expected = {".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
        assert response.headers["Content-Type"] == expected[file.suffix]
    assert AuditEntry.objects.get(action="frontend.push").changes == {"files": len(frontend.files)}


def test_a_second_time_stores_nothing_but_what_is_gone_or_damaged(frontend, fetch):
    push()
    assert f"{frontend.name}: {len(frontend.files)} files, 0 of them new" in push()

    gone, damaged, mistyped = (frontend.prefix + path for path in list(frontend.files)[:3])
    third = list(frontend.files.values())[2].read_bytes()
    delete_public([gone])
    put_public(damaged, b"x" * len(fetch("assets-public", damaged).content), content_type="text/css", disposition="")
    put_public(mistyped, third, content_type="text/plain", disposition="")

    stored = [line.removeprefix("stored ") for line in push() if line.startswith("stored ")]
    assert stored == list(frontend.files)[:3]
    assert fetch("assets-public", mistyped).headers["Content-Type"] in {"text/javascript", "text/css", "image/svg+xml"}


def test_without_a_cdn_the_setting_is_printed_as_far_as_it_is_known(frontend, settings):
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, assets_base_url="/_assets")
    assert push()[-2:] == [
        "ASSETS_BASE_URL is not set: put your CDN's address in front of this",
        f"FRONTEND_BASE_URL=/_assets/frontend/{frontend.name}",
    ]


def test_while_the_store_is_away_no_setting_is_printed(frontend, store_down):
    store_down(True)
    said = io.StringIO()
    with pytest.raises(CommandError, match="does not answer"):
        call_command("push_frontend", stdout=said)
    assert "FRONTEND_BASE_URL" not in said.getvalue()


def test_chainlit_is_not_imported_to_find_its_files():
    script = (
        "import sys; from controlplane.settings import test; import django; django.setup()\n"
        "from tenants.assets.services.frontend import installed_frontend\n"
        "assert len(installed_frontend().files) > 10 and 'chainlit' not in sys.modules"
    )
    checkout = Path(__file__).parents[3]
    subprocess.run([sys.executable, "-c", script], cwd=checkout, check=True)
