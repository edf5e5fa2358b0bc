"""A limit for the time in which an app is loaded: one that never comes to an end must not keep the others waiting."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["LoadingTookTooLongError", "loading_limit"]

AGAIN_SECONDS = 1.0
"""Code that catches every exception, also this one, meets it again."""


class LoadingTookTooLongError(TimeoutError):
    """An app was still being imported when its time was over."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"The app had not been imported after {seconds:g} seconds (RUNTIME_APP_LOAD_SECONDS).")


@contextmanager
def loading_limit(seconds: float) -> Iterator[None]:
    """Raise ``LoadingTookTooLongError`` inside the block when it takes longer; 0 sets no limit.

    The system's alarm interrupts waiting and sleeping, but not C code that never returns to Python. It reaches the
    main thread alone, so elsewhere there is no limit.
    """
    if not seconds or threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise LoadingTookTooLongError(seconds)

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
