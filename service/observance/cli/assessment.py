"""`observance assess`, `explain`, `readings` and `diff`: the statuses of duties, their explanation, and their changes."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from msgspec.structs import replace

from observance.assessment import (
    Assessment,
    AssessmentDifference,
    AssessmentRow,
    AssessmentSet,
    Matrix,
    OtherReading,
    Verbaliser,
    assess_under_readings,
    assessment_rows,
    assessment_to_json,
    assessment_views,
    check_reproduction,
    count_by_status,
    differences,
    differences_of_bearer,
    explain_assessment,
    parse_moment,
    read_record,
    sort_by_difference,
    status_matrices,
    tally,
)
from observance.cli.exports import XLSX, duties_workbook, output_option, write_workbook
from observance.cli.moment_options import AssessmentOptions, moment_options, moment_sentence
from observance.cli.options import knowledge_option, lang_option, load_settings, register_option, resolve_language
from observance.core import OBS, NotFoundError, UsageError, calendar, compact, translate
from observance.handlers import EVERY_READING, DutiesRequest, resolve_bearer, select_assessments
from observance.knowledge_base import KnowledgeBase
from observance.questions import align_columns
from observance.rdf import read_source


@click.command()
@click.option("--member", "members", metavar="CODE", multiple=True, help="Only the items of this Member or Union; may be repeated.")
@click.option("--paragraph", "paragraphs", metavar="NUMBER", multiple=True, help="Only those under this paragraph; may be repeated.")
@moment_options
@click.option("--brief", is_flag=True, help="One line per Member or Union, one sign per item. With --reading '*': under every reading.")
@click.option("--format", type=click.Choice(["table", "json", "turtle", XLSX]), default="table", show_default=True, help="Format.")
@output_option
def assess(
    *, options: AssessmentOptions, members: tuple[str, ...], paragraphs: tuple[str, ...], brief: bool, format: str, output: Path | None
) -> None:
    """Say where each follow-up item stands, over a register (by default the demo's). Nothing is ever said to be broken.

    What is announced of nobody is told for each meeting, never of a Member.
    """
    if output is not None and format != XLSX:
        raise UsageError("exports.output-of-a-workbook")
    if format == XLSX:
        _write_workbook(options, members=members, paragraphs=paragraphs, output=output)
        return
    with options.open_knowledge_base() as kb:
        inputs = kb.assessment.inputs
        names = list(inputs.readings) if options.reading == EVERY_READING else [options.reading]
        sets = [replace(options, reading=name).assess(kb) for name in names]
        selections = [(s, select_assessments(s, members=members, paragraphs=paragraphs, lookup=kb.lookup)) for s in sets]
        signs = {status: next(iter(kb.knowledge.objects(status, OBS + "sign")), "") for status in inputs.rule_set.statuses}
    if format == "json":
        objects = [assessment_to_json(a, verbaliser=Verbaliser(s.inputs, options.lang)) for s, selected in selections for a in selected]
        click.echo(json.dumps(objects, ensure_ascii=False, indent=2))
    for number, (assessment_set, selected) in enumerate(selections, start=1):
        click.echo(options.moment_sentence(assessment_set), err=format != "table")
        if format == "turtle":
            click.echo(assessment_set.as_turtle(selected), nl=False)
        elif format == "table":
            verbaliser = Verbaliser(assessment_set.inputs, options.lang)
            click.echo(
                _matrices_text(selected, verbaliser=verbaliser, signs=signs) if brief else _tables(selected, verbaliser=verbaliser),
                nl=False,
            )
            click.echo(_counts_text(selected, lang=options.lang, signs=signs if brief else {}) + "\n" * (number < len(selections)))
    for notice in Verbaliser(inputs, options.lang).notices([kb.lookup.paragraph(paragraph) for paragraph in paragraphs]):
        click.echo(notice, err=format != "table")


def _write_workbook(options: AssessmentOptions, *, members: Sequence[str], paragraphs: Sequence[str], output: Path | None) -> None:
    """Write the workbook of the items, on which the moment and the reading stand too."""
    request = DutiesRequest(
        lang=options.lang,
        as_of=options.as_of.isoformat() if options.as_of is not None else None,
        known_at=calendar.format_time(options.known_at) if options.known_at is not None else None,
        reading=options.reading,
        members=tuple(members),
        paragraphs=tuple(paragraphs),
    )
    with options.open_knowledge_base() as kb:
        write_workbook(duties_workbook(request, kb=kb, lang=options.lang).body, output=output)


def _tables(assessments: Sequence[Assessment], *, verbaliser: Verbaliser) -> str:
    """The table of the duties with a bearer, then the table of what is announced of nobody."""
    borne = [assessment for assessment in assessments if assessment.duty.bearer is not None]
    announced = [assessment for assessment in assessments if assessment.duty.bearer is None]
    text = _duty_table(borne, verbaliser=verbaliser) if borne or not announced else ""
    if announced:
        rows = [[when, paragraph, deed, status] for _, paragraph, deed, when, status in assessment_rows(announced, verbaliser=verbaliser)]
        headings = _headings("when", "paragraph", "deed", "status", lang=verbaliser.lang)
        text += "\n" * bool(borne) + translate("assessment.announced", verbaliser.lang) + "\n" + align_columns([headings, *rows])
    return text


def _duty_table(assessments: Iterable[Assessment], *, verbaliser: Verbaliser) -> str:
    """A row for each assessment; the name of a bearer only in its first row."""
    rows, previous = [], ""
    for name, *cells in assessment_rows(assessments, verbaliser=verbaliser):
        rows.append(["" if name == previous else name, *cells])
        previous = name
    return align_columns([_headings("bearer", "paragraph", "deed", "when", "status", lang=verbaliser.lang), *rows])


def _headings(*names: str, lang: str) -> list[str]:
    return [translate(f"assessment.head-{name}", lang) for name in names]


def _matrices_text(assessments: Sequence[Assessment], *, verbaliser: Verbaliser, signs: Mapping[str, str]) -> str:
    """A row for each bearer and a column for each norm; for a bearer with a single norm, its counts instead."""
    lines = assessment_views([a for a in assessments if a.duty.bearer is not None], verbaliser=verbaliser)
    norms = [{"norm": norm.iri} for norm in verbaliser.inputs.norms]
    return "".join(_matrix_text(matrix, verbaliser=verbaliser, signs=signs) for matrix in status_matrices(lines, norms=norms))


def _matrix_text(matrix: Matrix, *, verbaliser: Verbaliser, signs: Mapping[str, str]) -> str:
    if len(matrix.norms) == 1:
        number, deed = matrix.norms[0]["number"], matrix.norms[0]["deed"]
        return "".join(f"{name}  {number}, {deed}: {_sign_counts(cells[0], signs=signs)}\n" for _, name, cells in matrix.rows)
    rows = [[name, *(_cell_signs(cell, signs=signs) for cell in cells)] for _, name, cells in matrix.rows]
    headings = [*_headings("bearer", lang=verbaliser.lang), *(norm["number"] for norm in matrix.norms)]
    return align_columns([headings, *rows])


def _cell_signs(cell: Sequence[AssessmentRow], *, signs: Mapping[str, str]) -> str:
    return " ".join(signs[line["statusIri"]] or line["label"] for line in cell)


def _sign_counts(cell: Sequence[AssessmentRow], *, signs: Mapping[str, str]) -> str:
    return "  ".join(f"{signs[line['statusIri']]} {count}" for line, count in count_by_status(cell))


def _counts_text(assessments: Sequence[Assessment], *, lang: str, signs: Mapping[str, str]) -> str:
    """The number of duties with a bearer in each status, and the bounds of what is fulfilled: never a single number."""
    result = tally([assessment for assessment in assessments if assessment.duty.bearer is not None])
    statuses = ", ".join(f"{signs.get(status.iri, '')} {status.label[lang]} {count}".strip() for status, count in result.statuses)
    bounds = translate(
        "assessment.counts",
        lang,
        count=result.counted,
        lower=result.lower,
        upper=result.upper,
        undetermined=result.undetermined,
    )
    return f"{statuses}\n{bounds}"


@click.command()
@click.argument("subject", nargs=-1, required=True, metavar="ITEM | MEMBER PARAGRAPH")
@click.option("--why-not", "status", metavar="STATUS", help="Say why the answer is not this status.")
@click.option("--since", metavar="DAY", help="Say what changed since this day.")
@click.option("--what-if", "what_if", metavar="FILE", type=click.Path(path_type=Path), help="Suppose that this document were received.")
@moment_options
@click.option("--format", type=click.Choice(["text", "json", "turtle"]), default="text", show_default=True, help="Format.")
def explain(
    *, options: AssessmentOptions, subject: tuple[str, ...], status: str | None, since: str | None, what_if: Path | None, format: str
) -> None:
    """Say why a follow-up item stands where it does: facts, words and assumptions, what is not known, what would change it.

    Name the item by its IRI, or by a Member and a paragraph; where several fit, they are listed.
    """
    since_day, _ = parse_moment(since, None)
    with options.open_knowledge_base() as kb:
        assessment_set = options.assess(kb, what_if=what_if)
        selected = _select_subject(subject, assessment_set=assessment_set, kb=kb)
        chosen = selected[0] if len(selected) == 1 else None
        explanation = (
            explain_assessment(chosen, assessment_set=assessment_set, status=status, since=since_day) if chosen is not None else None
        )
        click.echo(options.moment_sentence(assessment_set), err=format != "text")
        for node in kb.assessment.revised_by(what_if) if what_if is not None else ():
            click.echo(translate("duties.read-as-revision", options.lang, node=compact(node)), err=True)
        if explanation is None:
            click.echo(_candidates(selected, verbaliser=Verbaliser(assessment_set.inputs, options.lang), format=format), nl=False)
        elif format == "json":
            click.echo(json.dumps(explanation.as_object(options.lang), ensure_ascii=False, indent=2))
        elif format == "turtle":
            click.echo(explanation.as_turtle(), nl=False)
        else:
            click.echo("\n\n".join(explanation.sentences(options.lang)))


@click.command()
@click.argument("member")
@click.argument("paragraph")
@moment_options
@click.option("--format", type=click.Choice(["table", "json"]), default="table", show_default=True, help="Format.")
def readings(*, options: AssessmentOptions, member: str, paragraph: str, format: str) -> None:
    """Say where the follow-up items of MEMBER under PARAGRAPH stand under every reading, first those whose answer is another one."""
    with options.open_knowledge_base() as kb:
        assessment_set = options.assess(kb)
        selected = _select_subject((member, paragraph), assessment_set=assessment_set, kb=kb)
        by_reading = [
            (result.reading.name, assessment)
            for chosen in selected
            for result in _under_readings(chosen, assessment_set=assessment_set)
            for assessment in result.assessments
        ]
    verbaliser = Verbaliser(assessment_set.inputs, options.lang)
    click.echo(options.moment_sentence(assessment_set), err=format != "table")
    if format == "json":
        objects = [assessment_to_json(assessment, verbaliser=verbaliser) for _, assessment in by_reading]
        unique = list({(row["duty"], row["reading"]): row for row in objects}.values())
        click.echo(json.dumps(unique, ensure_ascii=False, indent=2))
        return
    rows = [_reading_row(name, assessment, verbaliser=verbaliser) for name, assessment in by_reading]
    headings = _headings("reading", "duty", "status", lang=options.lang)
    click.echo(align_columns([headings, *map(list, dict.fromkeys(rows))]), nl=False)


def _under_readings(assessment: Assessment, *, assessment_set: AssessmentSet) -> tuple[OtherReading, ...]:
    inputs = assessment_set.inputs
    results = assess_under_readings(assessment.duty, inputs=inputs, readings=inputs.readings, at=assessment_set.moment)
    return sort_by_difference(results, than=assessment.status.iri)


def _reading_row(reading: str, assessment: Assessment, *, verbaliser: Verbaliser) -> tuple[str, str, str]:
    duty = assessment.duty
    subject = f"{verbaliser.subject(duty)} – {verbaliser.paragraph(duty.norm)}, {verbaliser.norm_label(duty.norm)}"
    return verbaliser.inputs.readings[reading].label[verbaliser.lang], subject, assessment.status.label[verbaliser.lang]


def _select_subject(subject: Sequence[str], *, assessment_set: AssessmentSet, kb: KnowledgeBase) -> tuple[Assessment, ...]:
    """The assessment of the duty with an IRI, or those of a bearer under a paragraph.

    Raises UsageError for any other number of words, NotFoundError if there is no such duty.
    """
    if len(subject) == 1:
        return (assessment_set.find(subject[0]),)
    if len(subject) != 2:
        raise UsageError("assessment.one-subject")
    member, paragraph = subject
    bearer = resolve_bearer(member, inputs=assessment_set.inputs, lookup=kb.lookup)
    selected = assessment_set.select(bearer, paragraph=kb.lookup.paragraph(paragraph))
    if not selected:
        raise NotFoundError("assessment.no-duty-of", member=member, paragraph=paragraph)
    return selected


def _candidates(assessments: Sequence[Assessment], *, verbaliser: Verbaliser, format: str) -> str:
    """The list of the duties that fit, from which the user chooses one."""
    if format != "text":
        return json.dumps([assessment_to_json(a, verbaliser=verbaliser) for a in assessments], ensure_ascii=False, indent=2) + "\n"
    headings = _headings("duty", "deed", "when", "status", lang=verbaliser.lang)
    rows = zip(assessments, assessment_rows(assessments, verbaliser=verbaliser), strict=True)
    table = align_columns([headings, *([a.duty.iri.partition("/duties/")[2], row[2], row[3], row[4]] for a, row in rows)])
    return f"{translate('assessment.candidates', verbaliser.lang)}\n{table}"


@click.command()
@register_option
@click.option("--from", "since", metavar="DAY", help="The earlier day.")
@click.option("--to", "until", metavar="DAY", help="The later day; by default the last one recorded in the register.")
@click.option("--said-on", "said_on", metavar="DAY", help="What was said on this day, against today's answer for it.")
@click.option(
    "--recorded", metavar="FILE", type=click.Path(path_type=Path), help="Answers kept earlier (`assess --format json`), to be given again."
)
@click.option("--known-at", "known_at", metavar="TIME", help="As the register was known at this time; by default the last recorded.")
@click.option(
    "--reading", metavar="READING", help="Reading, by its name or as a Turtle file that holds one; by default the closest-to-text one."
)
@click.option("--member", metavar="CODE", help="Only the follow-up items of this Member or Union.")
@click.option("--format", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Format.")
@knowledge_option
@lang_option
@click.pass_context
def diff(
    context: click.Context, *, registers: tuple[Path, ...], since: str | None, until: str | None, said_on: str | None,
    recorded: Path | None, known_at: str | None, reading: str | None, member: str | None, format: str, knowledge: Path | None,
    lang: str | None,
) -> None:  # fmt: skip
    """Say what changed, by follow-up item and by premise.

    \b
    --from D1 [--to D2]   between two days, as the register is known
    --said-on D           what was said on day D, and why the answer for D is another one today
    --recorded FILE       whether answers that were kept are given again, to the letter

    Exit code 0, also when something changed; with --recorded 1 when an answer is no longer given.
    """  # noqa: D301 - \b keeps the lines below it apart
    if sum(option is not None for option in (since, said_on, recorded)) != 1:
        raise UsageError("assessment.diff-one")
    language = resolve_language(lang)
    with KnowledgeBase.open(load_settings(knowledge), registers=registers) as kb:
        if recorded is not None:
            context.exit(_compare_with_record(recorded, kb=kb, reading=reading, format=format, lang=language))
        earlier, later = _assess_twice(kb, since=since, until=until, said_on=said_on, known_at=known_at, reading=reading)
        bearer = None if member is None else resolve_bearer(member, inputs=kb.assessment.inputs, lookup=kb.lookup)
        selected = differences_of_bearer(differences(earlier.derivation, later.derivation), bearer=bearer)
    verbalisers = Verbaliser(earlier.inputs, language), Verbaliser(later.inputs, language)
    if format == "json":
        objects = [_difference_object(difference, verbalisers=verbalisers) for difference in selected]
        click.echo(json.dumps(objects, ensure_ascii=False, indent=2))
        return
    earlier_sentence, later_sentence = (moment_sentence(s, lang=language, default=False) for s in (earlier, later))
    click.echo(translate("assessment.diff-head", language, earlier=earlier_sentence, later=later_sentence))
    texts = [_difference_text(difference, verbalisers=verbalisers) for difference in selected]
    click.echo("\n\n".join(texts) or translate("assessment.diff-none", language))


def _assess_twice(
    kb: KnowledgeBase, *, since: str | None, until: str | None, said_on: str | None, known_at: str | None, reading: str | None
) -> tuple[AssessmentSet, AssessmentSet]:
    """The earlier and the later assessments: of two days, or with `said_on` of one day as known then and as known now."""
    if said_on is not None:
        day, known_then = parse_moment(said_on, said_on)
        _, known_now = parse_moment(None, known_at)
        moments = ((day, known_then), (day, known_now))
    else:
        first, known = parse_moment(since, known_at)
        last, _ = parse_moment(until, None)
        moments = ((first, known), (last, known))
    earlier, later = (kb.assessment.assess(as_of=as_of, known_at=known, reading=reading) for as_of, known in moments)
    return earlier, later


def _difference_text(difference: AssessmentDifference, *, verbalisers: tuple[Verbaliser, Verbaliser]) -> str:
    """The sentences on a difference, a line each; `verbalisers` are those of the earlier and the later assessments."""
    earlier, later = verbalisers
    before, after = difference.before, difference.after
    if before is None:
        assert after is not None
        return translate("assessment.diff-new", later.lang, verdict=later.verdict(after))
    if after is None:
        return translate("assessment.diff-gone", earlier.lang, verdict=earlier.verdict(before))
    premises = later.premise_changes(difference.changes, before=before, after=after)
    return "\n".join([earlier.verdict(before), later.verdict(after), *(f"  {sentence}" for sentence in premises)])


def _difference_object(difference: AssessmentDifference, *, verbalisers: tuple[Verbaliser, Verbaliser]) -> dict[str, Any]:
    earlier, later = verbalisers
    return {
        "duty": difference.duty.iri,
        "moved": difference.status_changed,
        "before": assessment_to_json(difference.before, verbaliser=earlier) if difference.before else None,
        "after": assessment_to_json(difference.after, verbaliser=later) if difference.after else None,
        "premises": [
            {"premise": change.after.premise.iri, "before": change.before.holds, "after": change.after.holds}
            for change in difference.changes
        ],
        "sentences": _difference_text(difference, verbalisers=verbalisers).split("\n"),
    }


def _compare_with_record(file: Path, *, kb: KnowledgeBase, reading: str | None, format: str, lang: str) -> int:
    """Print whether the assessments in the file are reproduced, and return the exit code: 0 if all are, else 1."""
    record = read_record(read_source(file, settings=kb.settings).content, name=str(file))
    current = kb.assessment.assess(as_of=record.as_of, known_at=record.known_at, reading=reading or record.reading)
    result = check_reproduction(record, answers=current)
    if format == "json":
        click.echo(json.dumps(result.as_object(), ensure_ascii=False, indent=2))
        return int(not result.same)
    key = "assessment.recorded-same" if result.same else "assessment.recorded-differs"
    click.echo(translate(key, lang, count=len(record.rows), asOf=record.as_of.isoformat(), reading=record.reading))
    for row in result.different:
        click.echo(translate("assessment.recorded-other", lang, duty=row.duty, before=row.before or "–", after=row.after or "–"))
    if result.rules is not None:
        click.echo(translate("assessment.recorded-rules", lang, before=result.rules[0], after=result.rules[1]))
    return int(not result.same)
