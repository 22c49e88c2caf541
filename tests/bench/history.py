"""Registers with a history, made from a seed: invented parties, and what each filed over ten years. The same seed gives the same bytes.

One document for each party and one for what the Organization recorded. About one party in ten is silent, one in ten is not covered by
a statement of completeness, some filings are revised, some withdrawn; no party here is a real one.
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
    """A piece of Turtle with places to fill."""
    return Template((FOLDER / f"{name}.ttl").read_text(encoding="utf-8"))


def register(bearers: int, *, density: int = 1, seed: int = 2018) -> Iterator[tuple[str, str]]:
    """The documents of the register, each with its name; with a density of ten each party files ten times as much."""
    chance = random.Random(seed)
    notified: list[tuple[str, date]] = []
    for number in range(bearers):
        party = f"party-{number}"
        yield f"{party}.ttl", "".join(_of_party(party, density=density, chance=chance, notified=notified))
    yield "register.ttl", "".join(_of_organization(bearers, density=density, chance=chance, notified=notified))


def _of_party(party: str, *, density: int, chance: random.Random, notified: list[tuple[str, date]]) -> Iterator[str]:
    yield template("prefixes").substitute()
    yield template("party").substitute(party=party)
    if chance.random() < 0.1:
        return
    day = FIRST + timedelta(days=chance.randrange(900))
    if chance.random() < 0.8:
        notified.append((party, day))
        yield _filed("notification", party, day, name="notification")
    if chance.random() < 0.7:
        for again in range(density):
            yield from _timetables(party, day + timedelta(days=chance.randrange(700)), again=again, chance=chance)
    if chance.random() < 0.15:
        yield _filed("justification", party, day + timedelta(days=360), name="justification")
    yield from _reports(party, day, density=density, chance=chance)
    for year in range(YEARS * density):
        for kind, paragraph in RECORDS:
            if chance.random() < 0.25:
                filed = date(2018 + year % YEARS, 9, 1) + timedelta(days=chance.randrange(300))
                yield _filed("record", party, filed, name=f"{kind}-{year}", kind=kind, paragraph=paragraph)


def _timetables(party: str, day: date, *, again: int, chance: random.Random) -> Iterator[str]:
    for version in range(1 + chance.randrange(4)):
        revises = f" ; prov:wasRevisionOf <{party}/timetable-{again}-{version - 1}>" if version else ""
        steps = [(f"{party}/timetable-{again}-{version}-{step}", 2019 + version + step) for step in range(5)]
        named = " , ".join(f"<{node}>" for node, _ in steps)
        yield _filed(
            "timetable", party, day + timedelta(days=400 * version), name=f"timetable-{again}-{version}", steps=named, revises=revises
        )
        yield from (template("milestone").substitute(node=node, year=year) for node, year in steps)
    if chance.random() < 0.05:
        yield _filed("withdrawal", party, day + timedelta(days=2000), name=f"withdrawal-{again}", withdrawn=f"{party}/timetable-{again}-0")


def _reports(party: str, day: date, *, density: int, chance: random.Random) -> Iterator[str]:
    for year in range(YEARS * density):
        if chance.random() < 0.7:
            filed = max(day, date(2018 + year % YEARS, 9, 1) + timedelta(days=chance.randrange(120)))
            steps = [f"{party}/report-{year}-{part}" for part in range(3)]
            named = " , ".join(f"<{node}>" for node in steps)
            yield _filed("report", party, filed, name=f"report-{year}", steps=named, year=2018 + year % YEARS)
            yield from (template("statement").substitute(node=node, day=f"{2018 + year % YEARS}-08-31") for node in steps)


def _filed(form: str, party: str, day: date, *, name: str, **values: object) -> str:
    return template(form).substitute(node=f"{party}/{name}", party=party, day=day.isoformat(), **values)


def _of_organization(bearers: int, *, density: int, chance: random.Random, notified: list[tuple[str, date]]) -> Iterator[str]:
    everyone = [f"party-{number}" for number in range(bearers)]
    yield template("prefixes").substitute()
    yield template("register").substitute(parties=" , ".join(f"<{party}>" for party in everyone))
    covered = [party for party in everyone if chance.random() < 0.9]
    yield template("completeness").substitute(parties=" , ".join(f"<{party}>" for party in covered))
    for year in range(YEARS * density):
        held = date(2018 + year % YEARS, 11, 5) + timedelta(days=year // YEARS)
        yield template("meeting").substitute(year=year, day=held.isoformat())
        for party in everyone:
            if chance.random() < 0.8:
                how = chance.choice(("Attended", "Attended", "Attended", "Excused", "Absent"))
                yield template("participation").substitute(party=party, year=year, how=how, day=held.isoformat())
    # A transmission names every recipient: with the number of parties it grows as its square, so the number informed is bounded here.
    for party, day in notified:
        told = " , ".join(f"<customs-{other}>" for other in chance.sample(everyone, min(len(everyone), 100)))
        yield template("relay").substitute(party=party, day=(day + timedelta(days=60)).isoformat(), told=told)
