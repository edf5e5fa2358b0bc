"""Bringing files in as people do it in a browser: by choosing them and by dropping them."""

import base64
import io

from PIL import Image, ImageDraw

from tests.browser.conftest import Person

__all__ = ["choose", "drop", "logo", "open_settings", "place"]

_TRANSFER = """([content, name, type]) => {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, { type }));
  return transfer;
}"""


def logo(colour: str, size: tuple[int, int] = (480, 160)) -> bytes:
    """Return a PNG in one colour with a white corner."""
    image = Image.new("RGB", size, colour)
    ImageDraw.Draw(image).rectangle((0, 0, size[0] // 6, size[1] // 6), fill="#ffffff")
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


async def open_settings(person: Person, section: str, *, tenant: str = "acme") -> None:
    """Sign in as a tenant's owner and go to a section."""
    await person.open(tenant, "/settings/")
    await person.sign_in_to_settings(f"{tenant}_owner")
    await person.page.wait_for_url("**/settings/")
    await person.open(tenant, f"/settings/{section}/")


def place(person: Person, key: str, state: str = ""):
    """Return the place of a file, once it is in a state where one is named."""
    return person.page.locator(f'[data-place="{key}"]' + (f'[data-state="{state}"]' if state else ""))


async def choose(where, name: str, content: bytes, kind: str = "image/png") -> None:
    """Choose a file with the button of a place or of a form."""
    await where.locator("[data-file]").set_input_files({"name": name, "mimeType": kind, "buffer": content})


async def drop(person: Person, where, name: str, content: bytes, kind: str = "image/png") -> None:
    """Drag a file over a place and let go of it."""
    encoded = base64.b64encode(content).decode()
    transfer = await person.page.evaluate_handle(_TRANSFER, [encoded, name, kind])
    for event in ("dragenter", "dragover", "drop"):
        await where.dispatch_event(event, {"dataTransfer": transfer})
