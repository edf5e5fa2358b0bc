"""docker/generate_env.py, run on the real example."""

import runpy
import shutil
import stat
import subprocess
import sys

from cryptography.fernet import Fernet

from tests.docker.processes import DOCKER

SECRETS = ("PASSWORD", "SECRET", "KEY")


def generate(folder) -> subprocess.CompletedProcess[str]:
    for name in ("generate_env.py", ".env.example"):
        shutil.copy(DOCKER / name, folder)
    return subprocess.run([sys.executable, folder / "generate_env.py"], capture_output=True, text=True, check=False)


def test_every_secret_is_filled_and_everything_else_left_empty(tmp_path):
    assert generate(tmp_path).returncode == 0
    values = dict(
        line.split("=", 1) for line in (tmp_path / ".env").read_text().splitlines() if line and line[0] != "#"
    )
    secret = {name: value for name, value in values.items() if any(word in name for word in SECRETS)}

    assert min(map(len, secret.values())) >= 44
    assert len(set(secret.values())) == len(secret)
    assert not any(value for name, value in values.items() if name not in secret)
    assert Fernet(values["TENANT_ENCRYPTION_KEYS"])
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600


def test_an_existing_file_is_left_alone(tmp_path):
    (tmp_path / ".env").write_text("SECRET_KEY=live\n")

    assert "stays as it is" in generate(tmp_path).stderr
    assert (tmp_path / ".env").read_text() == "SECRET_KEY=live\n"


def test_a_value_that_is_there_is_kept():
    fill = runpy.run_path(str(DOCKER / "generate_env.py"))["fill"]

    assert fill("SECRET_KEY=mine\nPORT=\n# KEY=\n") == "SECRET_KEY=mine\nPORT=\n# KEY=\n"
