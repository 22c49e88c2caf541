"""`observance assess`: where each duty stands, as of a day, under a reading."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from observance.assessment import reckon, write
from observance.assessment.answer import Answers, moment_asked
from observance.assessment.tally import tally
from observance.assessment.tell import Teller
from observance.assessment.values import Assessment
from observance.cli.language import Command, chosen, knowledge_option, lang_option, register_option, settings
from observance.errors import NotFound
from observance.house import House, open_house
from observance.namespaces import local_name
from observance.phrases import say
from observance.querying.table import columns


def moment_options(command: Command) -> Command:
    """`--as-of`, `--known-at`, `--reading` and what opens a register."""
    text = "Reading, by its name or as a Turtle file that holds one; by default the literal one."
    for option in (
        lang_option,
        knowledge_option,
        click.option("--reading", metavar="READING", help=text),
        click.option(
            "--known-at", "known_at", metavar="TIME", help="As the register was known at this time; by default the last recorded."
        ),
        click.option("--as-of", "as_of", metavar="DAY", help="As of this day; by default the last one recorded in the register."),
        register_option,
    ):
        command = option(command)
    return command


@click.command()
@click.option("--member", metavar="CODE", help="Only the duties of this Member or Union.")
@moment_options
@click.option("--format", "form", type=click.Choice(["table", "json", "turtle"]), default="table", show_default=True, help="Format.")
def assess(
    *, registers: tuple[Path, ...], member: str | None, as_of: str | None, known_at: str | None, reading: str | None, form: str,
    knowledge: Path | None, lang: str | None,
) -> None:  # fmt: skip
    """Say where each duty stands, over a register (by default the demo's). Nothing is ever said to be broken.

    What is announced of nobody is told for each meeting, never of a Member.
    """
    day, time = moment_asked(as_of, known_at)
    language = chosen(lang)
    with open_house(settings(knowledge), registers=registers) as house:
        bearer = None if member is None else bearer_of(member, house=house)
        found = house.assess(as_of=day, known_at=time, reading=reading)
        selected = found.of(bearer)
    teller = Teller(found.case, language)
    click.echo(moment_said(found, lang=language, default=as_of is None and known_at is None), err=form != "table")
    if form == "json":
        click.echo(json.dumps([write.as_object(a, teller=teller) for a in selected], ensure_ascii=False, indent=2))
    elif form == "turtle":
        click.echo(write.as_turtle(selected, derivation=found.derivation), nl=False)
    else:
        click.echo(_table(selected, teller=teller), nl=False)
        click.echo(_counts(selected, lang=language))


def bearer_of(member: str, *, house: House) -> str:
    """The IRI of a bearer by its code or IRI; NotFound when no party has it or the register does not declare the party."""
    bearers = dict.fromkeys(b for norm in house.case.norms for b in norm.bearers if b)
    own = next((iri for iri in bearers if member in (iri, local_name(iri))), None)
    if own is not None:
        return own
    party = house.party(member)
    if party not in bearers:
        known = ", ".join(local_name(iri) for iri in bearers)
        raise NotFound("assessment.not-declared", member=member, known=known)
    return party


def moment_said(found: Answers, *, lang: str, default: bool) -> str:
    """The day, the time and the reading, and whether they were chosen by default."""
    at = found.derivation.moment
    name = "assessment.as-of-default" if default else "assessment.as-of"
    reading = Teller(found.case, lang).reading(found.derivation.reading.name)
    return say(name, lang, asOf=at.as_of.isoformat(), knownAt=reckon.written(at.known_at), reading=reading)


def _table(assessments: Iterable[Assessment], *, teller: Teller) -> str:
    heads = [say(f"assessment.head-{name}", teller.lang) for name in ("bearer", "paragraph", "deed", "when", "status")]
    return columns([heads, *(list(row) for row in write.rows(assessments, teller=teller))])


def _counts(assessments: Sequence[Assessment], *, lang: str) -> str:
    """The count of every status, and never a bare number of what is fulfilled."""
    found = tally(assessments)
    statuses = ", ".join(f"{status.label[lang]} {count}" for status, count in found.statuses)
    bounds = say("assessment.counts", lang, counted=found.counted, lower=found.lower, upper=found.upper, undetermined=found.undetermined)
    return f"{statuses}\n{bounds}"
