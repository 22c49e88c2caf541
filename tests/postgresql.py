"""A PostgreSQL server on loopback for tests, in a folder of its own. It refuses root, so that another user runs it."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from conftest import require_program

_USER = "postgres"
_SECONDS = 30
_PLACES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


class Server(Struct, frozen=True):
    """A running server: its folder, and the port on which it listens."""

    folder: Path
    port: int

    def pointer(self, file: Path, *, database: str = "postgres") -> Path:
        """Write the file that names a ledger in the database, and return it."""
        url = f"postgresql://{_USER}@127.0.0.1:{self.port}/{database}"
        file.write_text(f'url = "{url}"\nkey = "{file.stem}.key"\n', encoding="utf-8")
        return file

    def create(self, database: str) -> None:
        """Create a database."""
        _run(
            [
                _program("psql"),
                "-q",
                "-h",
                "127.0.0.1",
                "-p",
                str(self.port),
                "-U",
                _USER,
                "-c",
                f'CREATE DATABASE "{database}"',
                "postgres",
            ]
        )

    def crash(self) -> None:
        """End the server at once, as a power failure does, and start it again."""
        _run(_as_user([_program("pg_ctl"), "-D", str(self.folder / "data"), "-m", "immediate", "stop"]))
        self.start()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = f"-h 127.0.0.1 -p {self.port} -k {self.folder}"
        log = str(self.folder / "log")
        _run(_as_user([_program("pg_ctl"), "-D", str(self.folder / "data"), "-l", log, "-o", options, "-w", "-t", str(_SECONDS), "start"]))


@contextmanager
def postgresql() -> Iterator[Server]:
    """A running server."""
    _program("initdb")
    folder = Path(tempfile.mkdtemp(prefix="observance-postgresql-"))
    try:
        if os.geteuid() == 0:
            user = pwd.getpwnam(_USER)
            os.chown(folder, user.pw_uid, user.pw_gid)
        with socket.socket() as chosen:
            chosen.bind(("127.0.0.1", 0))
            port = chosen.getsockname()[1]
        _run(_as_user([_program("initdb"), "-D", str(folder / "data"), "-U", _USER, "-A", "trust", "-E", "UTF8", "--no-locale"]))
        server = Server(folder, port)
        server.start()
        try:
            yield server
        finally:
            _run(_as_user([_program("pg_ctl"), "-D", str(folder / "data"), "-m", "fast", "stop"]))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _program(name: str) -> str:
    return next((str(place / name) for place in _PLACES if (place / name).exists()), None) or require_program(name, package="postgresql")


def _as_user(command: Sequence[str]) -> list[str]:
    return ["setpriv", f"--reuid={_USER}", f"--regid={_USER}", "--clear-groups", *command] if os.geteuid() == 0 else [*command]


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd="/", timeout=4 * _SECONDS)
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stdout}{done.stderr}")
