"""Keeps conversations in a data layer of its own, resumes and shares them, and counts what people liked."""

import chainlit as cl
from chainlit.types import Feedback, ThreadDict
from memory import Memory


@cl.data_layer
def data_layer() -> Memory:
    return Memory()


@cl.password_auth_callback
async def check(username: str, password: str) -> cl.User | None:
    return cl.User(identifier=username) if password == "sesame" else None


@cl.on_chat_start
async def start() -> None:
    cl.user_session.set("questions", 0)
    await cl.Message("remembering begins anew").send()


@cl.on_chat_resume
async def resume(thread: ThreadDict) -> None:
    cl.user_session.set("resumed", len(thread["steps"]) > 0)


@cl.on_chat_end
async def end() -> None:
    cl.user_session.set("ended", True)


@cl.on_feedback
async def judged(feedback: Feedback) -> None:
    await cl.Message(f"remembering was judged {feedback.value}: {feedback.comment}").send()


@cl.on_shared_thread_view
async def may_view(thread: ThreadDict, user: cl.User | None) -> bool:
    return bool((thread.get("metadata") or {}).get("is_shared"))


@cl.on_message
async def answer(message: cl.Message) -> None:
    cl.user_session.set("questions", cl.user_session.get("questions", 0) + 1)
    said = [each.content for each in cl.chat_context.get() if each.type == "user_message"]
    await cl.Message(f"remembering knows {' and '.join(said)}").send()
    if cl.user_session.get("resumed"):
        await cl.Message(f"remembering was resumed and has heard {cl.user_session.get('questions')} questions").send()
