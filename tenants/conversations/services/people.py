"""Whose conversations are whose."""

from tenants.conversations.models import User

__all__ = ["part_with_user"]


def part_with_user(identifier: str, *, as_whom: str) -> None:
    """Keep what somebody said in the bound tenant under another name, so that the identifier is free for another one.

    The chat knows people by their identifier alone: without this, whoever has it next would find it all.
    """
    User.objects.filter(identifier=identifier).update(identifier=as_whom)
