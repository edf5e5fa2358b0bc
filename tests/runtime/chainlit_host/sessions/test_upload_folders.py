"""Uploads of live sessions: each process has its own folder, and nothing of a killed process stays on the disk."""

import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from runtime.chainlit_host.sessions.upload_folders import UploadFolder

OWNER = """
import sys, time
from pathlib import Path
from runtime.chainlit_host.sessions.upload_folders import UploadFolder
folder = UploadFolder(Path(sys.argv[1]))
folder.claim()
(folder.path / "upload").write_text("private")
print(folder.path, flush=True)
time.sleep(600)
"""


@contextmanager
def _owner(root):
    """Run another process that holds uploads below `root`; yield its folder, and kill it at the end."""
    process = subprocess.Popen([sys.executable, "-c", OWNER, str(root)], stdout=subprocess.PIPE, text=True)
    with process:
        try:
            yield Path(process.stdout.readline().strip())
        finally:
            process.kill()


@contextmanager
def _claimed(root):
    uploads = UploadFolder(root)
    uploads.claim()
    try:
        yield uploads
    finally:
        uploads.remove()


def test_files_of_a_killed_process_are_removed_by_the_next_one(tmp_path):
    with _owner(tmp_path) as folder:
        assert (folder / "upload").exists()

    with _claimed(tmp_path):
        assert not folder.exists()


def test_files_of_a_living_process_stay(tmp_path):
    with _owner(tmp_path) as folder, _claimed(tmp_path):
        assert (folder / "upload").read_text() == "private"


def test_a_process_removes_its_own_files_when_it_stops(tmp_path):
    uploads = UploadFolder(tmp_path)
    uploads.claim()
    (uploads.path / "upload").write_text("private")

    uploads.remove()

    assert not uploads.path.exists()
