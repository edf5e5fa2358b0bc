"""Charts and tables, as Chainlit sends them once Plotly and pandas have turned them into JSON."""

import json
from typing import ClassVar

import chainlit as cl
from chainlit.element import Element

FIGURE = {
    "data": [{"type": "bar", "x": ["lamps", "chairs"], "y": [2, 5]}],
    "layout": {"title": {"text": "In stock"}, "autosize": True},
}
TABLE = {"columns": ["name", "amount"], "index": [0, 1], "data": [["lamps", 2], ["chairs", 5]]}


class Chart(Element):
    type: ClassVar[str] = "plotly"


class Table(Element):
    type: ClassVar[str] = "dataframe"


@cl.on_message
async def show(message: cl.Message) -> None:
    await cl.Message(
        "charts of the stock",
        elements=[
            Chart(name="chart", content=json.dumps(FIGURE), mime="application/json", size="medium"),
            Table(name="table", content=json.dumps(TABLE)),
        ],
    ).send()
