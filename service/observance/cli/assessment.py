"""`observance assess`, `explain`, `readings` and `diff`: where each duty stands, why, and what changed."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from msgspec.structs import replace

from observance.assessment import (
    Assessment,
    AssessmentDifference,
    AssessmentRecord,
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
from observance.cli.moment_options import AssessmentOptions, moment_options, moment_sentence
from observance.cli.options import knowledge_option, lang_option, load_settings, register_option, resolve_language
from observance.core import OBS, NotFoundError, UsageError, translate
from observance.handlers import EVERY_READING, resolve_bearer, select_assessments
from observance.handlers import resolve_bearer as bearer_named
from observance.knowledge_base import KnowledgeBase
from observance.questions import align_columns
from observance.rdf import read_source


@click.command()
@click.option("--member", "members", metavar="CODE", multiple=True, help="Only the duties of this Member or Union; may be repeated.")
@click.option("--paragraph", "paragraphs", metavar="NUMBER", multiple=True, help="Only those under this paragraph; may be repeated.")
@moment_options
@click.option("--brief", is_flag=True, help="One line for each bearer and a sign for each duty. With --reading '*': under every reading.")
@click.option("--format", "form", type=click.Choice(["table", "json", "turtle"]), default="table", show_default=True, help="Format.")
def assess(*, asked: AssessmentOptions, members: tuple[str, ...], paragraphs: tuple[str, ...], brief: bool, form: str) -> None:
    """Say where each duty stands, over a register (by default the demo's). Nothing is ever said to be broken.

    What is announced of nobody is told for each meeting, never of a Member.
    """
    with asked.open_knowledge_base() as kb:
        names = list(kb.assessment.inputs.readings) if asked.reading == EVERY_READING else [asked.reading]
        every = [replace(asked, reading=name).assess(kb) for name in names]
        told = [(found, select_assessments(found, members=members, paragraphs=paragraphs, lookup=kb.lookup)) for found in every]
        signs = {status: next(iter(kb.knowledge.objects(status, OBS + "sign")), "") for status in kb.assessment.inputs.rule_set.statuses}
    if form == "json":
        objects = [assessment_to_json(a, verbaliser=Verbaliser(found.inputs, asked.lang)) for found, answers in told for a in answers]
        click.echo(json.dumps(objects, ensure_ascii=False, indent=2))
    for number, (found, answers) in enumerate(told):
        click.echo(asked.moment_sentence(found), err=form != "table")
        if form == "turtle":
            click.echo(found.as_turtle(answers), nl=False)
        elif form == "table":
            verbaliser = Verbaliser(found.inputs, asked.lang)
            click.echo(_brief(answers, verbaliser=verbaliser, signs=signs) if brief else _table(answers, verbaliser=verbaliser), nl=False)
            click.echo(_counts(answers, lang=asked.lang, signs=signs if brief else {}) + "\n" * (number < len(told) - 1))


def _table(assessments: Sequence[Assessment], *, verbaliser: Verbaliser) -> str:
    """The bearers' duties, each bearer named once; then, apart from them, what is announced of nobody."""
    borne = [assessment for assessment in assessments if assessment.duty.bearer is not None]
    announced = [assessment for assessment in assessments if assessment.duty.bearer is None]
    text = _rows(borne, verbaliser=verbaliser) if borne or not announced else ""
    if announced:
        lines = [(when, paragraph, deed, status) for _, paragraph, deed, when, status in assessment_rows(announced, verbaliser=verbaliser)]
        heads = _heads("when", "paragraph", "deed", "status", lang=verbaliser.lang)
        text += "\n" * bool(borne) + translate("assessment.announced", verbaliser.lang) + "\n" + align_columns([heads, *map(list, lines)])
    return text


def _rows(assessments: Iterable[Assessment], *, verbaliser: Verbaliser) -> str:
    rows, last = [], ""
    for name, *rest in assessment_rows(assessments, verbaliser=verbaliser):
        rows.append(["" if name == last else name, *rest])
        last = name
    return align_columns([_heads("bearer", "paragraph", "deed", "when", "status", lang=verbaliser.lang), *rows])


def _heads(*names: str, lang: str) -> list[str]:
    return [translate(f"assessment.head-{name}", lang) for name in names]


def _brief(assessments: Sequence[Assessment], *, verbaliser: Verbaliser, signs: Mapping[str, str]) -> str:
    """A line for each bearer and a column for each norm; where a bearer has one norm only, its counts."""
    lines = assessment_views([a for a in assessments if a.duty.bearer is not None], verbaliser=verbaliser)
    norms = [{"norm": norm.iri} for norm in verbaliser.inputs.norms]
    return "".join(_picture(matrix, verbaliser=verbaliser, signs=signs) for matrix in status_matrices(lines, norms=norms))


def _picture(matrix: Matrix, *, verbaliser: Verbaliser, signs: Mapping[str, str]) -> str:
    if len(matrix.norms) == 1:
        number, deed = matrix.norms[0]["number"], matrix.norms[0]["deed"]
        return "".join(f"{name}  {number}, {deed}: {_signs(cells[0], signs=signs, each=False)}\n" for _, name, cells in matrix.rows)
    rows = [[name, *(_signs(cell, signs=signs, each=True) for cell in cells)] for _, name, cells in matrix.rows]
    return align_columns([[translate("assessment.head-bearer", verbaliser.lang), *(norm["number"] for norm in matrix.norms)], *rows])


def _signs(cell: Sequence[AssessmentRow], *, signs: Mapping[str, str], each: bool) -> str:
    if each:
        return " ".join(signs[line["statusIri"]] or line["label"] for line in cell)
    return "  ".join(f"{signs[line['statusIri']]} {count}" for line, count in count_by_status(cell))


def _counts(assessments: Sequence[Assessment], *, lang: str, signs: Mapping[str, str]) -> str:
    """The count of every status of someone's duties, and never a bare number of what is fulfilled."""
    found = tally([assessment for assessment in assessments if assessment.duty.bearer is not None])
    statuses = ", ".join(f"{signs.get(status.iri, '')} {status.label[lang]} {count}".strip() for status, count in found.statuses)
    bounds = translate(
        "assessment.counts", lang, counted=found.counted, lower=found.lower, upper=found.upper, undetermined=found.undetermined
    )
    return f"{statuses}\n{bounds}"


@click.command()
@click.argument("subject", nargs=-1, required=True, metavar="DUTY | MEMBER PARAGRAPH")
@click.option("--why-not", "status", metavar="STATUS", help="Say why the answer is not this status.")
@click.option("--since", metavar="DAY", help="Say what changed since this day.")
@click.option("--what-if", "what_if", metavar="FILE", type=click.Path(path_type=Path), help="Suppose that this document were received.")
@moment_options
@click.option("--format", "form", type=click.Choice(["text", "json", "turtle"]), default="text", show_default=True, help="Format.")
def explain(
    *, asked: AssessmentOptions, subject: tuple[str, ...], status: str | None, since: str | None, what_if: Path | None, form: str
) -> None:
    """Say why a duty stands where it does: the facts, the words, the assumptions, what is unknown, what would change it.

    Name the duty by its IRI, or by a Member and a paragraph; where several fit, they are listed.
    """
    before, _ = parse_moment(since, None)
    with asked.open_knowledge_base() as kb:
        found = asked.assess(kb, what_if=what_if)
        selected = _selected(subject, found=found, kb=kb)
        told = explain_assessment(selected[0], assessment_set=found, status=status, since=before) if len(selected) == 1 else None
        click.echo(asked.moment_sentence(found), err=form != "text")
        if told is None:
            click.echo(_candidates(selected, found=found, form=form, lang=asked.lang), nl=False)
            return
        if form == "json":
            click.echo(json.dumps(told.as_object(asked.lang), ensure_ascii=False, indent=2))
        else:
            click.echo(told.as_turtle() if form == "turtle" else "\n\n".join(told.sentences(asked.lang)), nl=form == "text")


@click.command()
@click.argument("member")
@click.argument("paragraph")
@moment_options
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True, help="Format.")
def readings(*, asked: AssessmentOptions, member: str, paragraph: str, form: str) -> None:
    """Say where the duties of MEMBER under PARAGRAPH stand under every reading, those first whose answer is another one."""
    with asked.open_knowledge_base() as kb:
        found = asked.assess(kb)
        selected = _selected((member, paragraph), found=found, kb=kb)
        compared = [(assessment, _under(assessment, found=found)) for assessment in selected]
    verbaliser = Verbaliser(found.inputs, asked.lang)
    click.echo(asked.moment_sentence(found), err=form != "table")
    if form == "json":
        answers = [assessment_to_json(a, verbaliser=verbaliser) for _, others in compared for other in others for a in other.assessments]
        unique = list({(row["duty"], row["reading"]): row for row in answers}.values())
        click.echo(json.dumps(unique, ensure_ascii=False, indent=2))
        return
    heads = [translate(f"assessment.head-{name}", asked.lang) for name in ("reading", "duty", "status")]
    lines = [_line(other, a, verbaliser=verbaliser) for _, others in compared for other in others for a in other.assessments]
    click.echo(align_columns([heads, *map(list, dict.fromkeys(lines))]), nl=False)


