"""A CDN before tenants' hosts is told of every answer that changes under a name that stays."""

import ast
from pathlib import Path

from runtime.chainlit_host import pages
from runtime.chainlit_host.pages import web_manifest
from tenants.assets.cdn import changed_paths

# The page and its sign-in are never kept; the frontend's files carry a hash.
NEVER_STALE = {"/", "/login", "/assets/"}


def offered_paths() -> set[str]:
    """Return the paths, or their beginnings, that files are answered under: the source says, Chainlit is not loaded."""
    tree = ast.parse((Path(pages.__file__).parent / "assets.py").read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    named = [call.args[0] for call in calls if call.func.attr == "add" and ast.unparse(call.func.value) == "routes"]
    return {name.value if isinstance(name, ast.Constant) else getattr(web_manifest, name.id) for name in named}


def test_every_path_of_files_is_told_to_a_cdn_or_never_stale():
    offered, told = offered_paths(), [path.rstrip("*") for path in changed_paths(None, {})]
    assert offered > NEVER_STALE
    assert [path for path in offered - NEVER_STALE if not any(known.startswith(path) for known in told)] == []
    assert [known for known in told if not any(known.startswith(path) for path in offered - NEVER_STALE)] == []
