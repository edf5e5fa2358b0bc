"""The one error a person meets when the stack cannot start."""

__all__ = ["StartError"]


class StartError(Exception):
    """Why the stack cannot start, as one sentence for the person who ran the command."""
