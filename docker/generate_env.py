"""Write docker/.env from docker/.env.example with every secret made anew; an existing file is left alone.

Needs the standard library only, so that a host with Docker needs nothing else.
"""

import base64
import os
import re
import secrets
import sys
from pathlib import Path

__all__ = ["fill", "main"]

SECRET_NAME = re.compile(r"\w*(?:PASSWORD|SECRET|KEY)\w*")


def fill(example: str) -> str:
    """Give each empty secret a random value; letters and digits alone, as some end up inside URLs."""
    lines = []
    for line in example.splitlines():
        name, separator, value = line.partition("=")
        if separator and not value and SECRET_NAME.fullmatch(name):
            # Fernet keys (https://github.com/fernet/spec) are 32 bytes in URL-safe base64.
            is_fernet = name == "TENANT_ENCRYPTION_KEYS"
            value = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode() if is_fernet else secrets.token_hex(24)
        lines.append(f"{name}{separator}{value}")
    return "\n".join(lines) + "\n"


def main(folder: Path) -> int:
    """Create ``.env`` beside ``.env.example``, readable by its owner alone; return the exit status."""
    target = folder / ".env"
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        sys.stderr.write(f"{target} exists and stays as it is: its secrets open the data that is already stored.\n")
        return 1
    with os.fdopen(descriptor, "w") as file:
        file.write(fill((folder / ".env.example").read_text()))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(__file__).parent))
