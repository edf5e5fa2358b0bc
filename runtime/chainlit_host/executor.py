"""Threads that know their tenant: ``loop.run_in_executor`` starts a function without the caller's context."""

import contextvars
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

__all__ = ["ContextThreadPoolExecutor"]

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


class ContextThreadPoolExecutor(ThreadPoolExecutor):
    """Runs each function in a copy of the context it was submitted from."""

    def submit(
        self, fn: Callable[Parameters, Result], /, *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> "Future[Result]":
        """See ``ThreadPoolExecutor.submit``."""
        context = contextvars.copy_context()
        return super().submit(lambda: context.run(fn, *args, **kwargs))
