"""Senders killed at random moments: no message is lost or duplicated, and every delivery is recorded once.

`OBSERVANCE_TEST_KILLS` sets how many kills (`make crash KILLS=n`); without it, a sample of 20.
"""

import os
import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox
import pytest

from mail_fixtures import CompletedCommand, Launcher, MailServer, addressed
from observance.core import DCTERMS
from observance.notifications import read_outbox

KILLS = int(os.environ.get("OBSERVANCE_TEST_KILLS", "20"))
BODIES = 6
SEED = 20180629
# The longest delay of the server in seconds, so that a run takes long enough to be killed in each of its steps.
DELAY = "0.002"


@dataclass
class Tally:
    """The counts over all rounds."""

    kills: int = 0
    runs: int = 0
    doubts: int = 0
    recovered: int = 0
    rounds: int = 0


def recorded(register: Path) -> list[str]:
    """The Message-ID of every delivery on record."""
    quads = (quad for file in register.rglob("*.ttl") for quad in ox.parse(path=file, format=ox.RdfFormat.TURTLE))
    return [quad.object.value for quad in quads if quad.predicate.value == DCTERMS + "identifier"]


@dataclass
class Rounds:
    """Rounds in which an outbox is sent by senders that are killed, until one sender completes."""

    launcher: Launcher
    server: MailServer
    folder: Path
    chance: random.Random
    tally: Tally = field(default_factory=Tally)
    seconds: float = 0.0
    """The duration of a sender that is not killed; the moments of kills are drawn from it."""

    def send(self, box: Path, register: Path) -> CompletedCommand:
        """One run: the very first and those after the last kill complete, all others are killed."""
        resolution = ("--resolve-doubt", "check", "--archive", str(self.server.mailbox))
        completes = not self.seconds or self.tally.kills >= KILLS
        kill = None if completes else self.chance.uniform(0.0, self.seconds)
        done = self.launcher.send(box, register, *resolution, kill=kill, **self.server.environment(settle_seconds=0.05))
        self.tally.runs += 1
        self.tally.kills += done.returncode is None
        self.seconds = self.seconds or done.seconds
        return done

    def run_round(self) -> None:
        """Send one outbox until a sender completes, and check that each message is delivered and recorded once."""
        number = self.tally.rounds = self.tally.rounds + 1
        register, box = self.folder / f"register-{number}", addressed(self.folder / f"out-{number}", *["relay"] * BODIES, number=number)
        register.mkdir()
        for file in self.server.mailbox.iterdir():
            file.unlink()
        while (done := self.send(box, register)).returncode is None:
            pass
        self.tally.recovered += int(done.stdout.partition(" now, ")[2].partition(" ")[0])
        journal = (register / "transmissions" / "journal.jsonl").read_text(encoding="utf-8")
        self.tally.doubts += journal.count('"reply": "check"')
        expected = Counter(message.message for message in read_outbox(box))
        assert (done.returncode, done.stderr) == (0, "")
        assert Counter(self.server.accepted()) == expected
        assert Counter(recorded(register)) == expected


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory if possible: a killed process loses nothing that it wrote, so syncing to a disk would only take time."""
    memory = Path("/dev/shm")
    if not (memory.is_dir() and os.access(memory, os.W_OK)):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory, prefix="observance-") as name:
        yield Path(name)


@pytest.mark.whole
def test_random_kills(launcher: Launcher, start, folder: Path):
    """Whenever senders are killed, each message reaches the server once and is on record once."""
    rounds = Rounds(launcher, start("--delay", DELAY), folder, random.Random(SEED))
    while rounds.tally.kills < KILLS:
        rounds.run_round()

    print(rounds.tally, f"seconds={rounds.seconds:.2f}")
    assert rounds.tally.kills >= KILLS
    # Some kills hit the critical interval between the end of a message and the entry about the reply.
    assert rounds.tally.doubts > 0 or KILLS < 60


@pytest.mark.whole
def test_every_step(launcher: Launcher, start, folder: Path):
    """A sender killed before any externally visible step loses and duplicates nothing: the next run completes the work."""
    server, step, was_killed = start(), 0, True
    while was_killed:
        step += 1
        register, box = folder / f"register-{step}", addressed(folder / f"out-{step}", "relay", "relay", number=step)
        register.mkdir()
        start()
        was_killed = launcher.send(box, register, step=step, **server.environment()).returncode is None
        resolution = ("--resolve-doubt", "check", "--archive", str(server.mailbox))
        done = launcher.send(box, register, *resolution, **server.environment(settle_seconds=0.02))
        expected = Counter(message.message for message in read_outbox(box))
        assert (done.returncode, Counter(server.accepted())) == (0, expected), f"step {step}"
        assert Counter(recorded(register)) == expected, f"step {step}"

    # Two messages of some fifteen steps each, and the steps at the start.
    assert step > 30
