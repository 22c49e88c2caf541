"""`observance assess`: where each duty stands, as of a day, under a reading."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import click

from observance.assessment.explanation.verbalise import Verbaliser
from observance.assessment.model import Assessment
from observance.assessment.outputs import matrix as layout
from observance.assessment.outputs import serialisation, view_models
from observance.assessment.outputs.bounds import tally
from observance.cli.moment_options import Asked, moment_options
from observance.core.i18n import translate
from observance.core.namespaces import OBS
from observance.handlers.assessment import EVERY, selected
from observance.questions.text_table import columns


@click.command()
@click.option("--member", "members", metavar="CODE", multiple=True, help="Only the duties of this Member or Union; may be repeated.")
@click.option("--paragraph", "paragraphs", metavar="NUMBER", multiple=True, help="Only those under this paragraph; may be repeated.")
@moment_options
@click.option("--brief", is_flag=True, help="One line for each bearer and a sign for each duty. With --reading '*': under every reading.")
@click.option("--format", "form", type=click.Choice(["table", "json", "turtle"]), default="table", show_default=True, help="Format.")
def assess(*, asked: Asked, members: tuple[str, ...], paragraphs: tuple[str, ...], brief: bool, form: str) -> None:
    """Say where each duty stands, over a register (by default the demo's). Nothing is ever said to be broken.

    What is announced of nobody is told for each meeting, never of a Member.
    """
    with asked.kb() as kb:
        names = list(kb.case.readings) if asked.reading == EVERY else [asked.reading]
        every = [replace(asked, reading=name).answers(kb) for name in names]
        told = [(found, selected(found, members=members, paragraphs=paragraphs, kb=kb)) for found in every]
        signs = {status: next(iter(kb.knowledge.objects(status, OBS + "sign")), "") for status in kb.case.book.statuses}
    if form == "json":
        objects = [serialisation.as_object(a, teller=Verbaliser(found.case, asked.lang)) for found, answers in told for a in answers]
        click.echo(json.dumps(objects, ensure_ascii=False, indent=2))
    for number, (found, answers) in enumerate(told):
        click.echo(asked.said(found), err=form != "table")
        if form == "turtle":
            click.echo(found.as_turtle(answers), nl=False)
        elif form == "table":
            teller = Verbaliser(found.case, asked.lang)
            click.echo(_brief(answers, teller=teller, signs=signs) if brief else _table(answers, teller=teller), nl=False)
            click.echo(_counts(answers, lang=asked.lang, signs=signs if brief else {}) + "\n" * (number < len(told) - 1))


def _table(assessments: Sequence[Assessment], *, teller: Verbaliser) -> str:
    """The bearers' duties, each bearer named once; then, apart from them, what is announced of nobody."""
    borne = [assessment for assessment in assessments if assessment.duty.bearer is not None]
    announced = [assessment for assessment in assessments if assessment.duty.bearer is None]
    text = _rows(borne, teller=teller) if borne or not announced else ""
    if announced:
        lines = [(when, paragraph, deed, status) for _, paragraph, deed, when, status in serialisation.rows(announced, teller=teller)]
        heads = _heads("when", "paragraph", "deed", "status", lang=teller.lang)
        text += "\n" * bool(borne) + translate("assessment.announced", teller.lang) + "\n" + columns([heads, *map(list, lines)])
    return text


def _rows(assessments: Iterable[Assessment], *, teller: Verbaliser) -> str:
    rows, last = [], ""
    for bearer, *rest in serialisation.rows(assessments, teller=teller):
        rows.append(["" if bearer == last else bearer, *rest])
        last = bearer
    return columns([_heads("bearer", "paragraph", "deed", "when", "status", lang=teller.lang), *rows])


def _heads(*names: str, lang: str) -> list[str]:
    return [translate(f"assessment.head-{name}", lang) for name in names]


def _brief(assessments: Sequence[Assessment], *, teller: Verbaliser, signs: Mapping[str, str]) -> str:
    """A line for each bearer and a column for each norm; where a bearer has one norm only, its counts."""
    lines = view_models.lines([a for a in assessments if a.duty.bearer is not None], teller=teller)
    norms = [{"norm": norm.iri} for norm in teller.case.norms]
    return "".join(_picture(matrix, teller=teller, signs=signs) for matrix in layout.matrices(lines, norms=norms))


def _picture(matrix: layout.Matrix, *, teller: Verbaliser, signs: Mapping[str, str]) -> str:
    if len(matrix.norms) == 1:
        number, deed = matrix.norms[0]["number"], matrix.norms[0]["deed"]
        return "".join(f"{name}  {number}, {deed}: {_signs(cells[0], signs=signs, each=False)}\n" for _, name, cells in matrix.rows)
    rows = [[name, *(_signs(cell, signs=signs, each=True) for cell in cells)] for _, name, cells in matrix.rows]
    return columns([[translate("assessment.head-bearer", teller.lang), *(norm["number"] for norm in matrix.norms)], *rows])


def _signs(cell: Sequence[layout.Line], *, signs: Mapping[str, str], each: bool) -> str:
    if each:
        return " ".join(signs[line["statusIri"]] or line["label"] for line in cell)
    return "  ".join(f"{signs[line['statusIri']]} {count}" for line, count in layout.counted(cell))


def _counts(assessments: Sequence[Assessment], *, lang: str, signs: Mapping[str, str]) -> str:
    """The count of every status of someone's duties, and never a bare number of what is fulfilled."""
    found = tally([assessment for assessment in assessments if assessment.duty.bearer is not None])
    statuses = ", ".join(f"{signs.get(status.iri, '')} {status.label[lang]} {count}".strip() for status, count in found.statuses)
    bounds = translate(
        "assessment.counts", lang, counted=found.counted, lower=found.lower, upper=found.upper, undetermined=found.undetermined
    )
    return f"{statuses}\n{bounds}"
