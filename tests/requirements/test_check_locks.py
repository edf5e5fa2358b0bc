"""The check of the lock files finds what makes an installation differ from what was tested."""

import importlib.util
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
HASH = "--hash=sha256:" + "0" * 64
SOUND = {
    "bootstrap.in": "uv\n",
    "bootstrap.txt": f"uv==0.13.9 \\\n    {HASH}\n",
    "base.in": "celery[redis]~=5.7.0  # queue\n",
    "base.txt": f"celery==5.7.1 \\\n    {HASH} \\\n    {HASH}\n",
    "dev.in": "-r base.in\nTypes_PyYAML\n",
    "dev.txt": f"celery==5.7.1 \\\n    {HASH}\ntypes-pyyaml==6.0 \\\n    {HASH}\n",
}


def problems(directory: Path, **changes: str) -> list[str]:
    """Return what the check says of sound lock files after some changes."""
    specification = importlib.util.spec_from_file_location("check_locks", CHECKOUT / "requirements" / "check_locks.py")
    assert specification is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    for name, content in (SOUND | {name.replace("_", "."): content for name, content in changes.items()}).items():
        (directory / name).write_text(content)
    return module.check(directory)


def test_sound_locks_have_no_problem(tmp_path):
    assert problems(tmp_path) == []


def test_our_locks_have_no_problem(tmp_path):
    for path in (CHECKOUT / "requirements").glob("*.*"):
        if path.suffix in {".in", ".txt"}:
            (tmp_path / path.name.replace(".", "_")).write_text(path.read_text())
    ours = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert problems(tmp_path, **ours) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"base_in": "celery\nredis\n"}, "base.in wants redis, which base.txt does not pin"),
        ({"base_in": "celery>=6\n"}, "base.in wants celery>=6, but base.txt pins 5.7.1"),
        ({"base_txt": "celery==5.7.1\n"}, "base.txt: celery has no hash"),
        ({"base_txt": f"celery>=5.7.1 {HASH}\n"}, "base.txt: celery has no exact version"),
        (
            {"dev_txt": f"celery==5.7.2 {HASH}\ntypes-pyyaml==6.0 {HASH}\n"},
            "dev.txt pins celery to 5.7.2, another file",
        ),
        ({"bootstrap_txt": f"--index-url https://x\nuv==1 {HASH}\n"}, "bootstrap.txt says where packages come from"),
        ({"bootstrap_txt": f"uv @ https://x/uv.whl {HASH}\n"}, "bootstrap.txt says where packages come from"),
    ],
)
def test_each_fault_is_named(tmp_path, changes, problem):
    assert any(found.startswith(problem) for found in problems(tmp_path, **changes))


def test_an_older_python_is_refused_with_a_sentence(tmp_path):
    old = tmp_path / "python2"
    old.write_text('#!/bin/sh\n[ "$1" = -V ] && echo "Python 3.9.2"\nexit 1\n')
    old.chmod(0o755)
    script = CHECKOUT / "requirements" / "environment.sh"
    result = subprocess.run(
        [script, tmp_path / "venv", "base"],
        env={"PATH": "/usr/bin:/bin", "PYTHON": str(old)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert result.stderr.startswith(f"Python 3.11 or later is needed, but {old} is Python 3.9.2: name another one")
    assert not (tmp_path / "venv").exists()
