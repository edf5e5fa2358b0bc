"""Keeps a list of tasks beside the chat."""

import chainlit as cl


@cl.on_message
async def work(message: cl.Message) -> None:
    tasks = cl.TaskList()
    tasks.status = "Running…"
    first, second = cl.Task(title="Weigh", status=cl.TaskStatus.RUNNING), cl.Task(title="Pack")
    await tasks.add_task(first)
    await tasks.add_task(second)
    await tasks.send()
    answer = await cl.Message("task_list has weighed").send()
    first.status, first.forId = cl.TaskStatus.DONE, answer.id
    second.status = cl.TaskStatus.FAILED
    tasks.status = "Failed"
    await tasks.send()
