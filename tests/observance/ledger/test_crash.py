"""Writers of a ledger are killed at random moments: nothing that was acknowledged is lost, nothing is there twice or by half.

`make faults` kills as often as it is told (KILLS=500), half of the times over SQLite, half over PostgreSQL, whose server is ended as by a
power failure every tenth time.
"""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from conftest import ROOT, WHOLE
from ledger_drafts import draft
from observance.core import current_time
from observance.ledger import Ledger, verify_ledger
from postgresql import Server

KILLS = int(os.environ.get("OBSERVANCE_TEST_KILLS", "60")) if WHOLE else 6
_VERIFIED_EVERY = 25


def test_kills(ledger: Ledger, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """After every kill what was acknowledged is there, once, with what was entered with it; the log verifies, and goes on."""
    server: Server | None = None if ledger.location.is_sqlite else request.getfixturevalue("server")
    rng = random.Random(2018)
    acknowledged = set[str]()
    for run in range(KILLS // 2):
        acknowledged |= killed_run(ledger.location.file, run, seconds=rng.uniform(0.4, 0.9), output=tmp_path / "acknowledged")
        if server is not None and run % 10 == 9:
            server.crash()
        if run % _VERIFIED_EVERY == _VERIFIED_EVERY - 1 or run == KILLS // 2 - 1:
            assert verify_ledger(ledger).faults == ()
    names = Counter(each.particulars.name for each in ledger.stated() if each.particulars is not None)

    assert len(acknowledged) > KILLS / 2, "the writers came to write"
    assert acknowledged <= names.keys()
    assert set(names.values()) == {1}
    assert {f"{name}-receipt" for name in names if not name.endswith("-receipt")} == {name for name in names if name.endswith("-receipt")}
    ledger.append([draft("afterwards")], now=current_time())
    assert verify_ledger(ledger).faults == ()
    print(f"{KILLS // 2} kills over {ledger.engine.dialect.name}: {len(acknowledged)} acknowledged, none lost, none twice")


def killed_run(file: Path, run: int, *, seconds: float, output: Path) -> set[str]:
    """Let a writer write for so long, kill it, and return what it had acknowledged."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT / "service"), str(ROOT / "tests")))}
    with output.open("wb") as target:
        writer = subprocess.Popen(
            [sys.executable, str(ROOT / "tests" / "ledger_writer.py"), str(file), str(run)], stdout=target, env=environment
        )
        time.sleep(seconds)
        assert writer.poll() is None, "the writer ended by itself"
        writer.kill()
        writer.wait()
    return set(output.read_text(encoding="ascii").splitlines())
