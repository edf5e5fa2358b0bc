"""What a chat session begins with."""

import asyncio
from uuid import uuid4

import pytest
from socketio.exceptions import ConnectionError as SocketConnectionError


async def test_a_profile_whose_settings_cannot_be_used_opens_no_session_instead_of_one_without_them(runtime):
    session_id = str(uuid4())
    with pytest.raises(SocketConnectionError, match="settings of this chat profile"):
        await runtime.chat("acme", session_id=session_id, chat_profile="unusable").connect()

    assert "chat_profile_unavailable" in runtime.log
    # Nothing is left behind under its id, and the tenant's other profiles are as they were.
    async with runtime.chat("acme", session_id=session_id, chat_profile="renamed") as chat:
        assert (await chat.send("name")).text == '"Acme Chat"'


async def test_a_profile_that_does_not_exist_is_none(runtime):
    async with asyncio.timeout(30), runtime.chat("acme", chat_profile="of some other app") as chat:
        assert (await chat.send("name")).text == '"Acme Chat"'
