"""The start check, in processes of their own: Chainlit must not be imported into the tests'."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from runtime.chainlit_host.seams import FRONTEND, SEAMS
from runtime.chainlit_host.signatures import PARAMETERS
from tests.runtime.chainlit_host.leaned_on import leaned_on

CHECKOUT = Path(__file__).resolve().parents[3]
HOST = CHECKOUT / "runtime" / "chainlit_host"
PREPARE = """
from pathlib import Path
import sys
from runtime.config import RuntimeConfig
config = RuntimeConfig(database_url="", master_secret="x", encryption_keys=(), apps_dir=Path(sys.argv[1]),
                       data_dir=Path(sys.argv[1]) / "data", platform_url="http://localhost")
"""


def _run(code, folder):
    return subprocess.run(
        [sys.executable, "-c", PREPARE + code, str(folder)], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )


def test_a_missing_symbol_stops_the_start_with_its_name(tmp_path):
    done = _run(
        """
from runtime.chainlit_host.process.boot import import_chainlit
import_chainlit(config)
import chainlit.session, chainlit.server
del chainlit.session.ws_sessions_id
del chainlit.session.BaseSession.files_dir
chainlit.server.router.routes[:] = [route for route in chainlit.server.router.routes if route.path != "/logo"]
from runtime.chainlit_host.seams import check_seams
check_seams()
""",
        tmp_path,
    )

    assert done.returncode != 0
    message = done.stderr.splitlines()[-1]
    assert message.startswith("runtime.chainlit_host.seams.SeamMissingError: Chainlit 2.12")
    assert "chainlit.session.ws_sessions_id (for sessions)" in message
    assert "chainlit.session.BaseSession.files_dir (for sessions)" in message
    assert "route /logo (for server)" in message


def test_a_changed_signature_or_field_stops_the_start_with_what_was_expected(tmp_path):
    done = _run(
        """
from runtime.chainlit_host.process.boot import import_chainlit
import_chainlit(config)
import chainlit.socket, chainlit.types

async def connect(sid, environ, auth, namespace): ...
chainlit.socket.connect = connect

class UpdateFeedbackRequest:
    feedback: object = None
chainlit.types.UpdateFeedbackRequest = UpdateFeedbackRequest
from runtime.chainlit_host.seams import check_seams
check_seams()
""",
        tmp_path,
    )

    assert done.returncode != 0
    message = done.stderr.splitlines()[-1]
    assert "chainlit.socket.connect takes (sid, environ, auth, namespace) where (sid, environ, auth) is exp" in message
    assert "chainlit.types.UpdateFeedbackRequest has no sessionId" in message
    assert "it has no" not in message


@pytest.mark.parametrize("path", sorted(HOST.rglob("*.py")), ids=lambda path: str(path.relative_to(HOST)))
def test_whatever_is_used_of_chainlit_is_listed(path):
    listed = {f"{seam.module}.{name}" for seam in SEAMS for name in seam.names} | {seam.module for seam in SEAMS}

    unlisted = [
        name
        for name in sorted(leaned_on(path.read_text(encoding="utf-8")))
        if not any(known == name or known.startswith(f"{name}.") for known in listed)
    ]

    assert not unlisted, f"runtime/chainlit_host/seams.py does not list {', '.join(unlisted)}"


def test_every_signature_is_of_a_listed_name():
    listed = {f"{seam.module}.{name}" for seam in SEAMS for name in seam.names}

    assert set(PARAMETERS) <= listed


def test_what_is_used_is_seen_through_every_kind_of_import():
    used = leaned_on(
        """
import chainlit.server
import socketio as sockets
from chainlit.session import BaseSession as Base
from chainlit.server import sio

chainlit.server.oauth_login(sockets.packet.EVENT, Base.files_dir, sio.eio.sockets.get(1))
"""
    )

    assert used == {
        "chainlit.server", "chainlit.server.oauth_login", "socketio.packet", "socketio.packet.EVENT",
        "chainlit.session.BaseSession", "chainlit.session.BaseSession.files_dir", "chainlit.server.sio",
        "chainlit.server.sio.eio", "chainlit.server.sio.eio.sockets",
    }  # fmt: skip


def test_chainlit_that_was_imported_too_early_is_named(tmp_path):
    done = _run(
        """
sys.modules["chainlit"] = object()
from runtime.chainlit_host import install
from runtime.services import Services
install(config, Services(members=None))
""",
        tmp_path,
    )

    assert "ChainlitImportedError: Chainlit is imported already" in done.stderr


def test_every_switch_a_tenant_may_own_is_one_of_chainlits(tmp_path):
    done = _run(
        """
from runtime.chainlit_host.process.boot import import_chainlit
import_chainlit(config)
from chainlit.config import FeaturesSettings, UISettings
from tenants.contract.state import Features, Interface
import msgspec

def unknown(struct, model):
    fields = model.model_fields
    for field in msgspec.structs.fields(struct):
        if field.name not in fields:
            yield f"{model.__name__}.{field.name}"
        elif isinstance(field.default, msgspec.Struct):
            annotation = fields[field.name].annotation
            candidates = (annotation, *getattr(annotation, "__args__", ()))
            parts = [part for part in candidates if hasattr(part, "model_fields")]
            yield from unknown(type(field.default), parts[0])

print([*unknown(Features, FeaturesSettings), *unknown(Interface, UISettings)])
""",
        tmp_path,
    )

    assert done.stdout.strip() == "[]", done.stderr


def test_what_the_live_script_leans_on_is_in_chainlits_built_page():
    found = importlib.util.find_spec("chainlit")
    assets = Path(found.submodule_search_locations[0]) / "frontend" / "dist" / "assets"
    scripts = "".join(path.read_text(encoding="utf-8") for path in assets.glob("index-*.js"))

    assert [name for name in FRONTEND if name not in scripts] == []
