"""How sure the runtime is that what it holds is what is live."""

import math
import time
from collections.abc import Callable

import structlog

__all__ = ["Freshness"]

log = structlog.get_logger(__name__)


class Freshness:
    """Whether publications are heard, and since when nothing could be confirmed.

    Times are seconds of a monotonic clock. A tenant is confirmed while the line is open, and by each check of its own.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._all_confirmed_at = -math.inf
        self._confirmed_at: dict[str, float] = {}
        self._silence_told = False
        self.listening = False
        """Publications are heard."""
        self.reachable = False
        """The last question to the source was answered."""
        self.stale = False
        """Last known states serve, unconfirmed."""

    def start_listening(self) -> None:
        """Everything held was just checked, and every change from now on is heard."""
        self.listening = True
        self._silence_told = False
        self.confirm_all()
        log.info("listening_for_publications")

    def stop_listening(self, reason: str) -> None:
        """Changes are no longer heard; said once an outage."""
        self.listening = False
        if not self._silence_told:
            self._silence_told = True
            log.warning("publications_not_heard", reason=reason, effect="each request checks its tenant's revision")

    def lose_source(self) -> None:
        """Note that a question to the source was not answered."""
        self.reachable = False

    def confirm_all(self) -> None:
        """Note that everything held is live."""
        self._all_confirmed_at = self._clock()
        self._confirmed_at.clear()
        self._regain_source()

    def confirm(self, tenant_id: str) -> None:
        """Note that the state held of one tenant is live."""
        self._confirmed_at[tenant_id] = self._clock()
        self._regain_source()

    def unconfirmed_for(self, tenant_id: str) -> float:
        """Return for how many seconds the state held of a tenant could not be confirmed."""
        return self._clock() - max(self._confirmed_at.get(tenant_id, -math.inf), self._all_confirmed_at)

    def serve_stale(self, reason: str) -> None:
        """Note that the last known states serve unconfirmed; said once an outage."""
        if not self.stale:
            self.stale = True
            log.warning("serving_last_known_states", reason=reason)

    def _regain_source(self) -> None:
        self.reachable = True
        if self.stale:
            self.stale = False
            log.info("states_confirmed_again")
