"""Generated registers with a history: invented parties and their submissions over ten years. The same seed gives the same bytes.

There is one document for each party and one with the records of the Organization. About one party in ten submits nothing, one in ten is
not covered by a completeness statement, some submissions are revised, some withdrawn.
"""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from string import Template

FOLDER = Path(__file__).parent / "templates"
FIRST, YEARS = date(2018, 7, 1), 10
RECORDS = (
    ("ImplementationStatement", "p2.1"), ("ImprovementStatement", "p2.2"), ("CapacityNeedsStatement", "p2.3"),
    ("FollowUpStatement", "p2.3"), ("TechnicalAssistanceStatement", "p2.4"), ("CooperationStatement", "p2.6"),
    ("BenchmarkingConsideration", "p2.9"),
)  # fmt: skip


@cache
def template(name: str) -> Template:
    """The template of a piece of Turtle, by name."""
    return Template((FOLDER / f"{name}.ttl").read_text(encoding="utf-8"))


def register(bearers: int, *, density: int = 1, seed: int = 2018) -> Iterator[tuple[str, str]]:
    """The documents of the register, each with its name; the number of submissions is proportional to `density`."""
    rng = random.Random(seed)
    notified: list[tuple[str, date]] = []
    for number in range(bearers):
        party = f"party-{number}"
        yield f"{party}.ttl", "".join(_party_document(party, density=density, rng=rng, notified=notified))
    yield "register.ttl", "".join(_organization_document(bearers, density=density, rng=rng, notified=notified))


def _party_document(party: str, *, density: int, rng: random.Random, notified: list[tuple[str, date]]) -> Iterator[str]:
    yield template("prefixes").substitute()
    yield template("party").substitute(party=party)
    if rng.random() < 0.1:
        return
    day = FIRST + timedelta(days=rng.randrange(900))
    if rng.random() < 0.8:
        notified.append((party, day))
        yield _submission("notification", party, day, name="notification")
    if rng.random() < 0.7:
        for number in range(density):
            yield from _timetables(party, day + timedelta(days=rng.randrange(700)), number=number, rng=rng)
    if rng.random() < 0.15:
        yield _submission("justification", party, day + timedelta(days=360), name="justification")
    yield from _reports(party, day, density=density, rng=rng)
    for year in range(YEARS * density):
        for kind, paragraph in RECORDS:
            if rng.random() < 0.25:
                filed = date(2018 + year % YEARS, 9, 1) + timedelta(days=rng.randrange(300))
                yield _submission("record", party, filed, name=f"{kind}-{year}", kind=kind, paragraph=paragraph)


def _timetables(party: str, day: date, *, number: int, rng: random.Random) -> Iterator[str]:
    for version in range(1 + rng.randrange(4)):
        revises = f" ; prov:wasRevisionOf <{party}/timetable-{number}-{version - 1}>" if version else ""
        steps = [(f"{party}/timetable-{number}-{version}-{step}", 2019 + version + step) for step in range(5)]
        references = " , ".join(f"<{node}>" for node, _ in steps)
        yield _submission(
            "timetable", party, day + timedelta(days=400 * version), name=f"timetable-{number}-{version}", steps=references, revises=revises
        )
        yield from (template("milestone").substitute(node=node, year=year) for node, year in steps)
    if rng.random() < 0.05:
        yield _submission(
            "withdrawal", party, day + timedelta(days=2000), name=f"withdrawal-{number}", withdrawn=f"{party}/timetable-{number}-0"
        )


def _reports(party: str, day: date, *, density: int, rng: random.Random) -> Iterator[str]:
    for year in range(YEARS * density):
        if rng.random() < 0.7:
            filed = max(day, date(2018 + year % YEARS, 9, 1) + timedelta(days=rng.randrange(120)))
            steps = [f"{party}/report-{year}-{part}" for part in range(3)]
            references = " , ".join(f"<{node}>" for node in steps)
            yield _submission("report", party, filed, name=f"report-{year}", steps=references, year=2018 + year % YEARS)
            yield from (template("statement").substitute(node=node, day=f"{2018 + year % YEARS}-08-31") for node in steps)


def _submission(form: str, party: str, day: date, *, name: str, **values: object) -> str:
    return template(form).substitute(node=f"{party}/{name}", party=party, day=day.isoformat(), **values)


def _organization_document(bearers: int, *, density: int, rng: random.Random, notified: list[tuple[str, date]]) -> Iterator[str]:
    parties = [f"party-{number}" for number in range(bearers)]
    yield template("prefixes").substitute()
    yield template("register").substitute(parties=" , ".join(f"<{party}>" for party in parties))
    covered = [party for party in parties if rng.random() < 0.9]
    yield template("completeness").substitute(parties=" , ".join(f"<{party}>" for party in covered))
    for year in range(YEARS * density):
        held = date(2018 + year % YEARS, 11, 5) + timedelta(days=year // YEARS)
        yield template("meeting").substitute(year=year, day=held.isoformat())
        for party in parties:
            if rng.random() < 0.8:
                attendance = rng.choice(("Attended", "Attended", "Attended", "Excused", "Absent"))
                yield template("participation").substitute(party=party, year=year, how=attendance, day=held.isoformat())
    # A record of transmission names every recipient, so the size grows with the square of the number of parties: recipients are bounded.
    for party, day in notified:
        recipients = " , ".join(f"<customs-{other}>" for other in rng.sample(parties, min(len(parties), 100)))
        yield template("relay").substitute(party=party, day=(day + timedelta(days=60)).isoformat(), recipients=recipients)
