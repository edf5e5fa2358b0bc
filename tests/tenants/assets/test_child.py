"""The process that looks into a file: it does what `prepare` does, and can do nothing else."""

import ast
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tenants.assets.pipeline import child
from tenants.assets.pipeline.child import LIMITS, ProcessingFaultError, prepare_in_child
from tenants.assets.pipeline.exchange import Limits
from tenants.assets.pipeline.preparing import prepare
from tenants.contract.errors import InvalidValueError
from tenants.contract.state import AssetRole
from tests.running_stack import wait_until
from tests.tenants.assets.pictures import DRAWING, animated, drawing, photograph, picture
from tests.tenants.assets.typefaces import typeface

CHECKOUT = Path(__file__).resolve().parents[3]
PUBLIC = AssetRole.PUBLIC_FILE
FILES = [
    (AssetRole.LOGO_LIGHT, "", picture()),
    (AssetRole.LOGO_DARK, "", DRAWING),
    (AssetRole.LOGO_DARK, "", b"<?xml version='1.0' encoding='windows-1252'?>" + drawing("<title>\xe4</title>")),
    (AssetRole.LOGO_DARK, "", drawing("<title>ä</title>").decode().encode("utf-16")),
    (AssetRole.LOGIN_IMAGE, "", photograph()),
    (AssetRole.OPEN_GRAPH, "", picture("WEBP")),
    (AssetRole.AVATAR, "My Bot", picture("GIF")),
    (AssetRole.FAVICON, "", picture("ICO", (48, 48))),
    (AssetRole.FONT, "bold", typeface()),
    (AssetRole.STYLESHEET, "", "\ufeffa { color: red }".encode()),
    (AssetRole.SCRIPT, "", b"document.title = 'Acme'"),
    (AssetRole.THEME, "", b'{"variables": {"light": {"--primary": "0 0% 0%"}}}'),
    *((PUBLIC, f"a.{ending.lower()}", picture(ending)) for ending in ("PNG", "WEBP", "GIF", "AVIF", "ICO")),
    (PUBLIC, "a.jpeg", photograph()),
    (PUBLIC, "a.svg", DRAWING),
    (AssetRole.FAVICON, "", DRAWING),
    (PUBLIC, "a.woff2", typeface()),
    (PUBLIC, "elements/Chart.jsx", b"export default () => null"),
    (PUBLIC, "a.json", b"[1]"),
    (PUBLIC, "a.css", b"a{}"),
    (PUBLIC, "a.md", b"# hi"),
    (PUBLIC, "a.pdf", b"%PDF-1.7\n"),
]
REFUSED = [
    (AssetRole.LOGO_LIGHT, "", picture()[:100]),
    (AssetRole.LOGO_LIGHT, "", animated("GIF")),
    (AssetRole.LOGO_LIGHT, "", drawing("<script/>")),
    (AssetRole.LOGO_LIGHT, "", b"<?xml version='1.0' encoding='big5'?><svg/>"),
    (AssetRole.FONT, "bold", typeface()[:-9]),
    (AssetRole.FONT, "thin", typeface()),
    (AssetRole.THEME, "", b"{"),
    (AssetRole.SCRIPT, "", b"\xff"),
    (PUBLIC, "a.html", b"<p>"),
    (PUBLIC, "a.mp4", b"no film"),
]


@pytest.mark.parametrize(("role", "name", "content"), FILES, ids=lambda value: value if isinstance(value, str) else "")
def test_the_child_prepares_what_prepare_prepares(role, name, content):
    assert prepare_in_child(content, role, name=name) == prepare(content, role, name=name)


@pytest.mark.parametrize(("role", "name", "content"), REFUSED)
def test_the_child_refuses_what_prepare_refuses_in_the_same_words(role, name, content):
    refusals = []
    for preparing in (prepare, prepare_in_child):
        with pytest.raises(InvalidValueError) as caught:
            preparing(content, role, name=name)
        refusals.append((caught.value.code, caught.value.message, caught.value.field))
    assert refusals[0] == refusals[1]


def saying(answer: str) -> str:
    """Return a program in the child's place that reads all it is given and answers this."""
    return (
        "import os, sys; sys.path[:] = sys.argv[1:]; from tenants.assets.pipeline.exchange import *; "
        "from tenants.assets.pipeline.prepared import *; sys.stdin.buffer.read(); "
        f"write_frame(sys.stdout.buffer, encode_answer({answer}))"
    )


def confined(program: str) -> subprocess.CompletedProcess[bytes]:
    """Run a program in a process that was confined as the child is, with the sources in reach until then."""
    setup = """
        import json, os, signal, socket, subprocess, sys
        from tenants.assets.pipeline.confinement import confine
        from tenants.assets.pipeline.exchange import Limits
        confine(Limits(512 * 1024**2, 5, 5), parent=os.getppid())
    """
    source = textwrap.dedent(setup) + textwrap.dedent(program)
    return subprocess.run([sys.executable, "-c", source], cwd=CHECKOUT, capture_output=True, check=False, timeout=60)


