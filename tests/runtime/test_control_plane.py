"""The runtime asks a real control plane who signs in."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from controlplane.supervisor.ports import choose_port
from controlplane.supervisor.probes import accepts_connections
from runtime.control_plane import ControlPlaneMembers
from runtime.members import MembersUnavailableError
from tenants.contract.internal import PasswordAttempt, SignOut
from tests.conftest import PASSWORD
from tests.running_stack import wait_until

CHECKOUT = Path(__file__).resolve().parents[2]
SECRET = os.environ["RUNTIME_MASTER_SECRET"]


@pytest.fixture
def control_plane(django_db_setup: None) -> Iterator[str]:
    """A control plane in a process of its own, on the suite's database."""
    from django.db import connections

    database = connections["default"].settings_dict["NAME"]
    port = choose_port()
    url = os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{database}"
    process = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "controlplane.asgi:application", "--port", str(port), "--no-access-log"],
        cwd=CHECKOUT,
        env={**os.environ, "DATABASE_URL": url},
    )
    try:
        wait_until(lambda: accepts_connections(port), what="the control plane")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture
async def open_members():
    """Return a function that makes what asks a control plane."""
    opened = []

    def make(url, *, secret=SECRET):
        opened.append(ControlPlaneMembers(url, host="localhost:8000", master_secret=secret))
        return opened[-1]

    yield make
    for members in opened:
        await members.close()


def attempt_at(tenant, password=PASSWORD):
    return PasswordAttempt(tenant_id=str(tenant.pk), email=f"owner@{tenant.slug}.example", password=password)


async def test_a_member_is_signed_in_and_out(control_plane, committed_tenant, open_members):
    members = open_members(control_plane)
    answer = await members.sign_in(None, attempt_at(committed_tenant))
    assert answer.person.email == f"owner@{committed_tenant.slug}.example"
    assert await members.is_member(None, answer.person)
    tenant_id, person = str(committed_tenant.pk), answer.person
    await members.sign_out(SignOut(tenant_id=tenant_id, sign_in=person.sign_in, email=person.email))
    refused = await members.sign_in(None, attempt_at(committed_tenant, "wrong"))
    assert (refused.person, refused.refusal.code) == (None, "sign_in_refused")


async def test_a_control_plane_that_cannot_be_asked_is_no_wrong_password(control_plane, committed_tenant, open_members):
    for members in (
        open_members(f"http://127.0.0.1:{choose_port()}"),
        open_members(control_plane, secret="another secret"),
    ):
        with pytest.raises(MembersUnavailableError):
            await members.sign_in(None, attempt_at(committed_tenant))
