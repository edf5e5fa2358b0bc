"""A tenant's starters, in the place of its app's; made once a revision."""

import json

from chainlit.config import CodeSettings
from chainlit.types import Starter

from tenants.contract.chat import Chat

__all__ = ["TenantStarters"]

# As Starlette's JSONResponse encodes.
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


class TenantStarters:
    """What one revision of a tenant suggests. ``encoded`` is the same as JSON, or empty where it suggests nothing."""

    __slots__ = ("_starters", "encoded")

    def __init__(self, chat: Chat) -> None:
        self._starters = [Starter(label=each.label, message=each.message, icon=each.icon) for each in chat.starters]
        self.encoded = _encode([each.to_dict() for each in self._starters]) if self._starters else ""

    def over(self, code: CodeSettings) -> CodeSettings:
        """Return an app's hooks with these starters; its categories would be shown in their place, so they go."""
        if not self._starters:
            return code
        return code.model_copy(update={"set_starters": self._offer, "set_starter_categories": None})

    async def _offer(self, _user: object, _language: object = None) -> list[Starter]:
        return list(self._starters)