@pytest.mark.parametrize(
    ("attempt", "error"),
    [
        ("open('/etc/passwd')", "EMFILE"),
        ("open('/tmp/written', 'w')", "EMFILE"),
        ("os.listdir('/')", "EMFILE"),
        ("socket.socket()", "EMFILE"),
        ("os.pipe()", "EMFILE"),
        ("os.fork()", "EAGAIN"),
        ("os.kill(os.getppid(), 0)", "EPERM"),
        ("os.setuid(0)", "EPERM"),
    ],
)
def test_a_confined_process_reaches_neither_files_nor_sockets_nor_other_processes(attempt, error):
    if error == "EPERM" and os.geteuid() != 0:
        pytest.skip("only root has rights to lose")
    done = confined(f"""
        import errno
        try:
            {attempt}
        except OSError as refused:
            print(errno.errorcode[refused.errno])
    """)
    assert done.stdout.decode().strip() == error


def test_a_confined_process_is_nobody_without_a_voice_and_cannot_take_back_what_it_gave_up():
    done = confined("""
        import resource
        sys.stderr.write("to the worker's log")
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        except ValueError:
            print(json.dumps([os.getresuid(), os.getgroups()]))
    """)
    users, groups = json.loads(done.stdout)
    assert users == ([65534] * 3 if os.geteuid() == 0 else list(os.getresuid()))
    assert groups == ([] if os.geteuid() == 0 else os.getgroups())
    assert done.stderr == b""


def test_the_child_sees_nothing_of_the_workers_environment(monkeypatch):
    monkeypatch.setenv("ENCRYPTION_KEYS", "secret")
    monkeypatch.setattr(child, "_START", saying("Fault(repr((dict(os.environ), os.getcwd())))"))
    with pytest.raises(ProcessingFaultError) as caught:
        prepare_in_child(DRAWING, AssetRole.LOGO_LIGHT)
    environment, folder = ast.literal_eval(str(caught.value))
    assert set(environment) <= {"LC_CTYPE"}
    assert folder == "/"


def test_a_file_that_takes_too_much_memory_is_refused_and_the_worker_goes_on():
    limits = Limits(180 * 1024**2, LIMITS.processor_seconds, LIMITS.seconds)
    with pytest.raises(InvalidValueError) as caught:
        prepare_in_child(picture(size=(7000, 5000)), AssetRole.LOGO_LIGHT, limits=limits)
    assert caught.value.code == "processing_limit"
    assert prepare_in_child(picture(), AssetRole.LOGO_LIGHT).file.width == 120


@pytest.mark.parametrize(
    ("program", "limits"),
    [
        ("import signal; signal.pause()", Limits(1024**3, 30, 0.3)),
        ("import os, signal; os.read(0, 9); signal.pause()", Limits(1024**3, 30, 0.3)),
        ("import resource; resource.setrlimit(resource.RLIMIT_CPU, (1, 1))\nwhile True: pass", LIMITS),
    ],
    ids=["asleep", "asleep in the middle", "busy"],
)
def test_a_child_that_comes_to_no_end_is_ended(monkeypatch, program, limits):
    monkeypatch.setattr(child, "_START", program)
    with pytest.raises(InvalidValueError) as caught:
        prepare_in_child(picture(), AssetRole.LOGO_LIGHT, limits=limits)
    assert caught.value.code == "processing_limit"


@pytest.mark.parametrize(
    "program",
    [
        "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
        "import sys; sys.stdin.buffer.read(); print('hello')",
        "import sys; sys.stdin.buffer.read(); sys.stdout.buffer.write(b'\\0\\0\\0\\x04junk')",
        "import sys; sys.stdin.buffer.read(); sys.stdout.buffer.write(b'\\xff' * 9000)",
        "pass",
    ],
    ids=["crash", "no frame", "no message", "too long", "silence"],
)
def test_a_child_that_crashes_or_speaks_nonsense_costs_the_file_and_nothing_else(monkeypatch, program):
    monkeypatch.setattr(child, "_START", program)
    with pytest.raises(InvalidValueError) as caught:
        prepare_in_child(picture(), AssetRole.LOGO_LIGHT)
    assert caught.value.code == "processing_crashed"


def test_a_child_in_strange_hands_cannot_have_a_web_page_published(monkeypatch):
    page = "Success(PreparedAsset(PreparedFile(b'<script>', 'text/html', 'html')))"
    monkeypatch.setattr(child, "_START", saying(page))
    with pytest.raises(InvalidValueError) as caught:
        prepare_in_child(picture(), AssetRole.LOGO_LIGHT)
    assert caught.value.code == "processing_crashed"


def test_a_fault_of_ours_is_raised_with_its_traceback(monkeypatch):
    monkeypatch.setattr(child, "_START", saying("Fault('Traceback: the cause')"))
    with pytest.raises(ProcessingFaultError, match="the cause"):
        prepare_in_child(picture(), AssetRole.LOGO_LIGHT)


def test_the_child_ends_with_the_worker():
    program = """
        import os, subprocess, sys
        source = sys.argv[1] + "; confine(Limits(2**29, 5, 5), parent=os.getppid()); print(os.getpid(), flush=True); "
        subprocess.run([sys.executable, "-c", source + "signal.pause()"])
    """
    setup = "import os, signal; from tenants.assets.pipeline.confinement import confine, Limits"
    worker = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program), setup], cwd=CHECKOUT, stdout=subprocess.PIPE
    )
    with worker:
        confined_pid = int(worker.stdout.readline())
        assert Path(f"/proc/{confined_pid}").exists()
        worker.kill()
        # The end of the pipe is the end of both: each holds its writing side.
        assert worker.stdout.read() == b""
    wait_until(lambda: not Path(f"/proc/{confined_pid}").exists(), what="the end of the child")
