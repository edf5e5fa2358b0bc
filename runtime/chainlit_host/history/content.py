"""What an element holds, at hand until it is uploaded."""

import os
from pathlib import Path
from typing import IO

from chainlit.element import Element

from runtime.chainlit_host.history.files import TenantFiles
from runtime.chainlit_host.history.outbox import WriteRefusedError

__all__ = ["Content"]


class Content:
    """Bytes, an open file, or the reason why there is neither."""

    def __init__(self, source: bytes | IO[bytes] | OSError, size: int = 0) -> None:
        self._source = source
        self._size = size

    @classmethod
    def of(cls, element: Element) -> "Content":
        """Return an element's content; a file is opened at once, and stays readable when it is deleted."""
        if element.path:
            try:
                file = Path(element.path).open("rb")  # noqa: SIM115 - closed once it is uploaded
            except OSError as error:
                return cls(error)
            return cls(file, os.fstat(file.fileno()).st_size)
        content = element.content or b""
        content = content.encode() if isinstance(content, str) else bytes(content)
        return cls(content, len(content))

    async def put(self, files: TenantFiles, key: str, mime: str) -> None:
        """Upload it, from its beginning each time; raises ``WriteRefusedError`` where there is no file to upload."""
        if isinstance(self._source, OSError):
            raise WriteRefusedError(repr(self._source)) from self._source
        if not isinstance(self._source, bytes):
            self._source.seek(0)
        await files.put(key, self._source, size=self._size, mime=mime)

    def close(self) -> None:
        """Let the file go."""
        if not isinstance(self._source, bytes | OSError):
            self._source.close()
