"""Generated registers with a history: invented parties and their submissions over eight years. The same seed gives the same bytes.

There is a document for each submission, one with the parties and one with the other records of the Organization; none has a fault. About
one party in ten submits nothing, one in ten is not covered by a completeness statement, some submissions are revised, some withdrawn; all
standards of the Framework's first edition occur.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from string import Template

# Of one party in all years, on average.
_PER_PARTY = 20
FOLDER = Path(__file__).parent / "templates"
FIRST, YEARS, LAST = date(2018, 7, 1), 8, date(2026, 6, 1)
STANDARDS = (
    "aeo-for-e-commerce", "communication-and-outreach", "de-minimis",
    "fraud-and-illicit-trade", "inter-agency-cooperation", "international-cooperation", "international-standards-for-advance-data",
    "legal-framework-for-advance-data", "measurement", "non-intrusive-inspection-and-analytics", "public-private-partnerships",
    "revenue-collection-models", "risk-management", "simplified-clearance", "technology-and-innovation",
)  # fmt: skip
RECORDS = (
    ("ImplementationStatement", "p2.1"), ("ImprovementStatement", "p2.2"), ("CapacityNeedsStatement", "p2.3"),
    ("FollowUpStatement", "p2.3"), ("TechnicalAssistanceStatement", "p2.4"), ("CooperationStatement", "p2.6"),
    ("BenchmarkingConsideration", "p2.9"),
)  # fmt: skip


@cache
def template(name: str) -> Template:
    """The template of a piece of Turtle, by name."""
    return Template((FOLDER / f"{name}.ttl").read_text(encoding="utf-8"))


def register(bearers: int, *, density: int = 1, seed: int = 2018, codes: Sequence[str] = ()) -> Iterator[tuple[str, str]]:
    """The documents of the register, each with its name; the number of submissions is proportional to `density`.

    The parties are of the register's own, or those with the `codes`, which are on a list.
    """
    rng = random.Random(seed)
    head = prefixes(are_listed=bool(codes))
    parties = codes or [f"party-{number}" for number in range(bearers)]
    notified: list[tuple[str, date]] = []
    for party in parties:
        for name, text in _submissions(party, density=density, rng=rng, notified=notified):
            yield f"{party}/{name}.ttl", head + text
    forms = ("administration",) if codes else ("party", "administration")
    yield "parties.ttl", head + "".join(template(form).substitute(party=party) for party in parties for form in forms)
    yield "register.ttl", head + "".join(_organization_document(parties, density=density, rng=rng, notified=notified))


def prefixes(*, are_listed: bool = False) -> str:
    """What every document begins with."""
    return template("prefixes").substitute(folder="" if are_listed else "invented/")


def write_register(folder: Path, submissions: int, *, members: int = 187, codes: Sequence[str] = ()) -> None:
    """Write a register of about so many submissions into the folder, of as many parties as there are Members, fewer for small ones.

    With `codes` it is of the listed parties with these codes.
    """
    bearers = len(codes) or min(members, max(3, submissions // _PER_PARTY))
    density = max(1, round(submissions / (bearers * _PER_PARTY)))
    for name, text in register(bearers, density=density, codes=codes):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def _submissions(party: str, *, density: int, rng: random.Random, notified: list[tuple[str, date]]) -> Iterator[tuple[str, str]]:
    """The submissions of a party, each with its name."""
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
                filed = date(2018 + year % YEARS, 9, 1) + timedelta(days=rng.randrange(270))
                yield _submission("record", party, filed, name=f"{kind}-{year}", kind=kind, paragraph=paragraph)


def _timetables(party: str, day: date, *, number: int, rng: random.Random) -> Iterator[tuple[str, str]]:
    for version in range(1 + rng.randrange(4)):
        revises = f" ; prov:wasRevisionOf <{party}/timetable-{number}-{version - 1}>" if version else ""
        steps = [(f"{party}/timetable-{number}-{version}-{step}", 2019 + version + step) for step in range(5)]
        filed = day + timedelta(days=400 * version)
        name, text = _submission(
            "timetable", party, filed, name=f"timetable-{number}-{version}", steps=_references(step for step, _ in steps), revises=revises
        )
        milestones = (template("milestone").substitute(node=node, year=year, standard=rng.choice(STANDARDS)) for node, year in steps)
        yield name, text + "".join(milestones)
    if rng.random() < 0.05:
        filed = day + timedelta(days=1400)
        yield _submission("withdrawal", party, filed, name=f"withdrawal-{number}", withdrawn=f"{party}/timetable-{number}-0")


def _reports(party: str, day: date, *, density: int, rng: random.Random) -> Iterator[tuple[str, str]]:
    for year in range(YEARS * density):
        if rng.random() < 0.7:
            filed = max(day, date(2018 + year % YEARS, 9, 1) + timedelta(days=rng.randrange(120)))
            steps = [f"{party}/report-{year}-{part}" for part in range(3)]
            name, text = _submission("report", party, filed, name=f"report-{year}", steps=_references(steps), year=2018 + year % YEARS)
            standards = rng.sample(STANDARDS, len(steps))
            statements = (
                template("statement").substitute(node=node, standard=standard, day=f"{2018 + year % YEARS}-08-31")
                for node, standard in zip(steps, standards, strict=True)
            )
            yield name, text + "".join(statements)


def _references(nodes: Iterable[str]) -> str:
    return " , ".join(f"<{node}>" for node in nodes)


def _submission(form: str, party: str, day: date, *, name: str, **values: object) -> tuple[str, str]:
    day = min(day, LAST)
    return name, template(form).substitute(node=f"{party}/{name}", party=party, day=day.isoformat(), **values)


def _organization_document(parties: Sequence[str], *, density: int, rng: random.Random, notified: list[tuple[str, date]]) -> Iterator[str]:
    yield template("register").substitute(parties=_references(parties))
    yield template("completeness").substitute(parties=_references(party for party in parties if rng.random() < 0.9) or f"<{parties[0]}>")
    for year in range(YEARS * density):
        held = date(2018 + year % YEARS, 11, 5) + timedelta(days=year // YEARS)
        yield template("meeting").substitute(year=year, day=held.isoformat())
        for party in parties:
            if rng.random() < 0.8:
                attendance = rng.choice(("Attended", "Attended", "Attended", "Excused", "Absent"))
                yield template("participation").substitute(party=party, year=year, how=attendance, day=held.isoformat())
    # A record of transmission names every recipient, so the size grows with the square of the number of parties: recipients are bounded.
    for party, day in notified:
        recipients = _references(f"customs-{other}" for other in rng.sample(parties, min(len(parties), 100)))
        yield template("relay").substitute(party=party, day=(day + timedelta(days=60)).isoformat(), recipients=recipients)
