"""Charts and tables, made by the libraries that Chainlit's elements show."""

import chainlit as cl
import pandas
from matplotlib.figure import Figure
from plotly import graph_objects

STOCK = pandas.DataFrame({"name": ["lamps", "chairs"], "amount": [2, 5]})


@cl.on_message
async def show(message: cl.Message) -> None:
    bars = graph_objects.Figure(graph_objects.Bar(x=STOCK["name"], y=STOCK["amount"]), {"title": {"text": "In stock"}})
    lines = Figure()
    lines.subplots().plot(STOCK["name"], STOCK["amount"])
    await cl.Message(
        "charts of the stock",
        elements=[
            cl.Plotly(name="chart", figure=bars, display="inline"),
            cl.Pyplot(name="picture", figure=lines, display="inline"),
            cl.Dataframe(name="table", data=STOCK, display="inline"),
        ],
    ).send()
