"""The example app's modules that need no Chainlit, imported as the app imports them but without leaving traces.

The app's modules are top-level siblings; left in ``sys.modules`` they would be found by other apps under test.
"""

import importlib
import sys
from pathlib import Path
from types import ModuleType

__all__ = ["APP_DIRECTORY", "arithmetic", "language_model", "responder"]

APP_DIRECTORY = Path(__file__).resolve().parents[2] / "examples" / "assistant"


def _imported(*names: str) -> list[ModuleType]:
    sys.path.insert(0, str(APP_DIRECTORY))
    try:
        return [importlib.import_module(name) for name in names]
    finally:
        sys.path.remove(str(APP_DIRECTORY))
        for name in names:
            sys.modules.pop(name, None)


arithmetic, language_model, responder = _imported("arithmetic", "language_model", "responder")
