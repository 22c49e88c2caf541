"""Runs `observance` many times, each time in a forked process, from a parent in which everything is imported.

Reads a request from each line of standard input and writes one line of response. A request has `arguments` and `environment`; with `kill`
the process is ended by SIGKILL after so many seconds, with `step` just before its n-th externally visible step. A response has
`code` (None for a process that was killed), `stdout`, `stderr` and `seconds`.
"""

import json
import os
import signal
import smtplib
import sys
import tempfile
import time
from pathlib import Path

from observance.cli import notifications, run


def kill_before(step: int) -> None:
    """Make this process end before its `step`-th write, sync, rename or transmission, as in a power failure."""
    remaining = [step]

    def count_calls(function):
        def wrapper(*arguments, **values):
            remaining[0] -= 1
            if remaining[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments, **values)

        return wrapper

    os.write, os.fsync, Path.rename = count_calls(os.write), count_calls(os.fsync), count_calls(Path.rename)
    smtplib.SMTP.send, smtplib.SMTP.getreply = count_calls(smtplib.SMTP.send), count_calls(smtplib.SMTP.getreply)


def child(request: dict, outputs: list[str]) -> None:
    """Run the command in this forked process; never returns."""
    code = 70
    try:
        for number, name in enumerate(outputs, start=1):
            os.dup2(os.open(name, os.O_WRONLY), number)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.environ.update(request["environment"])
        if request.get("step") is not None:
            kill_before(request["step"])
        code = run(request["arguments"])
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def launch(request: dict) -> dict:
    """Run one request in a forked process and return its response."""
    with tempfile.NamedTemporaryFile() as out, tempfile.NamedTemporaryFile() as err:
        started = time.monotonic()
        pid = os.fork()
        if pid == 0:
            child(request, [out.name, err.name])
        if request.get("kill") is not None:
            time.sleep(request["kill"])
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        seconds = time.monotonic() - started
        texts = [Path(name).read_text(encoding="utf-8") for name in (out.name, err.name)]
    code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else None
    return {"code": code, "stdout": texts[0], "stderr": texts[1], "seconds": seconds}


def main() -> None:
    """Serve requests until standard input ends."""
    assert notifications.send
    for line in sys.stdin:
        print(json.dumps(launch(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
