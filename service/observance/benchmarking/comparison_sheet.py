"""A comparison as a sheet in one language, and as a JSON object."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from observance.benchmarking.comparison import REASONS, Benchmark, LevelCounts, StandardLevel
from observance.core import local_name
from observance.presentation import (
    BarSegment,
    ParagraphReference,
    Section,
    Sheet,
    SheetWriter,
    Table,
    bar_chart,
    moment_to_json,
    quoted_paragraphs,
)


def build_comparison_sheet(benchmark: Benchmark, *, by: str, writer: SheetWriter, member: str | None = None) -> Sheet:
    """The comparison as a sheet: the counts by group, or one Member compared with each of its groups.

    Further sections list the pairs that are not compared, with reasons, and the statuses of the duty to consider benchmarking.
    """
    size = writer.translate("compare-lead", members=len(benchmark.members), standards=len(benchmark.standards))
    lead = (size, writer.moment_sentence(benchmark.assessment_set), _period(benchmark, writer=writer))
    comparison_sections = (
        _compare_with_group(benchmark, by=by, writer=writer, member=member) if member else (_counts(benchmark, by=by, writer=writer),)
    )
    sections = (*comparison_sections, _not_compared(benchmark, writer=writer, member=member), _consideration(benchmark, writer=writer))
    quotes = quoted_paragraphs("comparison", questions=benchmark.questions, lang=writer.lang)
    return Sheet(writer.translate("compare"), lead, sections, quotes)


def _period(benchmark: Benchmark, *, writer: SheetWriter) -> str:
    criteria = benchmark.criteria
    first, last = writer.format_day(criteria.first), writer.format_day(criteria.last)
    return writer.translate("compare-measure", assumption=writer.verbaliser.name(criteria.source), first=first, last=last)


def _group_rows(benchmark: Benchmark, *, by: str, writer: SheetWriter) -> list[tuple[str, str, int, LevelCounts]]:
    """The IRI, name, number of Members and level counts of each group; by standard, each standard with all Members."""
    groups: list[tuple[str, tuple[str, ...], tuple[str, ...]]]
    if by == "standard":
        groups = [(standard, benchmark.members, (standard,)) for standard in benchmark.standards]
    else:
        groups = [(group, members, benchmark.standards) for group, members in benchmark.members_by_group(by).items()]
    return [(iri, writer.verbaliser.name(iri), len(m), benchmark.count_levels(members=m, standards=s)) for iri, m, s in groups]


def _counts(benchmark: Benchmark, *, by: str, writer: SheetWriter) -> Section:
    rows = _group_rows(benchmark, by=by, writer=writer)
    sentences = [writer.translate("compare-pairs" if by != "standard" else "compare-members"), writer.translate("compare-bounds")]
    if not rows:
        sentences = [writer.translate("compare-no-groups")]
    labels = [writer.verbaliser.name(level) for level in benchmark.levels]
    bounds = writer.translate("compare-top", level=writer.verbaliser.name(benchmark.top_level))
    headings = (*writer.column_headings(by, "members", "counted"), *labels, bounds)
    table_rows = tuple(
        (name, str(size), str(counts.counted), *(str(count) for count in counts.counts.values()), f"{counts.lower} – {counts.upper}")
        for _, name, size, counts in rows
    )
    title = writer.translate("bars-title", groups=len(rows))
    bars = [(name, _bar_segments(counts, benchmark=benchmark, writer=writer)) for _, name, _, counts in rows]
    narrow_rows = tuple(
        (name, str(counts.counted), _level_counts(counts, writer=writer), f"{counts.lower} – {counts.upper}") for _, name, _, counts in rows
    )
    narrow = Table((*writer.column_headings(by, "counted", "levels"), bounds), narrow_rows)
    picture = bar_chart(bars, title=title) if rows else None
    return Section("counts", writer.translate(f"by-{by}"), tuple(sentences), Table(headings, table_rows), picture, narrow)


def _level_counts(counts: LevelCounts, *, writer: SheetWriter) -> str:
    """The count and name of each level at which there is a Member: “3 fully implemented, 15 unknown”."""
    return ", ".join(f"{count} {writer.verbaliser.name(level)}" for level, count in counts.counts.items() if count)


def _bar_segments(counts: LevelCounts, *, benchmark: Benchmark, writer: SheetWriter) -> list[BarSegment]:
    undetermined = (benchmark.criteria.unknown, benchmark.criteria.not_compared)
    return [BarSegment(writer.verbaliser.name(level), count, known=level not in undetermined) for level, count in counts.counts.items()]


def _compare_with_group(benchmark: Benchmark, *, by: str, writer: SheetWriter, member: str) -> Iterator[Section]:
    """One section for each group of the Member, with a row for each standard: the level of the Member and the counts of the group."""
    name = writer.verbaliser.name(member)
    member_groups = benchmark.groups_of(member, by=by)
    groups = {"": benchmark.members} if by == "standard" else {group: benchmark.members_by_group(by)[group] for group in member_groups}
    if not groups:
        yield Section("beside", writer.translate("compare"), (writer.translate("member-no-group", member=name),))
    for group, members in groups.items():
        title = writer.translate("beside", member=name, group=writer.verbaliser.name(group) if group else writer.translate("all-members"))
        rows = tuple(_standard_row(benchmark, standard, member=member, members=members, writer=writer) for standard in benchmark.standards)
        headings = (
            *writer.column_headings("standard", "its-level"),
            *(writer.verbaliser.name(level) for level in benchmark.levels),
            *writer.column_headings("counted"),
        )
        sentences = (writer.translate("beside-means", members=len(members)),)
        narrow_rows = tuple(_narrow_row(benchmark, s, member, members, writer) for s in benchmark.standards)
        narrow = Table(writer.column_headings("standard", "its-level", "levels"), narrow_rows)
        yield Section(f"beside-{local_name(group) or 'all'}", title, sentences, Table(headings, rows), narrow=narrow)


def _narrow_row(benchmark: Benchmark, standard: str, member: str, members: Sequence[str], writer: SheetWriter) -> tuple[str, ...]:
    counts = benchmark.count_levels(members=members, standards=(standard,))
    return (
        writer.verbaliser.name(standard),
        writer.verbaliser.name(benchmark.level_by_pair[member, standard].level),
        _level_counts(counts, writer=writer),
    )


def _standard_row(benchmark: Benchmark, standard: str, *, member: str, members: Sequence[str], writer: SheetWriter) -> tuple[str, ...]:
    counts = benchmark.count_levels(members=members, standards=(standard,))
    level = writer.verbaliser.name(benchmark.level_by_pair[member, standard].level)
    return writer.verbaliser.name(standard), level, *(str(count) for count in counts.counts.values()), str(counts.counted)


def _not_compared(benchmark: Benchmark, *, writer: SheetWriter, member: str | None) -> Section:
    not_compared = [level for level in benchmark.not_compared if member in (None, level.party)]
    counts = Counter(level.reason for level in not_compared)
    sentences = [writer.translate("refused-some" if not_compared else "refused-none", count=len(not_compared))]
    sentences += [f"{_reason(reason, writer=writer)} ({counts[reason]})" for reason in REASONS if counts[reason]]
    rows = tuple(_not_compared_row(level, writer=writer) for level in not_compared)
    headings = writer.column_headings("party", "standard", "document", "reason")
    return Section("refused", writer.translate("refused"), tuple(sentences), Table(headings, rows))


def _not_compared_row(standard_level: StandardLevel, *, writer: SheetWriter) -> tuple[str, ...]:
    documents = dict.fromkeys(writer.verbaliser.name(s.document) for s in standard_level.statements)
    days = sorted({s.day.isoformat() for s in standard_level.statements if s.day and not s.withheld})
    reason = _reason(standard_level.reason or "", writer=writer)
    sources = ", ".join(documents) + (f" ({', '.join(days)})" if days else "")
    return writer.verbaliser.name(standard_level.party), writer.verbaliser.name(standard_level.standard), sources, reason


def _reason(reason: str, *, writer: SheetWriter) -> str:
    if reason == "withheld" and not writer.verbaliser.inputs.withholds_restricted_alone:
        return writer.translate("reason-not-public")
    return writer.translate(f"reason-{reason}")


def _consideration(benchmark: Benchmark, *, writer: SheetWriter) -> Section:
    """The status of the duty to consider benchmarking. Unions are included: the duty binds them, although they are not compared."""
    verbaliser = writer.verbaliser
    rows = tuple(
        (verbaliser.name(a.duty.bearer or ""), ParagraphReference(verbaliser.paragraph(a.duty.norm)), a.status.label[writer.lang])
        for a in benchmark.considerations
    )
    return Section(
        "considered",
        writer.translate("considered"),
        (writer.translate("considered-means"),),
        Table(writer.column_headings("party", "paragraph", "status"), rows),
    )


def _disclosed_documents(standard_level: StandardLevel) -> list[str]:
    return sorted({statement.document for statement in standard_level.statements if not statement.withheld})


def _member_to_json(benchmark: Benchmark, member: str, *, by: str) -> dict[str, Any]:
    groups = benchmark.groups_of(member, by=by)
    levels = {standard: local_name(benchmark.level_by_pair[member, standard].level) for standard in benchmark.standards}
    return {"member": member, "groups": list(groups), "levels": levels}


def benchmark_to_json(benchmark: Benchmark, *, by: str, writer: SheetWriter, member: str | None = None) -> dict[str, Any]:
    """The comparison as a JSON object: full IRIs, every count with its bounds; with a Member, also its groups and levels."""
    criteria = benchmark.criteria
    member_part = {} if member is None else {"beside": _member_to_json(benchmark, member, by=by)}
    return {
        **moment_to_json(benchmark.assessment_set),
        **member_part,
        "by": by,
        "edition": criteria.edition,
        "period": {"first": criteria.first.isoformat(), "last": criteria.last.isoformat()},
        "assumption": criteria.source,
        "members": list(benchmark.members),
        "notCompared": list(benchmark.unions),
        "groups": [
            {
                "group": iri, "label": name, "members": size, "counted": counts.counted,
                "levels": {local_name(level): count for level, count in counts.counts.items()},
                "top": local_name(benchmark.top_level), "atLeast": counts.lower, "atMost": counts.upper,
            }
            for iri, name, size, counts in _group_rows(benchmark, by=by, writer=writer)
        ],
        "refused": [
            {"party": s.party, "standard": s.standard, "reason": s.reason, "documents": _disclosed_documents(s)}
            for s in benchmark.not_compared
        ],
        "considered": [{"bearer": a.duty.bearer, "status": local_name(a.status.iri)} for a in benchmark.considerations],
    }  # fmt: skip