def _under(assessment: Assessment, *, found: AssessmentSet) -> tuple[OtherReading, ...]:
    elsewhere = assess_under_readings(assessment.duty, inputs=found.inputs, readings=found.inputs.readings, at=found.derivation.moment)
    return sort_by_difference(elsewhere, than=assessment.status.iri)


def _line(other: OtherReading, assessment: Assessment, *, verbaliser: Verbaliser) -> tuple[str, str, str]:
    duty = assessment.duty
    asked = f"{verbaliser.subject(duty)} – {verbaliser.paragraph(duty.norm)}, {verbaliser.norm_label(duty.norm)}"
    return verbaliser.reading(other.reading.name), asked, assessment.status.label[verbaliser.lang]


def _selected(subject: Sequence[str], *, found: AssessmentSet, kb: KnowledgeBase) -> tuple[Assessment, ...]:
    """The answers that are meant: one for a duty's IRI, those of a bearer under a paragraph."""
    if len(subject) == 1:
        return (found.find(subject[0]),)
    if len(subject) != 2:
        raise UsageError("assessment.one-subject")
    member, paragraph = subject
    selected = found.select(resolve_bearer(member, case=found.inputs, lookup=kb.lookup), paragraph=kb.lookup.paragraph(paragraph))
    if not selected:
        raise NotFoundError("assessment.no-duty-of", member=member, paragraph=paragraph)
    return selected


