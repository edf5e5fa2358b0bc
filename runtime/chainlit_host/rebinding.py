"""Replace an object under every name by which Chainlit's modules know it.

Chainlit imports functions and dictionaries by name (``from chainlit.data import get_data_layer``), so setting one
attribute would leave the others behind.
"""

import sys
from collections.abc import MutableMapping
from typing import Any

__all__ = ["rebind"]


def rebind(original: Any, replacement: Any) -> int:
    """Put ``replacement`` wherever a loaded Chainlit module holds ``original``; return how many names changed."""
    changed = 0
    for module_name, module in list(sys.modules.items()):
        if module_name == "chainlit" or module_name.startswith("chainlit."):
            changed += _replace_in(vars(module), original, replacement)
    return changed


def _replace_in(namespace: MutableMapping[str, Any], original: Any, replacement: Any) -> int:
    names = [name for name, value in namespace.items() if value is original]
    for name in names:
        namespace[name] = replacement
    return len(names)
