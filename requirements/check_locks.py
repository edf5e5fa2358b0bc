"""Check, without a network, that the lock files are complete and agree with what they are made from.

Every name in `<set>.in` is pinned in `<set>.txt` to a version it allows, every pin carries hashes, no file names where
packages come from, and a package has the same version in every file.
"""

import re
import sys
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

DIRECTORY = Path(__file__).resolve().parent
SETS = ("bootstrap", "base", "dev")

Pins = dict[str, set[str]]
"""Versions by package name; markers can make it more than one."""


def read_wanted(path: Path) -> list[Requirement]:
    """Return the requirements of a `.in` file, those of the files it includes too."""
    wanted: list[Requirement] = []
    for line in path.read_text().splitlines():
        text = line.split("#", 1)[0].strip()
        if text.startswith("-r "):
            wanted += read_wanted(path.parent / text.removeprefix("-r ").strip())
        elif text:
            wanted.append(Requirement(text))
    return wanted


def read_pins(path: Path) -> tuple[Pins, list[str]]:
    """Return the pins of a `.txt` file and what is wrong with it."""
    pins: Pins = {}
    problems: list[str] = []
    for entry in path.read_text().replace("\\\n", " ").splitlines():
        text = entry.split("#", 1)[0].strip()
        if not text:
            continue
        if "://" in text or text.startswith("-"):
            problems.append(f"{path.name} says where packages come from: {text[:80]}")
            continue
        specification, *hashes = re.split(r"\s+--hash=", text)
        try:
            pinned = Requirement(specification)
        except InvalidRequirement as error:
            problems.append(f"{path.name}: {error}")
            continue
        versions = [part.version for part in pinned.specifier if part.operator == "=="]
        if not versions or not hashes:
            problems.append(f"{path.name}: {pinned.name} has no {'hash' if versions else 'exact version'}")
        pins.setdefault(canonicalize_name(pinned.name), set()).update(versions)
    return pins, problems


def check(directory: Path = DIRECTORY) -> list[str]:
    """Return every problem of the lock files, as a sentence each."""
    problems: list[str] = []
    everywhere: Pins = {}
    for name in SETS:
        pins, found = read_pins(directory / f"{name}.txt")
        problems += found
        for wanted in read_wanted(directory / f"{name}.in"):
            versions = pins.get(canonicalize_name(wanted.name), set())
            if not versions:
                problems.append(f"{name}.in wants {wanted.name}, which {name}.txt does not pin")
            problems += [
                f"{name}.in wants {wanted}, but {name}.txt pins {version}"
                for version in sorted(versions)
                if not wanted.specifier.contains(version, prereleases=True)
            ]
        for package, versions in pins.items():
            if everywhere.setdefault(package, versions) != versions:
                known = ", ".join(sorted(everywhere[package]))
                problems.append(f"{name}.txt pins {package} to {', '.join(sorted(versions))}, another file to {known}")
    return problems


def main() -> int:
    """Report all problems on standard error."""
    problems = check()
    for problem in problems:
        sys.stderr.write(f"requirements/{problem}\n")
    if problems:
        sys.stderr.write("Run `make lock`.\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