def _candidates(assessments: Sequence[Assessment], *, found: AssessmentSet, form: str, lang: str) -> str:
    verbaliser = Verbaliser(found.inputs, lang)
    if form != "text":
        return json.dumps([assessment_to_json(a, verbaliser=verbaliser) for a in assessments], ensure_ascii=False, indent=2) + "\n"
    heads = [translate(f"assessment.head-{name}", lang) for name in ("duty", "deed", "when", "status")]
    rows = zip(assessments, assessment_rows(assessments, verbaliser=verbaliser), strict=True)
    table = align_columns([heads, *([a.duty.iri.partition("/duties/")[2], row[2], row[3], row[4]] for a, row in rows)])
    return f"{translate('assessment.candidates', lang)}\n{table}"


@click.command()
@register_option
@click.option("--from", "since", metavar="DAY", help="The earlier day.")
@click.option("--to", "until", metavar="DAY", help="The later day; by default the last one recorded in the register.")
@click.option("--said-on", "said_on", metavar="DAY", help="What was said on this day, against today's answer for it.")
@click.option(
    "--recorded", metavar="FILE", type=click.Path(path_type=Path), help="Answers kept earlier (`assess --format json`), to be given again."
)
@click.option("--known-at", "known_at", metavar="TIME", help="As the register was known at this time; by default the last recorded.")
@click.option("--reading", metavar="READING", help="Reading, by its name or as a Turtle file that holds one; by default the literal one.")
@click.option("--member", metavar="CODE", help="Only the duties of this Member or Union.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Format.")
@knowledge_option
@lang_option
@click.pass_context
def diff(
    context: click.Context, *, registers: tuple[Path, ...], since: str | None, until: str | None, said_on: str | None,
    recorded: Path | None, known_at: str | None, reading: str | None, member: str | None, form: str, knowledge: Path | None,
    lang: str | None,
) -> None:  # fmt: skip
    r"""Say what changed, by duty and by premise.

    \b
    --from D1 [--to D2]   between two days, as the register is known
    --said-on D           what was said on day D, and why the answer for D is another one today
    --recorded FILE       whether answers that were kept are given again, to the letter

    Exit code 0, also when something changed; with --recorded 1 when an answer is no longer given.
    """
    if sum(option is not None for option in (since, said_on, recorded)) != 1:
        raise UsageError("assessment.diff-one")
    language = resolve_language(lang)
    with KnowledgeBase.open(load_settings(knowledge), registers=registers) as kb:
        if recorded is not None:
            context.exit(_again(recorded, kb=kb, reading=reading, form=form, lang=language))
        earlier, later = _two(kb, since=since, until=until, said_on=said_on, known_at=known_at, reading=reading)
        bearer = None if member is None else bearer_named(member, case=kb.assessment.inputs, lookup=kb.lookup)
        found = differences_of_bearer(differences(earlier.derivation, later.derivation), bearer=bearer)
    if form == "json":
        click.echo(json.dumps([_object(one, earlier=earlier, later=later, lang=language) for one in found], ensure_ascii=False, indent=2))
        return
    click.echo(
        translate(
            "assessment.diff-head",
            language,
            earlier=moment_sentence(earlier, lang=language, default=False),
            later=moment_sentence(later, lang=language, default=False),
        )
    )
    click.echo(
        "\n\n".join(_told(one, earlier=earlier, later=later, lang=language) for one in found) or translate("assessment.diff-none", language)
    )


