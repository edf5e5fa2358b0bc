"""Seam: what end users see when an app's code fails. A sentence with an id for them, the rest in the log."""

import functools
import inspect
import sys
from asyncio import CancelledError
from collections.abc import Callable
from types import TracebackType
from typing import Any
from uuid import uuid4

import chainlit.callbacks
import chainlit.socket
import structlog
from chainlit.context import context
from chainlit.message import ErrorMessage
from chainlit.step import Step
from chainlit.utils import wrap_user_function
from fastapi import HTTPException, Request, Response
from fastapi.exception_handlers import http_exception_handler
from starlette.exceptions import HTTPException as StarletteHTTPException

from runtime.chainlit_host.rebinding import rebind
from runtime.tenancy import current_handle
from runtime.usage import UsageCounter

__all__ = ["ErrorReports"]

log = structlog.get_logger(__name__)


class ErrorReports:
    """Turns exceptions into what may be shown; ``show_errors`` (for development) shows their own text.

    ``usage`` counts what tenants' code raises.
    """

    def __init__(self, *, show_errors: bool, usage: UsageCounter | None = None) -> None:
        self._show_errors = show_errors
        self._usage = usage

    def install(self) -> None:
        """Replace the three places where Chainlit sends ``str(exception)`` to the page."""
        rebind(wrap_user_function, self.wrap_user_function)
        vars(chainlit.socket)["ErrorMessage"] = self._error_message
        Step.__aexit__ = self._guarding(Step.__aexit__)  # type: ignore[method-assign]  # the seam itself
        Step.__exit__ = self._guarding(Step.__exit__)  # type: ignore[method-assign]  # as above

    def public_text(self, error: BaseException) -> str:
        """Return what a visitor may read of an error, and log the error once under the id it names."""
        error_id = self._logged(error)
        if self._show_errors:
            return str(error) or type(error).__name__
        return f"Something went wrong. If it happens again, give this number to your administrator: {error_id}"

    def wrap_user_function(self, user_function: Callable[..., Any], with_task: bool = False) -> Callable[..., Any]:
        """Wrap a hook as Chainlit does: call it with as many arguments as it takes, and survive what it raises."""
        names = list(inspect.signature(user_function).parameters)

        @functools.wraps(user_function)
        async def wrapper(*args: Any) -> Any:
            if with_task:
                await context.emitter.task_start()  # type: ignore[no-untyped-call]  # Chainlit's is untyped
            try:
                result = user_function(**dict(zip(names, args, strict=False)))
                return await result if inspect.iscoroutinefunction(user_function) else result
            except CancelledError:
                return None
            except Exception as error:  # noqa: BLE001 - an app's hook may raise anything
                text = self.public_text(error)
                if with_task:
                    await ErrorMessage(content=text, author="Error").send()  # type: ignore[no-untyped-call]  # as above
                return None
            finally:
                if with_task:
                    await context.emitter.task_end()  # type: ignore[no-untyped-call]  # as above

        return wrapper

    async def answer_http_error(self, request: Request, error: StarletteHTTPException) -> Response:
        """Answer an HTTP error of a route; where Chainlit put an exception's text into a 500, replace it."""
        if error.status_code >= 500 and error.__cause__ is not None and error.detail == str(error.__cause__):
            error = HTTPException(error.status_code, self.public_text(error.__cause__))
        return await http_exception_handler(request, error)

    def _error_message(self, content: str, author: str = "Error", **kwargs: Any) -> ErrorMessage:
        """Make the message that Chainlit's socket handlers send from inside ``except Exception``."""
        error = sys.exception()
        return ErrorMessage(content=content if error is None else self.public_text(error), author=author, **kwargs)

    def _logged(self, error: BaseException) -> str:
        """Return the id under which the error is in the log; the same error passes several hands on its way up."""
        known: str | None = getattr(error, "chainlit_tenants_id", None)
        if known is not None:
            return known
        error_id = uuid4().hex[:12]
        error.chainlit_tenants_id = error_id  # type: ignore[attr-defined]  # exceptions take attributes
        handle = current_handle()
        log.error("app_error", error_id=error_id, tenant=handle.state.slug if handle else None, exc_info=error)
        if handle is not None and not handle.is_preview and self._usage is not None:
            self._usage.count_error(handle.state.id)
        return error_id

    def _guarding(self, leave: Callable[..., Any]) -> Callable[..., Any]:
        def leave_step(
            step: Step, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
        ) -> Any:
            # The step writes str(error) as its output, which the page shows under the message.
            shown = _Shown(self.public_text(error)) if isinstance(error, Exception) else error
            return leave(step, kind, shown, trace)

        return leave_step


class _Shown(Exception):  # noqa: N818 - never raised: it stands in for an error where only its text is used
    pass
