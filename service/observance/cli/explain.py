"""`observance explain` and `observance readings`: why a duty stands where it does, and under which readings it would not."""

import json
from collections.abc import Sequence
from pathlib import Path

import click

from observance.assessment.answers import AssessmentSet, answer, moment_asked
from observance.assessment.explanation.reasons import Elsewhere, flips, under_readings
from observance.assessment.explanation.verbalise import Verbaliser
from observance.assessment.model import Assessment
from observance.assessment.outputs import serialisation
from observance.cli.moment_options import Asked, moment_options
from observance.core.errors import NotFoundError, UsageError
from observance.core.i18n import translate
from observance.handlers.assessment import bearer
from observance.knowledge_base import KnowledgeBase
from observance.questions.text_table import columns


@click.command()
@click.argument("subject", nargs=-1, required=True, metavar="DUTY | MEMBER PARAGRAPH")
@click.option("--why-not", "status", metavar="STATUS", help="Say why the answer is not this status.")
@click.option("--since", metavar="DAY", help="Say what changed since this day.")
@click.option("--what-if", "what_if", metavar="FILE", type=click.Path(path_type=Path), help="Suppose that this document were received.")
@moment_options
@click.option("--format", "form", type=click.Choice(["text", "json", "turtle"]), default="text", show_default=True, help="Format.")
def explain(*, asked: Asked, subject: tuple[str, ...], status: str | None, since: str | None, what_if: Path | None, form: str) -> None:
    """Say why a duty stands where it does: the facts, the words, the assumptions, what is unknown, what would change it.

    Name the duty by its IRI, or by a Member and a paragraph; where several fit, they are listed.
    """
    before, _ = moment_asked(since, None)
    with asked.kb() as kb:
        found = asked.answers(kb, what_if=what_if)
        selected = _selected(subject, found=found, kb=kb)
        told = answer(selected[0], of=found, status=status, since=before) if len(selected) == 1 else None
        click.echo(asked.said(found), err=form != "text")
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
def readings(*, asked: Asked, member: str, paragraph: str, form: str) -> None:
    """Say where the duties of MEMBER under PARAGRAPH stand under every reading, those first whose answer is another one."""
    with asked.kb() as kb:
        found = asked.answers(kb)
        selected = _selected((member, paragraph), found=found, kb=kb)
        compared = [(assessment, _under(assessment, found=found)) for assessment in selected]
    teller = Verbaliser(found.case, asked.lang)
    click.echo(asked.said(found), err=form != "table")
    if form == "json":
        answers = [serialisation.as_object(a, teller=teller) for _, others in compared for other in others for a in other.assessments]
        unique = list({(row["duty"], row["reading"]): row for row in answers}.values())
        click.echo(json.dumps(unique, ensure_ascii=False, indent=2))
        return
    heads = [translate(f"assessment.head-{name}", asked.lang) for name in ("reading", "duty", "status")]
    lines = [_line(other, a, teller=teller) for _, others in compared for other in others for a in other.assessments]
    click.echo(columns([heads, *map(list, dict.fromkeys(lines))]), nl=False)


def _under(assessment: Assessment, *, found: AssessmentSet) -> tuple[Elsewhere, ...]:
    elsewhere = under_readings(assessment.duty, case=found.case, readings=found.case.readings, at=found.derivation.moment)
    return flips(elsewhere, than=assessment.status.iri)


def _line(other: Elsewhere, assessment: Assessment, *, teller: Verbaliser) -> tuple[str, str, str]:
    duty = assessment.duty
    asked = f"{teller.subject(duty)} – {teller.paragraph(duty.norm)}, {teller.deed(duty.norm)}"
    return teller.reading(other.reading.name), asked, assessment.status.label[teller.lang]


def _selected(subject: Sequence[str], *, found: AssessmentSet, kb: KnowledgeBase) -> tuple[Assessment, ...]:
    """The answers that are meant: one for a duty's IRI, those of a bearer under a paragraph."""
    if len(subject) == 1:
        return (found.one(subject[0]),)
    if len(subject) != 2:
        raise UsageError("assessment.one-subject")
    member, paragraph = subject
    selected = found.of(bearer(member, case=found.case, kb=kb), paragraph=kb.paragraph(paragraph))
    if not selected:
        raise NotFoundError("assessment.no-duty-of", member=member, paragraph=paragraph)
    return selected


def _candidates(assessments: Sequence[Assessment], *, found: AssessmentSet, form: str, lang: str) -> str:
    teller = Verbaliser(found.case, lang)
    if form != "text":
        return json.dumps([serialisation.as_object(a, teller=teller) for a in assessments], ensure_ascii=False, indent=2) + "\n"
    heads = [translate(f"assessment.head-{name}", lang) for name in ("duty", "deed", "when", "status")]
    rows = zip(assessments, serialisation.rows(assessments, teller=teller), strict=True)
    table = columns([heads, *([a.duty.iri.partition("/duties/")[2], row[2], row[3], row[4]] for a, row in rows)])
    return f"{translate('assessment.candidates', lang)}\n{table}"
