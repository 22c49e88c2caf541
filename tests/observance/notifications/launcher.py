"""Starts `observance` again and again, each time in a real process of its own, from one in which everything is imported.

Reads a request for each line of standard input and answers it with one line. A request has `arguments` and `environment`; with `kill`
the process is ended by SIGKILL after so many seconds, with `step` just before its n-th step that anyone outside can see. An answer has
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


def doomed(step: int) -> None:
    """From now on this process ends before its `step`-th write, sync, renaming or sending, as if the power failed."""
    left = [step]

    def counted(function):
        def wrapper(*arguments, **values):
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments, **values)

        return wrapper

    os.write, os.fsync, Path.rename = counted(os.write), counted(os.fsync), counted(Path.rename)
    smtplib.SMTP.send, smtplib.SMTP.getreply = counted(smtplib.SMTP.send), counted(smtplib.SMTP.getreply)


def child(request: dict, outputs: list[str]) -> None:
    """Be the command; never returns."""
    code = 70
    try:
        for number, name in enumerate(outputs, start=1):
            os.dup2(os.open(name, os.O_WRONLY), number)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.environ.update(request["environment"])
        if request.get("step") is not None:
            doomed(request["step"])
        code = run(request["arguments"])
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def launched(request: dict) -> dict:
    """What became of one process."""
    with tempfile.NamedTemporaryFile() as out, tempfile.NamedTemporaryFile() as err:
        begun = time.monotonic()
        pid = os.fork()
        if pid == 0:
            child(request, [out.name, err.name])
        if request.get("kill") is not None:
            time.sleep(request["kill"])
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        seconds = time.monotonic() - begun
        texts = [Path(name).read_text(encoding="utf-8") for name in (out.name, err.name)]
    code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else None
    return {"code": code, "stdout": texts[0], "stderr": texts[1], "seconds": seconds}


def main() -> None:
    """Answer request after request until standard input ends."""
    assert notifications.send
    for line in sys.stdin:
        print(json.dumps(launched(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
