"""Find in source code what it uses of Chainlit, Socket.IO and Engine.IO."""

import ast
from collections.abc import Iterator

LIBRARIES = ("chainlit", "socketio", "engineio")
# What every class, model or dictionary has, and what is looked up in the chat that is bound at run time.
COMMON = ("__dict__", "__name__", "model_validate", "model_construct", "get")
BOUND_LATER = ("chainlit.context.context.", "chainlit.context.context_var.")


def leaned_on(source: str) -> set[str]:
    """Return dotted names: of what is imported, and of attributes that are reached through it."""
    tree = ast.parse(source)
    names = dict(_imported(tree))
    found = {name for name in names.values() if name.partition(".")[2]}
    for node in ast.walk(tree):
        root, parts = _chain(node)
        if parts and root in names:
            found.add(".".join([names[root], *(part for part in parts if part not in COMMON)]))
    return {name for name in found if name not in LIBRARIES and not name.startswith(BOUND_LATER)}


def _chain(node: ast.AST) -> tuple[str, list[str]]:
    """Return the name that a chain of attributes begins with, and the attributes."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.insert(0, node.attr)
        node = node.value
    return (node.id if isinstance(node, ast.Name) else ""), parts


def _imported(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield each name that an import binds, with what it stands for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in LIBRARIES:
            yield from ((alias.asname or alias.name, f"{node.module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                if top in LIBRARIES:
                    yield (alias.asname, alias.name) if alias.asname else (top, top)
