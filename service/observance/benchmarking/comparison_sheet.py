"""A comparison as a sheet, in one language, and for programs."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from observance.benchmarking.comparison import REASONS, Benchmark, LevelCounts, StandardLevel
from observance.core.namespaces import local_name
from observance.presentation import drawings
from observance.presentation.sheet import ParagraphReference, Section, Sheet, Table
from observance.presentation.verbaliser import SheetVerbaliser, moment_object, quotes


def sheet(found: Benchmark, *, by: str, speaker: SheetVerbaliser, member: str | None = None) -> Sheet:
    """The whole: counts, what was not compared and why, and who considered benchmarking at all."""
    lead = (
        speaker.say("compare-lead", members=len(found.members), standards=len(found.standards)), speaker.moment(found.answers),
        _period(found, speaker=speaker),
    )  # fmt: skip
    parts = _beside(found, by=by, speaker=speaker, member=member) if member else (_counts(found, by=by, speaker=speaker),)
    sections = (*parts, _refused(found, speaker=speaker, member=member), _considered(found, speaker=speaker))
    return Sheet(speaker.say("compare"), lead, sections, quotes("comparison", asked=found.asked, lang=speaker.lang))


def _period(found: Benchmark, *, speaker: SheetVerbaliser) -> str:
    measure = found.measure
    first, last = speaker.day(measure.first), speaker.day(measure.last)
    return speaker.say("compare-measure", assumption=speaker.verbaliser.name(measure.source), first=first, last=last)


def _rows(found: Benchmark, *, by: str, speaker: SheetVerbaliser) -> list[tuple[str, str, int, LevelCounts]]:
    """The IRI and name of each group, how many Members are in it, and its counts."""
    if by == "standard":
        members = found.members
        return [
            (s, speaker.verbaliser.name(s), len(members), found.vector(members=members, standards=(s,))) for s in found.standards
        ]  # fmt: skip
    grouped = found.grouped(by)
    return [(g, speaker.verbaliser.name(g), len(m), found.vector(members=m, standards=found.standards)) for g, m in grouped.items()]


def _counts(found: Benchmark, *, by: str, speaker: SheetVerbaliser) -> Section:
    rows = _rows(found, by=by, speaker=speaker)
    said = [speaker.say("compare-pairs" if by != "standard" else "compare-members"), speaker.say("compare-bounds")]
    if not rows:
        said = [speaker.say("compare-no-groups")]
    labels = [speaker.verbaliser.name(level) for level in found.levels]
    bounds = speaker.say("compare-top", level=speaker.verbaliser.name(found.top))
    heads = (*speaker.heads(by, "members", "counted"), *labels, bounds)
    cells = tuple(
        (name, str(size), str(v.counted), *(str(count) for count in v.counts.values()), f"{v.lower} – {v.upper}")
        for _, name, size, v in rows
    )
    title = speaker.say("bars-title", groups=len(rows))
    bars = [(name, _pieces(v, found=found, speaker=speaker)) for _, name, _, v in rows]
    short = tuple((name, str(v.counted), _spelt(v, speaker=speaker), f"{v.lower} – {v.upper}") for _, name, _, v in rows)
    narrow = Table((*speaker.heads(by, "counted", "levels"), bounds), short)
    picture = drawings.bars(bars, title=title) if rows else None
    return Section("counts", speaker.say(f"by-{by}"), tuple(said), Table(heads, cells), picture, narrow)


def _spelt(vector: LevelCounts, *, speaker: SheetVerbaliser) -> str:
    """« 3 fully implemented, 15 unknown »: every level at which there is someone."""
    return ", ".join(f"{count} {speaker.verbaliser.name(level)}" for level, count in vector.counts.items() if count)


def _pieces(vector: LevelCounts, *, found: Benchmark, speaker: SheetVerbaliser) -> list[drawings.BarPart]:
    nothing = (found.measure.unknown, found.measure.not_compared)
    return [drawings.BarPart(speaker.verbaliser.name(level), count, known=level not in nothing) for level, count in vector.counts.items()]


def _beside(found: Benchmark, *, by: str, speaker: SheetVerbaliser, member: str) -> Iterator[Section]:
    """One Member beside each group that it is in, standard by standard."""
    name = speaker.verbaliser.name(member)
    named = found.group_of(member, by=by)
    groups = {"": found.members} if by == "standard" else {group: found.grouped(by)[group] for group in named}
    if not groups:
        yield Section("beside", speaker.say("compare"), (speaker.say("member-no-group", member=name),))
    for group, members in groups.items():
        title = speaker.say("beside", member=name, group=speaker.verbaliser.name(group) if group else speaker.say("all-members"))
        rows = tuple(_line(found, standard, member=member, members=members, speaker=speaker) for standard in found.standards)
        heads = (
            *speaker.heads("standard", "its-level"),
            *(speaker.verbaliser.name(level) for level in found.levels),
            *speaker.heads("counted"),
        )
        said = (speaker.say("beside-means", members=len(members)),)
        short = Table(
            speaker.heads("standard", "its-level", "levels"), tuple(_short(found, s, member, members, speaker) for s in found.standards)
        )
        yield Section(f"beside-{local_name(group) or 'all'}", title, said, Table(heads, rows), narrow=short)


def _short(found: Benchmark, standard: str, member: str, members: Sequence[str], speaker: SheetVerbaliser) -> tuple[str, ...]:
    vector = found.vector(members=members, standards=(standard,))
    return (
        speaker.verbaliser.name(standard),
        speaker.verbaliser.name(found.by_pair[member, standard].level),
        _spelt(vector, speaker=speaker),
    )


def _line(found: Benchmark, standard: str, *, member: str, members: Sequence[str], speaker: SheetVerbaliser) -> tuple[str, ...]:
    vector = found.vector(members=members, standards=(standard,))
    level = speaker.verbaliser.name(found.by_pair[member, standard].level)
    return speaker.verbaliser.name(standard), level, *(str(count) for count in vector.counts.values()), str(vector.counted)


def _refused(found: Benchmark, *, speaker: SheetVerbaliser, member: str | None) -> Section:
    standings = [standing for standing in found.refused if member in (None, standing.party)]
    counts = Counter(standing.reason for standing in standings)
    said = [speaker.say("refused-some" if standings else "refused-none", count=len(standings))]
    said += [f"{speaker.say(f'reason-{reason}')} ({counts[reason]})" for reason in REASONS if counts[reason]]
    rows = tuple(_why(standing, speaker=speaker) for standing in standings)
    return Section("refused", speaker.say("refused"), tuple(said), Table(speaker.heads("party", "standard", "document", "reason"), rows))


def _why(standing: StandardLevel, *, speaker: SheetVerbaliser) -> tuple[str, ...]:
    documents = dict.fromkeys(speaker.verbaliser.name(s.document) for s in standing.statements)
    days = sorted({s.day.isoformat() for s in standing.statements if s.day and not s.withheld})
    reason = speaker.say(f"reason-{standing.reason}")
    named = ", ".join(documents) + (f" ({', '.join(days)})" if days else "")
    return speaker.verbaliser.name(standing.party), speaker.verbaliser.name(standing.standard), named, reason


def _considered(found: Benchmark, *, speaker: SheetVerbaliser) -> Section:
    """Considering is what the text asks, of Members and Unions; it is another thing than to compare."""
    verbaliser = speaker.verbaliser
    rows = tuple(
        (verbaliser.name(a.duty.bearer or ""), ParagraphReference(verbaliser.paragraph(a.duty.norm)), a.status.label[speaker.lang])
        for a in found.considered
    )
    return Section(
        "considered",
        speaker.say("considered"),
        (speaker.say("considered-means"),),
        Table(speaker.heads("party", "paragraph", "status"), rows),
    )


def _documents(standing: StandardLevel) -> list[str]:
    return sorted({statement.document for statement in standing.statements if not statement.withheld})


def _own(found: Benchmark, member: str, *, by: str) -> dict[str, Any]:
    groups = found.group_of(member, by=by)
    levels = {standard: local_name(found.by_pair[member, standard].level) for standard in found.standards}
    return {"member": member, "groups": list(groups), "levels": levels}


def as_object(found: Benchmark, *, by: str, speaker: SheetVerbaliser, member: str | None = None) -> dict[str, Any]:
    """The comparison for programs: IRIs in full, every count with its bounds."""
    measure = found.measure
    own = {} if member is None else {"beside": _own(found, member, by=by)}
    return {
        **moment_object(found.answers),
        **own,
        "by": by,
        "edition": measure.edition,
        "period": {"first": measure.first.isoformat(), "last": measure.last.isoformat()},
        "assumption": measure.source,
        "members": list(found.members),
        "notCompared": list(found.unions),
        "groups": [
            {"group": iri, "label": name, "members": size, "counted": v.counted, "levels": {local_name(k): n for k, n in v.counts.items()},
             "top": local_name(found.top), "atLeast": v.lower, "atMost": v.upper}
            for iri, name, size, v in _rows(found, by=by, speaker=speaker)
        ],
        "refused": [
            {"party": s.party, "standard": s.standard, "reason": s.reason, "documents": _documents(s)}
            for s in found.refused
        ],
        "considered": [{"bearer": a.duty.bearer, "status": local_name(a.status.iri)} for a in found.considered],
    }  # fmt: skip
