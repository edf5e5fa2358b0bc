"""What goes over the wire in one conversation, at stock Chainlit and here: packet for packet and byte for byte."""

import json
import re
import shutil
import sys
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

import aiohttp
import pytest

from controlplane.supervisor.ports import choose_port
from tests.compatibility.servers import Server

APP = Path(__file__).parent / "served_apps" / "wire"
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z")
TRANSPORT_SECRETS = re.compile(r'"sid":"[^"]*"')
TURNS = 2


class Recording:
    """Everything a page received, as it came: text packets as text, attachments as bytes."""

    def __init__(self):
        self.packets = []

    async def converse(self, port, host):
        """Speak as the page does, over a WebSocket, and take ``TURNS`` turns."""
        url = f"http://127.0.0.1:{port}/ws/socket.io/?EIO=4&transport=websocket"
        async with aiohttp.ClientSession() as http, http.ws_connect(url, headers={"Host": host}) as page:
            await self._until(page, "0")
            auth = {"sessionId": str(uuid4()), "clientType": "webapp", "userEnv": "{}"}
            await page.send_str("40" + json.dumps(auth))
            await self._until(page, "40")
            await page.send_str('42["connection_successful"]')
            await self._until(page, '42["set_commands"')
            for number in range(1, TURNS + 1):
                message = {"id": str(uuid4()), "name": "User", "type": "user_message", "output": f"Turn {number} ✓"}
                event = ["client_message", {"message": {**message, "createdAt": ""}, "fileReferences": []}]
                await page.send_str("42" + json.dumps(event))
                await self._until(page, '42["window_message"')
                await self._until(page, '42["task_end"')

    async def _until(self, page, beginning):
        while True:
            packet = (await page.receive(timeout=60)).data
            assert packet is not None, self.packets[-3:]
            self.packets.append(packet)
            if isinstance(packet, str) and packet.startswith(beginning):
                return

    @property
    def comparable(self):
        """The packets with ids numbered as they first appear, and without times."""
        numbers: dict[str, int] = {}

        def normal(packet):
            if not isinstance(packet, str):
                return packet
            packet = UUID.sub(lambda found: f"id {numbers.setdefault(found[0], len(numbers))}", packet)
            return TRANSPORT_SECRETS.sub('"sid":"..."', TIME.sub("time", packet))

        return list(map(normal, self.packets))

    @property
    def times(self):
        """When each message and step says it was made, as pages order them, in the order of their making."""
        made = {}
        for packet in self.packets:
            if isinstance(packet, str) and packet.startswith('42["new_message"'):
                step = json.loads(packet[2:])[1]
                made.setdefault(step["id"], datetime.fromisoformat(step["createdAt"]))
        return list(made.values())


@pytest.fixture(scope="module")
def stock(tmp_path_factory):
    """Stock Chainlit with the same app, in a copy of its folder since Chainlit writes beside the app."""
    folder = tmp_path_factory.mktemp("stock")
    app = shutil.copytree(APP, folder / "wire", ignore=shutil.ignore_patterns("__pycache__"))
    port = choose_port()
    command = (sys.executable, "-m", "chainlit", "run", "main.py", "-h", "--port", str(port))
    server = Server(command, port=port, folder=app, log=folder / "log", environment={})
    server._wait("GET", "/project/translations")
    yield server
    server.end()


async def _record(port, host):
    recording = Recording()
    await recording.converse(port, host)
    return recording


async def test_every_packet_is_stock_chainlits(runtime, stock):
    expected = await _record(stock.port, f"localhost:{stock.port}")
    received = await _record(runtime.port, runtime.host("wire"))

    assert any(isinstance(packet, bytes) for packet in expected.packets)
    assert received.comparable == expected.comparable


async def test_what_was_made_one_after_the_other_is_a_millisecond_apart_though_nobody_waited(runtime, stock):
    for port, host in ((stock.port, "localhost"), (runtime.port, runtime.host("wire"))):
        times = (await _record(port, host)).times
        assert len(times) > 5 * TURNS
        assert all(later - earlier >= timedelta(milliseconds=1) for earlier, later in pairwise(times)), times
