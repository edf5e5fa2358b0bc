"""Commands that come before any settings: they run in a fresh checkout, with nothing in the environment."""

import os
import subprocess
import sys
from pathlib import Path

from cryptography.fernet import Fernet

CHECKOUT = Path(__file__).resolve().parents[2]


def manage(*arguments):
    """Run manage.py with an empty environment."""
    return subprocess.run(
        [sys.executable, str(CHECKOUT / "manage.py"), *arguments],
        env={"PATH": os.defpath}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_up_can_be_asked_for_its_options():
    told = manage("up", "--help")
    assert (told.returncode, told.stderr) == (0, "")
    for option in ("--app", "--port", "--data-dir", "--no-demo"):
        assert option in told.stdout


def test_up_says_in_one_sentence_what_is_no_app(tmp_path):
    told = manage("up", "--app", str(tmp_path), "--data-dir", str(tmp_path / "data"))
    assert told.returncode == 1
    assert told.stderr.count("\n") == 1
    assert "is no Chainlit app" in told.stderr
    assert not (tmp_path / "data").exists()


def test_a_key_is_made_without_having_one():
    made = manage("generate_key")
    assert made.returncode == 0
    assert Fernet(made.stdout.strip())


def test_other_commands_still_name_the_setting_they_lack():
    told = manage("seed_demo")
    assert told.returncode != 0
    assert "SECRET_KEY" in told.stderr
