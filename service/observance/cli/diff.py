"""`observance diff`: what changed between two days, or between what was said and what would be said today, by duty and by premise."""

import json
from pathlib import Path
from typing import Any

import click

from observance.assessment import (
    AssessmentDifference,
    AssessmentSet,
    Recorded,
    Verbaliser,
    assessment_to_json,
    differences,
    differences_of_bearer,
    parse_moment,
    read_record,
    reproduced,
)
from observance.cli.moment_options import moment_sentence
from observance.cli.options import knowledge_option, lang_option, load_settings, register_option, resolve_language
from observance.core import UsageError, translate
from observance.handlers import resolve_bearer as bearer_named
from observance.knowledge_base import KnowledgeBase
from observance.rdf import read_source


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
    before, after = Verbaliser(earlier.case, lang), Verbaliser(later.case, lang)
    if found.before is None:
        assert found.after is not None
        return translate("assessment.diff-new", lang, verdict=after.verdict(found.after))
    if found.after is None:
        return translate("assessment.diff-gone", lang, verdict=before.verdict(found.before))
    lines = [before.verdict(found.before), after.verdict(found.after)]
    return "\n".join([*lines, *(f"  {line}" for line in after.turned(found.turns, before=found.before, after=found.after))])


def _object(found: AssessmentDifference, *, earlier: AssessmentSet, later: AssessmentSet, lang: str) -> dict[str, Any]:
    return {
        "duty": found.duty.iri,
        "moved": found.moved,
        "before": assessment_to_json(found.before, verbaliser=Verbaliser(earlier.case, lang)) if found.before else None,
        "after": assessment_to_json(found.after, verbaliser=Verbaliser(later.case, lang)) if found.after else None,
        "premises": [
            {"premise": turn.after.premise.iri, "before": turn.before.holds, "after": turn.after.holds} for turn in found.turns
        ],
        "sentences": _told(found, earlier=earlier, later=later, lang=lang).split("\n"),
    }  # fmt: skip


def _again(file: Path, *, kb: KnowledgeBase, reading: str | None, form: str, lang: str) -> int:
    """The exit code, after it was said whether each answer that was kept is given again."""
    kept = read_record(read_source(file, settings=kb.settings).content, name=str(file))
    found = kb.assessment.assess(as_of=kept.as_of, known_at=kept.known_at, reading=reading or kept.reading)
    result = reproduced(kept, answers=found)
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


def _said(kept: Recorded, *, lang: str, count: int, same: bool) -> str:
    phrase = "assessment.recorded-same" if same else "assessment.recorded-differs"
    return translate(phrase, lang, count=count, asOf=kept.as_of.isoformat(), reading=kept.reading)
