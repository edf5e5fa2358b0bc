"""Chainlit, unmodified, made to serve many tenants: the only package that touches Chainlit's internals.

``install`` prepares the process, imports Chainlit, replaces the seams listed in ``seams`` one module at a time, and
loads every app. It changes Chainlit for the whole process, so it is called once, before the event loop starts.
"""

from typing import TYPE_CHECKING

from runtime.config import RuntimeConfig
from runtime.services import Services

if TYPE_CHECKING:
    from runtime.chainlit_host.host import ChainlitHost

__all__ = ["install"]


def install(config: RuntimeConfig, services: Services) -> "ChainlitHost":
    """Make Chainlit tenant-aware and load the apps; ``services`` is what they share of the process.

    Raises ``SeamMissingError`` when the installed Chainlit lacks something this package leans on, and
    ``ChainlitImportedError`` when Chainlit was imported before its process was prepared.
    """
    from runtime.chainlit_host.process.boot import import_chainlit

    import_chainlit(config)
    from runtime.chainlit_host.seams import check_seams

    check_seams()
    from runtime.chainlit_host.host import ChainlitHost

    return ChainlitHost(config, services)
