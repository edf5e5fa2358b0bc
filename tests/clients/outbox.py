"""The mails that a stack has sent, which wait in its outbox."""

import asyncio
import re
from email import message_from_bytes
from email.policy import default

from tests.running_stack import RunningStack, wait_until

__all__ = ["link_mailed_to", "mails_to", "wait_for_link"]

_LINK = re.compile(r"https?://\S+/settings/\S+")


def mails_to(stack: RunningStack, address: str) -> list[str]:
    """Return the texts of the mails to somebody, oldest first."""
    files = sorted((stack.directory / "outbox").glob("*.log"), key=lambda file: file.stat().st_mtime_ns)
    messages = [message_from_bytes(file.read_bytes(), policy=default) for file in files]
    bodies = [message.get_body(("plain",)) for message in messages if message["To"] == address]
    return [body.get_content() for body in bodies if body]


def wait_for_link(stack: RunningStack, address: str, number: int = 1) -> str:
    """Wait for somebody's mail of that number and return the link in it, which is written after the rest."""

    def link() -> str:
        mails = mails_to(stack, address)
        found = _LINK.search(mails[number - 1]) if len(mails) >= number else None
        # A mail that is being written ends somewhere; a link is whole once something follows it.
        return found.group() if found and found.end() < len(found.string) else ""

    wait_until(link, what=f"mail {number} to {address}")
    return link()


async def link_mailed_to(stack: RunningStack, address: str, number: int) -> str:
    """Do as ``wait_for_link`` while browsers go on."""
    return await asyncio.to_thread(wait_for_link, stack, address, number)
