"""Shows how an answer comes about: nested steps, decorated ones, one that streams, one that fails."""

import chainlit as cl


@cl.step(type="tool", name="search the shelves")
async def search(query: str) -> str:
    async with cl.Step(name="read the index", type="retrieval") as step:
        step.input = {"query": query}
        step.output = "```json\n[1, 2]\n```"
    return f"2 results for {query}"


@cl.step(type="llm", show_input="python")
def summarise(text: str) -> str:
    return text.upper()


@cl.on_message
async def answer(message: cl.Message) -> None:
    found = await search(message.content)
    async with cl.Step(name="think", type="run", default_open=True) as step:
        for word in ("first", " second", " third"):
            await step.stream_token(word)
    try:
        async with cl.Step(name="call the warehouse", type="tool"):
            raise ConnectionError("the warehouse is closed")
    except ConnectionError:
        await cl.Message("steps went on without the warehouse").send()
    summary = summarise(found)
    await cl.Message(f"steps found: {summary}").send()
