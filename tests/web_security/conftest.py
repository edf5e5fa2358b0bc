"""The chat's process, and people of tenants; of the settings there is Django's test client."""

from tests.runtime.chainlit_host.conftest import runtime, start_runtime
from tests.tenants.portal.conftest import member

__all__ = ["member", "runtime", "start_runtime"]
