"""Tells what it finds around itself: files, modules, environment, places."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import chainlit as cl
from chainlit.config import APP_ROOT, config, config_file, public_dir
from chainlit.server import app
from helpers import OWNER
from shelf import lamps

os.environ["SET_AT_IMPORT"] = "neighbours"
app.state.shelf = {"owner": OWNER}
HERE = Path(__file__).parent
NOTE_AT_IMPORT = Path("data/note.txt").read_text()
sqlite3.connect(HERE / "shelf.db").close()


def relative_to_here(path: object) -> str:
    return str(Path(str(path)).resolve().relative_to(HERE.resolve()))


def look_around() -> dict[str, object]:
    from shelf import chairs

    with open("data/note.txt") as note:
        opened = note.read()
    Path("data/written.txt").write_text(f"written by {OWNER}")
    child = subprocess.run(
        [sys.executable, "-c", "import os; print(os.path.exists('data/note.txt'), os.environ.get('SET_AT_IMPORT'))"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return {
        "owner": OWNER,
        "modules": [lamps.OWNER, chairs.OWNER],
        "note": [NOTE_AT_IMPORT.strip(), opened.strip(), Path("data", "note.txt").read_text().strip()],
        "written": sorted(path.name for path in Path("data").glob("*.txt")),
        "listed": sorted(name for name in os.listdir() if name in ("main.py", "data", "shelf")),
        "walked": [name for _, _, names in os.walk("data") for name in sorted(names)],
        "exists": [os.path.exists("data/note.txt"), os.path.isdir("data"), os.path.exists("nothing")],
        "current": relative_to_here(os.getcwd()),
        "absolute": relative_to_here(os.path.abspath("data/note.txt")),
        "resolved": relative_to_here(Path("data").resolve()),
        "root": relative_to_here(config.root),
        "paths": [relative_to_here(path) for path in (APP_ROOT, config_file, public_dir)],
        "file": Path(__file__).name,
        "environment": [os.environ["SET_AT_IMPORT"], os.getenv("FROM_DOTENV"), os.environ.get("GIVEN")],
        "child": child.stdout.split(),
        "version": cl.__version__,
        "main": config.run.module_name,
        "state": app.state.shelf,
        "other state": hasattr(app.state, "started"),
    }


@cl.on_message
async def tell(message: cl.Message) -> None:
    seen = look_around()
    thread = await cl.make_async(look_around)()
    await cl.Message("\n\n".join(f"{name} {value}" for name, value in seen.items())).send()
    await cl.Message(f"neighbours sees the same in a thread: {seen == thread}").send()
