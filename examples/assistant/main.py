"""An ordinary Chainlit app: it streams from an OpenAI-compatible API, or answers by itself without a key."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import chainlit as cl
import current_tenant
import language_model
import responder
from assistant_settings import settings
from chainlit.types import ThreadDict

# Long enough for the eye to see words arrive, short enough not to wait for them.
TOKEN_PAUSE_SECONDS = 0.02
FOLLOW_UPS_TO_A_MODEL = ("Explain that more simply.", "Give me an example.")

clients = language_model.ClientPool()


@cl.set_starters
async def starters(user: cl.User | None, language: str | None) -> list[cl.Starter]:
    return [
        cl.Starter(label="What can you do?", message="What can you do?"),
        cl.Starter(label="Work something out", message="What is 12 * (3 + 4)?"),
        cl.Starter(label="Count some words", message="Count the words in: to be or not to be"),
    ]


@cl.on_message
async def on_message(message: cl.Message) -> None:
    await reply_to(message.content)


@cl.action_callback("follow_up")
async def on_follow_up(action: cl.Action) -> None:
    """Send the button's text as if the visitor had typed it."""
    text = str(action.payload.get("text", ""))
    await action.remove()
    await cl.Message(content=text, author="User", type="user_message").send()
    # Chainlit cancels the session's current task when the visitor presses stop, and keeps it from being collected.
    cl.context.session.current_task = asyncio.create_task(reply_as_task(text))


@cl.on_chat_resume
async def on_chat_resume(thread: ThreadDict) -> None:
    """Declaring this makes stored conversations resumable; Chainlit refills ``cl.chat_context`` by itself."""


@cl.on_app_shutdown
async def on_app_shutdown() -> None:
    await clients.close()


async def reply_as_task(text: str) -> None:
    await cl.context.emitter.task_start()
    try:
        await reply_to(text)
    finally:
        await cl.context.emitter.task_end()


async def reply_to(text: str) -> None:
    name = current_tenant.name()
    if model := language_model.language_model(name=name, instructions=settings().instructions):
        conversation = cl.chat_context.to_openai()
        await show(language_model.stream_answer(clients, model, conversation), FOLLOW_UPS_TO_A_MODEL)
        return
    # Chainlit shows a step as "Using <name>" and then "Used <name>".
    async with cl.Step(name="built-in responder", type="tool", show_input=False) as step:
        question = responder.look_at(text)
        step.output = question.summary
    answer = responder.answer(question, name=name, how_to_add_a_key=current_tenant.how_to_add_a_key())
    text = "\n\n".join(filter(None, (answer.text, settings().closing_line)))
    await show(paced(text), answer.follow_ups)


async def show(pieces: AsyncGenerator[str, None], follow_ups: tuple[str, ...]) -> None:
    """Stream ``pieces`` into one message; when stopped or cut short, what was said stays."""
    message = cl.Message(content="")
    try:
        async with aclosing(pieces):
            async for piece in pieces:
                await message.stream_token(piece)
        if current_tenant.flag("suggest_followups"):
            message.actions = [
                cl.Action(name="follow_up", label=text, payload={"text": text})
                for text in follow_ups[: settings().follow_ups]
            ]
    except language_model.LanguageModelUnavailableError as unavailable:
        # Not cl.ErrorMessage: its author is the name the app had when it was imported, not the current tenant's.
        error = cl.Message(content=str(unavailable))
        error.is_error = True
        await error.send()
        # The next question should not show the model an apology it never made.
        cl.chat_context.remove(error)
    finally:
        if message.content:
            await message.send()


async def paced(text: str) -> AsyncGenerator[str, None]:
    for token in responder.split_tokens(text):
        yield token
        await asyncio.sleep(TOKEN_PAUSE_SECONDS)