def _two(
    kb: KnowledgeBase, *, since: str | None, until: str | None, said_on: str | None, known_at: str | None, reading: str | None
) -> tuple[AssessmentSet, AssessmentSet]:
    """The answers on either side."""
    if said_on is not None:
        day, then = parse_moment(said_on, said_on)
        _, known = parse_moment(None, known_at)
        return kb.assessment.assess(as_of=day, known_at=then, reading=reading), kb.assessment.assess(
            as_of=day, known_at=known, reading=reading
        )
    first, known = parse_moment(since, known_at)
    last, _ = parse_moment(until, None)
    return kb.assessment.assess(as_of=first, known_at=known, reading=reading), kb.assessment.assess(
        as_of=last, known_at=known, reading=reading
    )


def _told(found: AssessmentDifference, *, earlier: AssessmentSet, later: AssessmentSet, lang: str) -> str:
    before, after = Verbaliser(earlier.inputs, lang), Verbaliser(later.inputs, lang)
    if found.before is None:
        assert found.after is not None
        return translate("assessment.diff-new", lang, verdict=after.verdict(found.after))
    if found.after is None:
        return translate("assessment.diff-gone", lang, verdict=before.verdict(found.before))
    lines = [before.verdict(found.before), after.verdict(found.after)]
    return "\n".join([*lines, *(f"  {line}" for line in after.premise_changes(found.changes, before=found.before, after=found.after))])


def _object(found: AssessmentDifference, *, earlier: AssessmentSet, later: AssessmentSet, lang: str) -> dict[str, Any]:
    return {
        "duty": found.duty.iri,
        "moved": found.status_changed,
        "before": assessment_to_json(found.before, verbaliser=Verbaliser(earlier.inputs, lang)) if found.before else None,
        "after": assessment_to_json(found.after, verbaliser=Verbaliser(later.inputs, lang)) if found.after else None,
        "premises": [
            {"premise": turn.after.premise.iri, "before": turn.before.holds, "after": turn.after.holds} for turn in found.changes
        ],
        "sentences": _told(found, earlier=earlier, later=later, lang=lang).split("\n"),
    }  # fmt: skip


def _again(file: Path, *, kb: KnowledgeBase, reading: str | None, form: str, lang: str) -> int:
    """The exit code, after it was said whether each answer that was kept is given again."""
    kept = read_record(read_source(file, settings=kb.settings).content, name=str(file))
    found = kb.assessment.assess(as_of=kept.as_of, known_at=kept.known_at, reading=reading or kept.reading)
    result = check_reproduction(kept, answers=found)
    if form == "json":
        click.echo(json.dumps(result.as_object(), ensure_ascii=False, indent=2))
        return int(not result.same)
    click.echo(_said(kept, lang=lang, count=len(kept.rows), same=result.same))
    for difference in result.different:
        click.echo(
            translate(
                "assessment.recorded-other", lang, duty=difference.duty, before=difference.before or "–", after=difference.after or "–"
            )
        )
    if result.rules is not None:
        click.echo(translate("assessment.recorded-rules", lang, before=result.rules[0], after=result.rules[1]))
    return int(not result.same)


def _said(kept: AssessmentRecord, *, lang: str, count: int, same: bool) -> str:
    phrase = "assessment.recorded-same" if same else "assessment.recorded-differs"
    return translate(phrase, lang, count=count, asOf=kept.as_of.isoformat(), reading=kept.reading)
