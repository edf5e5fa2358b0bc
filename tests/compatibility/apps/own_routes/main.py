"""Adds to Chainlit's server what it needs: routes, a mount, middleware, a socket, an error handler, state, hooks."""

from pathlib import Path
from typing import Annotated

import chainlit as cl
from chainlit.auth import get_current_user
from chainlit.server import app, router
from fastapi import APIRouter, Depends, FastAPI, Request, WebSocket
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles

app.state.shelf = {"owner": "own_routes"}
LIFE: list[str] = []


class OutOfStockError(Exception):
    pass


def stock(request: Request) -> dict[str, str]:
    return request.app.state.shelf


@app.get("/shelf")
async def shelf(stock: Annotated[dict[str, str], Depends(stock)], limit: int = 3) -> dict[str, object]:
    return {**stock, "limit": limit, "started": app.state.started, "life": LIFE}


@app.post("/shelf")
async def put(request: Request) -> JSONResponse:
    return JSONResponse(await request.json(), status_code=201)


@app.get("/whoami")
async def whoami(user: Annotated[cl.User | None, Depends(get_current_user)]) -> str:
    return "nobody" if user is None else user.identifier


@app.get("/sold-out")
async def sold_out() -> None:
    raise OutOfStockError


@app.exception_handler(OutOfStockError)
async def tell_sold_out(request: Request, error: OutOfStockError) -> JSONResponse:
    return JSONResponse({"reason": "own_routes is sold out"}, status_code=410)


@app.middleware("http")
async def sign(request: Request, call_next):
    response = await call_next(request)
    response.headers["X-Signed-By"] = "own_routes"
    return response


@app.websocket("/echo")
async def echo(socket: WebSocket, sid: str = "") -> None:
    await socket.accept()
    await socket.send_text(f"own_routes echoes {await socket.receive_text()} to {sid}")
    await socket.close()


@router.get("/of-the-router")
async def of_the_router() -> str:
    return "own_routes by the router"


annex = APIRouter(prefix="/annex")


@annex.get("/room")
async def room() -> str:
    return "own_routes has an annex"


app.include_router(annex)
app.router.routes.insert(0, app.router.routes.pop())
app.mount("/leaflets", StaticFiles(directory=Path(__file__).parent / "leaflets", html=True), name="leaflets")
sub = FastAPI()


@sub.get("/inside")
async def inside() -> str:
    return "own_routes inside another app"


app.mount("/sub", sub)
# Chainlit's own routes end in one that answers everything: they must come last.
OWN = ("/shelf", "/whoami", "/sold-out", "/echo", "/leaflets", "/sub")
app.router.routes.sort(key=lambda route: getattr(route, "path", None) not in OWN)
router.routes.sort(key=lambda route: getattr(route, "path", None) == "/{full_path:path}")


@cl.on_app_startup
async def started() -> None:
    LIFE.append("started")
    app.state.started = True


@cl.on_app_shutdown
async def stopped() -> None:
    Path("stopped.txt").write_text("own_routes was stopped")


@cl.on_message
async def answer(message: cl.Message) -> None:
    await cl.Message(f"own_routes is {app.state.shelf['owner']} and has {LIFE}").send()
