"""The chat's process; of the settings there is Django's test client."""

from tests.runtime.chainlit_host.conftest import runtime

__all__ = ["runtime"]
