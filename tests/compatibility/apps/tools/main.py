"""Calls tools of MCP servers."""

import chainlit as cl
from mcp import ClientSession


@cl.on_mcp_connect
async def connected(connection: object, session: ClientSession) -> None:
    listed = await session.list_tools()
    await cl.Message(f"tools got {[tool.name for tool in listed.tools]} of {connection.name}").send()


@cl.on_mcp_disconnect
async def disconnected(name: str, session: ClientSession) -> None:
    await cl.Message(f"tools lost {name}").send()


@cl.on_message
async def answer(message: cl.Message) -> None:
    sessions = cl.context.session.mcp_sessions
    if "abacus" not in sessions:
        await cl.Message("tools has no abacus").send()
        return
    client, _ = sessions["abacus"]
    result = await client.call_tool("add", {"first": 2, "second": 3})
    await cl.Message(f"tools counted {result.content[0].text}").send()
