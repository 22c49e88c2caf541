"""The answer in sentences, in one order: verdict, reading and assumptions, facts, the paragraph, what is unknown, what would change it.

The sentences come from the rules' own labels; nothing is said here that no finding carries.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from string import Formatter
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

from observance.assessment.explanation.counterfactuals import Change
from observance.assessment.explanation.differences import AssessmentComparison, PremiseChange
from observance.assessment.explanation.reasons import OtherReading, Reasons, RejectedStatus
from observance.assessment.inputs import AssessmentInputs
from observance.assessment.model import Assessment, Duty, Labels, PremiseFinding, ReadingParameter
from observance.assessment.rules.compiler import COMPLETENESS, RuleGraph
from observance.core import ELI, OBS, SKOS, compact, format_day, translate
from observance.rdf import Row
from observance.register import disclosed_rows

COVERS: Final = OBS + "covers"
_MOST: Final = 5
"""The most things that one sentence lists before it says how many others there are."""


class Verbaliser(Struct, frozen=True, dict=True):
    """Says answers about a case in one language."""

    case: AssessmentInputs
    lang: str

    @cached_property
    def _graph(self) -> RuleGraph:
        return RuleGraph(self.case.knowledge.quads)

    # ── The parts of an answer ──────────────────────────────────────────────────────────────────────────────────

    def verdict(self, assessment: Assessment) -> str:
        """The status in the text's own force."""
        values = {"subject": self.subject(assessment.duty), "asOf": format_day(assessment.moment.as_of.isoformat(), self.lang)}
        return self._in(assessment.status.verdict).format(clause=self.clause(assessment.duty), **values)

    def subject(self, duty: Duty) -> str:
        """Whom or what the answer is about: the bearer, and the occasion if there is one."""
        names = [self.name(iri) for iri in (duty.bearer, duty.occasion) if iri]
        return " – ".join(names) or self.deed(duty.norm)

    def clause(self, duty: Duty) -> str:
        """What the norm says, with the force of its words."""
        forces = self._graph.values(duty.norm, OBS + "modality")
        clause = self._in(self._graph.labels(forces[0], OBS + "clause")) if forces else "{deed}"
        return clause.format(paragraph=self.paragraph(duty.norm), deed=self.deed(duty.norm))

    def deed(self, norm: str) -> str:
        """What the norm asks for, in the middle of a sentence."""
        label = self._in(self._graph.labels(norm, SKOS + "prefLabel")) or compact(norm)
        return label[:1].lower() + label[1:]

    def paragraph(self, norm: str) -> str:
        """The number of the paragraph that expresses the norm."""
        return next(
            (number for p in self._graph.values(norm, OBS + "expressedBy") for number in self._graph.values(p, ELI + "number")), "–"
        )

    def name(self, iri: str) -> str:
        """What a node is called."""
        return self.case.name(iri, self.lang)

    def reading(self, name: str) -> str:
        """What a reading is called."""
        return self._in(self.case.readings[name].label) or name

    def sentence(self, finding: PremiseFinding, *, assessment: Assessment) -> str:
        """What was found for a premise that holds, with what licenses it if it is an absence."""
        rows = disclosed_rows(finding.rows, withheld=self.case.withheld)
        if finding.rows and not rows:
            label = self._in(finding.premise.label)
            return translate("assessment.withheld-all", self.lang, premise=label[:1].upper() + label[1:])
        given = self._given(assessment)
        more = " " + translate("assessment.withheld-some", self.lang) if len(rows) < len(finding.rows) else ""
        said = self._filled(self._in(finding.premise.sentence), rows=rows, given=given) + more
        if finding.premise.licence == COMPLETENESS:
            licence = translate("assessment.licence-completeness", self.lang, until="{until}", statement="{statement}")
            said += " " + self._filled(licence, rows=finding.statements[:1], given=given)
        elif finding.premise.licence is not None and self._graph.labels(finding.premise.licence, OBS + "premiseLabel"):
            said += " " + self._in(self._graph.labels(finding.premise.licence, OBS + "premiseLabel"))
        return said

    def parameter(self, parameter: ReadingParameter) -> str:
        """A parameter of a reading, with its value and its source."""
        source = translate("assessment.source", self.lang, source=self.source(parameter))
        value = translate("assessment.value", self.lang, value=parameter.duration) if parameter.duration else ""
        return f"{self._in(parameter.label)} ({value}{source})"

    def source(self, parameter: ReadingParameter) -> str:
        """What the source of a parameter is called: a part of the text by its number, or that there is none but its own readings."""
        if parameter.iri.startswith(parameter.source):
            return translate("assessment.own-source", self.lang)
        number = next(iter(self._graph.values(parameter.source, ELI + "number")), None)
        return self.name(parameter.source) if number is None else translate("assessment.part", self.lang, number=number)

    def cues(self, norm: str) -> list[str]:
        """The words of the text on which the norm rests."""
        return self._graph.values(norm, OBS + "cue")

    # ── The whole ───────────────────────────────────────────────────────────────────────────────────────────────

    def paragraphs(
        self,
        because: Reasons,
        *,
        changes: Sequence[Change] | None = None,
        elsewhere: Sequence[OtherReading] = (),
        rival: RejectedStatus | None = None,
    ) -> Iterator[str]:
        """The answer, one text for each part, in the order in which it is told."""
        assessment = because.assessment
        yield self.verdict(assessment)
        yield " ".join(self._reading(because, elsewhere=elsewhere))
        yield " ".join(self._facts(because))
        yield from self._quoted(assessment.duty.norm)
        yield " ".join(self.unknown(because))
        if changes is not None:
            yield self._changes(changes, assessment=assessment)
        if rival is not None:
            yield self.why_not(rival, assessment=assessment)

    def _reading(self, because: Reasons, *, elsewhere: Sequence[OtherReading]) -> Iterator[str]:
        name, status = because.assessment.reading, because.assessment.status.iri
        yield translate("assessment.reading", self.lang, reading=self.reading(name))
        others = [found for found in elsewhere if found.reading.name != name]
        flipped = [found for found in others if {a.status.iri for a in found.assessments} != {status}]
        if flipped:
            told = translate("assessment.separator", self.lang).join(self.elsewhere(found) for found in flipped)
            yield translate("assessment.depends" if len(flipped) == len(others) else "assessment.depends-on-some", self.lang, others=told)
        elif others:
            yield translate("assessment.depends-not", self.lang)
        if because.assumptions:
            yield translate("assessment.assumes", self.lang, assumptions=" ".join(self.parameter(p) for p in because.assumptions))
        else:
            yield translate("assessment.assumes-nothing", self.lang)

    def elsewhere(self, found: OtherReading) -> str:
        """The answer under another reading, briefly."""
        labels = [self._in(a.status.label) for a in found.assessments]
        counted = (f"{label} ({labels.count(label)})" if labels.count(label) > 1 else label for label in dict.fromkeys(labels))
        return translate("assessment.elsewhere", self.lang, reading=self._in(found.reading.label), statuses=", ".join(counted) or "–")

    def _facts(self, because: Reasons) -> Iterator[str]:
        # A premise that is nothing but an assumption has been told with the reading.
        assumed = {self._in(parameter.label) for parameter in because.assumptions}
        told = (self.sentence(finding, assessment=because.assessment) for finding in because.findings)
        yield from (sentence for sentence in told if sentence not in assumed)
        yield from self.aside(because)

    def aside(self, because: Reasons) -> Iterator[str]:
        """What was set aside on the way: not counted, withdrawn, not to be processed."""
        for document in because.left_out:
            yield translate("assessment.left-out", self.lang, document=self.name(document))
        for found in because.withdrawn:
            phrase = "withdrawn-withheld" if found.withdrawal in self.case.withheld else "withdrawn"
            values = {"document": self.name(found.document), "withdrawal": self.name(found.withdrawal)}
            yield translate(f"assessment.{phrase}", self.lang, day=format_day(found.received, self.lang), **values)
        for document in because.unusable:
            yield translate("assessment.unusable", self.lang, document=self.name(document))

    def _quoted(self, norm: str) -> Iterator[str]:
        for paragraph in self._graph.values(norm, OBS + "expressedBy"):
            number = self.paragraph(norm)
            for text in self._graph.values(paragraph, OBS + "authenticText"):
                yield translate("assessment.quoted", self.lang, paragraph=number, text=text)
            translated = self._graph.labels(paragraph, OBS + "workingTranslation").get(self.lang)
            if translated:
                yield translate("assessment.translated", self.lang, text=translated)

    def unknown(self, because: Reasons) -> Iterator[str]:
        """What nobody can tell: for want of a statement of completeness, or because the text leaves it open."""
        duty = because.assessment.duty
        decisive = any(not f.premise.present and COVERS in f.premise.pattern.terms for f in because.findings)
        if decisive:  # the finding itself has said what is missing
            yield translate("assessment.would-settle", self.lang)
        elif not because.covered and because.assessment.status.tally == "undetermined":
            yield translate("assessment.not-covered", self.lang, **self._given(because.assessment))
        aspects = [self.name(aspect) for aspect in self._graph.values(duty.norm, OBS + "leavesOpen")]
        if aspects:
            yield translate("assessment.left-open", self.lang, aspects=", ".join(aspects))

    def _changes(self, changes: Sequence[Change], *, assessment: Assessment) -> str:
        if not changes:
            return translate("assessment.no-change", self.lang)
        return translate(
            "assessment.changes",
            self.lang,
            changes=translate("assessment.separator", self.lang).join(self.change(change, assessment=assessment) for change in changes),
        )

    def change(self, change: Change, *, assessment: Assessment) -> str:
        """Things that would change the answer, and the answer that they would give."""
        things = translate("assessment.and", self.lang).join(self.actions(change, assessment=assessment))
        return f"{things} (→ {self._in(change.status.label)})"

    def actions(self, change: Change, *, assessment: Assessment) -> list[str]:
        """The things of a change, each said."""
        given = self._given(assessment)
        return [self._filled(self._in(action.label), rows=(), given=given) for action in change.actions]

    def why_not(self, rival: RejectedStatus, *, assessment: Assessment) -> str:
        """Why another status is not the answer."""
        status = self._in(rival.status.label)
        if rival.status == assessment.status:
            return translate("assessment.why-not-it-is", self.lang, status=status)
        if not rival.attempts:
            return translate("assessment.why-not-never", self.lang, status=status, paragraph=self.paragraph(assessment.duty.norm))
        told = []
        for attempt in rival.attempts:
            if attempt.failing:
                told.append(
                    translate("assessment.separator", self.lang).join(self._in(finding.premise.label) for finding in attempt.failing)
                )
            else:
                told.append(translate("assessment.why-not-preceded", self.lang, status=self._in(assessment.status.label)))
        return translate("assessment.why-not", self.lang, status=status, reasons=translate("assessment.or", self.lang).join(told))

    def comparison(self, found: AssessmentComparison) -> Iterator[str]:
        """What changed between two answers."""
        yield self.verdict(found.before)
        yield self.verdict(found.after)
        yield from self.turned(found.turns, before=found.before, after=found.after)

    def turned(self, turns: Sequence[PremiseChange], *, before: Assessment, after: Assessment) -> Iterator[str]:
        """What two answers see differently."""
        for turn in turns:
            if turn.before.holds and turn.after.holds:
                yield translate("assessment.turn-other", self.lang, now=self.sentence(turn.after, assessment=after))
            elif turn.after.holds:
                yield translate("assessment.turn-now", self.lang, now=self.sentence(turn.after, assessment=after))
            elif turn.before.holds:
                yield translate("assessment.turn-no-longer", self.lang, then=self.sentence(turn.before, assessment=before))
        if not turns:
            yield translate("assessment.no-turn", self.lang)

    # ── Filling labels ──────────────────────────────────────────────────────────────────────────────────────────

    def _in(self, labels: Labels) -> str:
        return labels.get(self.lang) or next(iter(labels.values()), "")

    def _given(self, assessment: Assessment) -> dict[str, str]:
        """What every label may name: the instance, its day and its window, the records that are sought."""
        duty = assessment.duty
        need = next((need for need in self.case.book.needs if need.norm == duty.norm), None)
        about = (need.about if need and need.about else duty.bearer) or ""
        return {
            "subject": self.subject(duty),
            "bearer": self.name(duty.bearer) if duty.bearer else self.subject(duty),
            "today": format_day(assessment.moment.as_of.isoformat(), self.lang),
            "roleDay": format_day(duty.role_day.isoformat(), self.lang),
            "window": self._window(duty),
            "kind": self.name(need.kind) if need else "–",
            "about": self.name(about) if about else self.subject(duty),
        }

    def _window(self, duty: Duty) -> str:
        if duty.closes is None:
            return "–"
        closes = format_day(duty.closes.isoformat(), self.lang)
        if duty.opens is None:
            return translate("assessment.window-until", self.lang, closes=closes)
        opens = format_day(duty.opens.isoformat(), self.lang)
        if duty.opened_by is None:
            return translate("assessment.window", self.lang, opens=opens, closes=closes)
        return translate("assessment.window-from", self.lang, opens=opens, closes=closes, event=self.name(duty.opened_by))

    def _filled(self, template: str, *, rows: Sequence[Row], given: Mapping[str, str]) -> str:
        """The template with what was found: one sentence if only one thing differs between the rows, else one for each row."""
        wanted = [name for _, name, _, _ in Formatter().parse(template) if name]
        told = ({name: self._value(name, row=row, given=given) for name in wanted} for row in rows or ({},))
        # Two that disagree are told once, not from either side.
        values = list({tuple(sorted(value.values())): value for value in told}.values())
        different = [name for name in wanted if len({value[name] for value in values}) > 1]
        if len(different) <= 1:
            joined = {name: self._listed(dict.fromkeys(value[name] for value in values)) for name in wanted}
            return template.format(**joined)
        sentences = list(dict.fromkeys(template.format(**value) for value in values))
        more = [translate("assessment.more", self.lang, count=len(sentences) - _MOST)] if len(sentences) > _MOST else []
        return " ".join([*sentences[:_MOST], *more])

    def _value(self, name: str, *, row: Row, given: Mapping[str, str]) -> str:
        if name in row:
            term = row[name]
            parameter = self._parameters.get(term.value) if isinstance(term, ox.NamedNode) else None
            return self._in(parameter) if parameter else self.case.term(term, self.lang)
        return given.get(name, "–")

    @cached_property
    def _parameters(self) -> Mapping[str, Labels]:
        return {p.iri: p.label for reading in self.case.readings.values() for p in reading.parameters}

    def _listed(self, values: Iterable[str]) -> str:
        found = list(values)
        if len(found) <= _MOST:
            return ", ".join(found)
        return ", ".join(found[:_MOST]) + translate("assessment.and-others", self.lang, count=len(found) - _MOST)
