"""Assessments in sentences: verdict, reading and assumptions, findings, the paragraph, what is unknown, what would change the status.

The wording comes from the labels of rules, premises and norms; every sentence rests on a finding.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from string import Formatter
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

from observance.assessment.explanation.counterfactuals import Change
from observance.assessment.explanation.differences import AssessmentComparison, PremiseChange, same_duty
from observance.assessment.explanation.reasons import NoteFinding, OtherReading, Reasons, RejectedStatus, differs
from observance.assessment.inputs import AssessmentInputs
from observance.assessment.model import Assessment, Duty, Labels, PremiseFinding, ReadingParameter
from observance.assessment.rules.compiler import COMPLETENESS, GraphIndex
from observance.core import ELI, OBS, SKOS, capitalise, compact, fill, format_day, translate
from observance.rdf import Row
from observance.register import disclosed_rows

COVERS: Final = OBS + "covers"
_MAX_LISTED: Final = 20
"""The largest number of items that one sentence lists before it gives the number of the others."""

_FINAL_SEMICOLON: Final = re.compile(r"\s*;\W*\w*$")
"""The semicolon that ends an item of a list, with the conjunction after the one before the last."""


def _within_sentence(label: str) -> str:
    return label[:1].lower() + label[1:]


class Verbaliser(Struct, frozen=True, dict=True):
    """Verbalises assessments in one language; `inputs` give the labels, the names of nodes and what is withheld."""

    inputs: AssessmentInputs
    lang: str

    @property
    def _graph(self) -> GraphIndex:
        return self.inputs.rule_base.graph

    # ── The parts of an explanation ─────────────────────────────────────────────────────────────────────────────

    def verdict(self, assessment: Assessment) -> str:
        """The status as a sentence about the subject and the day, with the force of the norm's own words."""
        values = {"subject": self.subject(assessment.duty), "asOf": format_day(assessment.moment.as_of.isoformat(), self.lang)}
        return self._localised(assessment.status.verdict).format(clause=self.clause(assessment.duty), **values)

    def subject(self, duty: Duty) -> str:
        """The bearer, and the occasion if there is one; the norm's label if there is neither."""
        names = [self.name(iri) for iri in (duty.bearer, duty.occasion) if iri]
        return " – ".join(names) or self.norm_label(duty.norm)

    def clause(self, duty: Duty) -> str:
        """The norm as a clause with the modality of its words."""
        modalities = self._graph.values(duty.norm, OBS + "modality")
        clause = self._localised(self._graph.labels(modalities[0], OBS + "clause")) if modalities else "{deed}"
        return clause.format(paragraph=self.paragraph(duty.norm), deed=self.norm_label(duty.norm))

    def norm_label(self, norm: str) -> str:
        """The label of the norm, for use within a sentence."""
        return _within_sentence(self._localised(self._graph.labels(norm, SKOS + "prefLabel")) or compact(norm))

    def paragraph(self, norm: str) -> str:
        """The name of the paragraph that expresses the norm: its number, with its instrument if there are several."""
        names = (self.inputs.knowledge.paragraph_name(paragraph) for paragraph in self._graph.values(norm, OBS + "expressedBy"))
        return next((name for name in names if name), "–")

    def notices(self, paragraphs: Collection[str] = ()) -> Iterator[str]:
        """A sentence about each norm that has no rule, under the paragraphs with these IRIs; under any, if empty."""
        for norm in self.inputs.norms_without_rules:
            if not paragraphs or not set(paragraphs).isdisjoint(self._graph.values(norm, OBS + "expressedBy")):
                reason = self._localised(self._graph.labels(norm, OBS + "judgement"))
                key = "assessment.judgement" if reason else "assessment.without-rule"
                yield translate(key, self.lang, paragraph=self.paragraph(norm), norm=self.norm_label(norm), reason=reason)

    def name(self, iri: str) -> str:
        """The display name of a node."""
        return self.inputs.name(iri, self.lang)

    def reading(self, name: str) -> str:
        """The label of the reading with this name, for use within a sentence."""
        return _within_sentence(self._localised(self.inputs.readings[name].label) or name)

    def sentence(self, finding: PremiseFinding, *, assessment: Assessment) -> str:
        """The finding about a premise that holds, with the licence if absence is concluded; restricted rows are only mentioned."""
        rows = disclosed_rows(finding.rows, withheld=self.inputs.withheld)
        if finding.rows and not rows:
            label = self._localised(finding.premise.label)
            return self._withheld_all(label)
        sentences = [self._fill(self._localised(finding.premise.sentence), rows=rows, assessment=assessment)]
        if len(rows) < len(finding.rows):
            sentences.append(self._withheld_some())
        if finding.premise.licence == COMPLETENESS:
            licence = translate("assessment.licence-completeness", self.lang, about="{about}", until="{until}")
            sentences.append(self._fill(licence, rows=finding.statements[:1], assessment=assessment))
        elif finding.premise.licence is not None:
            labels = self._graph.labels(finding.premise.licence, OBS + "premiseLabel")
            sentences += [self._localised(labels)] if labels else []
        return " ".join(sentences)

    def _withheld_all(self, label: str) -> str:
        key = "assessment.withheld-all" if self.inputs.withholds_restricted_alone else "assessment.not-public-all"
        return translate(key, self.lang, premise=capitalise(label))

    def _withheld_some(self) -> str:
        return translate("assessment.withheld-some" if self.inputs.withholds_restricted_alone else "assessment.not-public-some", self.lang)

    def parameter(self, parameter: ReadingParameter) -> str:
        """A parameter of a reading, with its provenance unless that is the reading itself."""
        label, provenance = self._localised(parameter.label), self.provenance(parameter)
        return f"{label.removesuffix('.')} ({provenance})." if provenance else label

    def provenance(self, parameter: ReadingParameter) -> str:
        """The source of a parameter in words; the text is the source of no reading: then the paragraph that the parameter concerns."""
        source = self.source(parameter)
        concerns = self.inputs.knowledge.paragraph_name(parameter.source) is not None
        return translate("assessment.concerning" if concerns else "assessment.source", self.lang, source=source) if source else ""

    def duration(self, parameter: ReadingParameter) -> str:
        """The length of the window that the parameter assumes, in words; empty without one."""
        parts = [translate("assessment.months", self.lang, count=parameter.months)] if parameter.months else []
        parts += [translate("assessment.days", self.lang, count=parameter.days)] if parameter.days else []
        return translate("assessment.and", self.lang).join(parts)

    def source(self, parameter: ReadingParameter) -> str:
        """The source of a parameter: the number of a part of the text or the name of a document; empty for the reading itself."""
        if parameter.iri.startswith(parameter.source):
            return ""
        number = self.inputs.knowledge.paragraph_name(parameter.source)
        return self.name(parameter.source) if number is None else translate("assessment.part", self.lang, number=number)

    def cues(self, norm: str) -> list[str]:
        """The verbatim words of the text on which the norm rests."""
        return self._graph.values(norm, OBS + "cue")

    # ── The whole explanation ───────────────────────────────────────────────────────────────────────────────────

    def explanation(
        self,
        reasons: Reasons,
        *,
        changes: Sequence[Change] | None = None,
        other_readings: Sequence[OtherReading] = (),
        rejected: RejectedStatus | None = None,
    ) -> Iterator[str]:
        """The explanation as texts, one for each part, in a fixed order."""
        assessment = reasons.assessment
        yield self.verdict(assessment)
        yield " ".join(self._reading_sentences(reasons, other_readings=other_readings))
        yield " ".join(self._finding_sentences(reasons))
        yield from self._quotations(assessment.duty.norm)
        yield " ".join(self.unknowns(reasons))
        if changes is not None:
            yield self._changes(changes, assessment=assessment)
        if rejected is not None:
            yield self.why_not(rejected, assessment=assessment)

    def _reading_sentences(self, reasons: Reasons, *, other_readings: Sequence[OtherReading]) -> Iterator[str]:
        """The reading, the readings under which the status differs, and the assumptions."""
        name, status = reasons.assessment.reading, reasons.assessment.status.iri
        key = "assessment.reading" if reasons.parameters else "assessment.reading-without-effect"
        yield translate(key, self.lang, reading=self.reading(name))
        others = [other for other in other_readings if other.reading.name != name]
        differing = [other for other in others if differs(other, than=status)]
        if differing:
            key = "assessment.depends" if len(differing) == len(others) else "assessment.depends-on-some"
            yield translate(key, self.lang, others=" ".join(self.other_readings(differing)))
        elif others:
            alone = not any(same_duty(a.duty, reasons.assessment.duty) for other in others for a in other.assessments)
            yield translate("assessment.depends-not-own-item" if alone else "assessment.depends-not", self.lang)
        choices = [parameter for parameter in reasons.parameters if not parameter.assumed]
        if reasons.assumptions:
            assumptions = " ".join(self.parameter(p) for p in reasons.assumptions)
            yield translate("assessment.assumes", self.lang, assumptions=assumptions)
        if choices:
            yield translate("assessment.words-read", self.lang, choices=" ".join(self.parameter(p) for p in choices))

    def other_readings(self, others: Iterable[OtherReading]) -> Iterator[str]:
        """A sentence for each answer under other readings, with the statuses and their numbers if there are several items."""
        groups: dict[tuple[int, str], list[str]] = defaultdict(list)
        for other in others:
            labels = [self._localised(a.status.label) for a in other.assessments]
            statuses = (f"{label} ({labels.count(label)})" if len(labels) > 1 else label for label in dict.fromkeys(labels))
            groups[len(labels), ", ".join(statuses)].append(self._localised(other.reading.label))
        for (count, statuses_text), names in groups.items():
            key = ("assessment.elsewhere-none", "assessment.elsewhere", "assessment.elsewhere-several")[min(count, 2)]
            yield translate(key, self.lang, readings=self._joined("and", names), statuses=statuses_text)

    def _finding_sentences(self, reasons: Reasons) -> Iterator[str]:
        # A finding that only repeats a parameter was verbalised with the reading.
        parameters = {self._localised(parameter.label) for parameter in reasons.parameters}
        sentences = (self.sentence(finding, assessment=reasons.assessment) for finding in reasons.findings)
        yield from (sentence for sentence in sentences if sentence not in parameters)
        yield from self.notes(reasons)

    def notes(self, reasons: Reasons) -> Iterator[str]:
        """A sentence with each count, and one about each document that was received and does not count."""
        for count in reasons.counts:
            numbers = {name: str(number) for name, number in count.numbers(withheld=self.inputs.withheld).items()}
            yield self._fill(self._localised(count.count.sentence), rows=count.whole, assessment=reasons.assessment, **numbers)
        for note in reasons.notes:
            yield self.note(note, assessment=reasons.assessment)

    def note(self, finding: NoteFinding, *, assessment: Assessment) -> str:
        """The sentence of a note; restricted documents are only mentioned."""
        rows = disclosed_rows(finding.rows, withheld=self.inputs.withheld)
        if not rows:
            label = self._localised(finding.note.label)
            return self._withheld_all(label)
        more = [self._withheld_some()] if len(rows) < len(finding.rows) else []
        return " ".join([self._fill(self._localised(finding.note.sentence), rows=rows, assessment=assessment), *more])

    def _quotations(self, norm: str) -> Iterator[str]:
        """The French version of the paragraph that expresses the norm, and the official English one or else the working translation."""
        for paragraph in self._graph.values(norm, OBS + "expressedBy"):
            for text in self._versions(paragraph, "authenticText").values():
                yield translate("assessment.quoted", self.lang, paragraph=self.paragraph(norm), text=text)
            for key, predicate in (("official", "officialText"), ("translated", "workingTranslation")):
                version = self._versions(paragraph, predicate).get(self.lang)
                if version:
                    yield translate(f"assessment.{key}", self.lang, text=version)
                    break

    def _versions(self, paragraph: str, predicate: str) -> Labels:
        """The text of a paragraph by language, after the opening words of the paragraph that contains it, without a final semicolon."""
        texts = {language: _FINAL_SEMICOLON.sub("", text) for language, text in self._graph.labels(paragraph, OBS + predicate).items()}
        for container in self._graph.values(paragraph, ELI + "is_part_of"):
            for language, opening in self._graph.labels(container, OBS + predicate).items():
                if language in texts:
                    texts[language] = f"{opening} […] {texts[language]}"
        return texts

    def unknowns(self, reasons: Reasons) -> Iterator[str]:
        """What is unknown, because a completeness statement is missing or because the text leaves it open."""
        duty = reasons.assessment.duty
        lacks_completeness = any(not f.premise.present and COVERS in f.premise.pattern.terms for f in reasons.findings)
        if lacks_completeness:  # the sentence of that finding has named the missing statement
            yield translate("assessment.would-settle", self.lang)
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
        """The actions of a change and the resulting status."""
        actions = translate("assessment.and", self.lang).join(self.actions(change, assessment=assessment))
        return translate("assessment.change", self.lang, actions=actions, status=self._localised(change.status.label))

    def actions(self, change: Change, *, assessment: Assessment) -> list[str]:
        """The label of each action of a change."""
        return [self._fill(self._localised(action.label), rows=(), assessment=assessment) for action in change.actions]

    def why_not(self, rejected: RejectedStatus, *, assessment: Assessment) -> str:
        """A sentence that gives the reasons why the duty does not have the rejected status."""
        status = self._localised(rejected.status.label)
        if rejected.status == assessment.status:
            return translate("assessment.why-not-it-is", self.lang, status=status)
        if not rejected.attempts:
            return translate("assessment.why-not-never", self.lang, status=status, paragraph=self.paragraph(assessment.duty.norm))
        reasons = []
        for attempt in rejected.attempts:
            if attempt.failing:
                labels = (self._localised(finding.premise.label) for finding in attempt.failing)
                reasons.append(translate("assessment.separator", self.lang).join(labels))
            else:
                reasons.append(translate("assessment.why-not-preceded", self.lang, status=self._localised(assessment.status.label)))
        return translate("assessment.why-not", self.lang, status=status, reasons=translate("assessment.or", self.lang).join(reasons))

    def comparison(self, comparison: AssessmentComparison) -> Iterator[str]:
        """Both verdicts and a sentence about each premise that changed."""
        yield self.verdict(comparison.before)
        yield self.verdict(comparison.after)
        yield from self.premise_changes(comparison.changes, before=comparison.before, after=comparison.after)

    def premise_changes(self, changes: Sequence[PremiseChange], *, before: Assessment, after: Assessment) -> Iterator[str]:
        """A sentence about each premise that holds only before, only after, or by other rows."""
        for change in changes:
            if change.before.holds and change.after.holds:
                yield translate("assessment.turn-other", self.lang, now=self.sentence(change.after, assessment=after))
            elif change.after.holds:
                yield translate("assessment.turn-now", self.lang, now=self.sentence(change.after, assessment=after))
            elif change.before.holds:
                yield translate("assessment.turn-no-longer", self.lang, then=self.sentence(change.before, assessment=before))
        if not changes:
            yield translate("assessment.no-turn", self.lang)

    # ── Filling labels ──────────────────────────────────────────────────────────────────────────────────────────

    def _localised(self, labels: Labels) -> str:
        return labels.get(self.lang) or next(iter(labels.values()), "")

    def _default_values(self, assessment: Assessment) -> dict[str, str]:
        """The values of the placeholders that every label may use, whatever its pattern: duty, days, window, records sought."""
        duty = assessment.duty
        need = next((need for need in self.inputs.rule_set.needs if need.norm == duty.norm), None)
        kinds = [self.name(kind) for kind in need.kinds] if need else []
        about = (need.about if need and need.about else duty.bearer) or ""
        return {
            "subject": self.subject(duty),
            "bearer": self._in_sentence(duty.bearer) if duty.bearer else self.subject(duty),
            "today": format_day(assessment.moment.as_of.isoformat(), self.lang),
            "roleDay": format_day(duty.role_day.isoformat(), self.lang),
            "window": self._window(duty),
            "kind": self._joined("either", kinds) if kinds else "–",
            "kinds": self._joined("and", kinds) if kinds else "–",
            "about": self._in_sentence(about) if about else self.subject(duty),
        }

    def _in_sentence(self, iri: str) -> str:
        return self.inputs.term(ox.NamedNode(iri), self.lang)

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

    def _fill(self, template: str, *, rows: Sequence[Row], assessment: Assessment, **values_of_all: str) -> str:
        """The template filled from the rows: one sentence if the rows differ in one placeholder at most, else one for each row."""
        names = [name for _, name, _, _ in Formatter().parse(template) if name]
        defaults = {**self._default_values(assessment), **values_of_all}
        norm = assessment.duty.norm
        filled = ({name: self._value(name, row=row, defaults=defaults, norm=norm) for name in names} for row in rows or ({},))
        # A pair that matches in both orders is one pair: rows with the same values count once.
        values = list({tuple(sorted(value.values())): value for value in filled}.values())
        differing = [name for name in names if len({value[name] for value in values}) > 1]
        if len(differing) <= 1:
            listed = {name: self._list(dict.fromkeys(value[name] for value in values)) for name in names}
            return self._filled(template, listed)
        sentences = list(dict.fromkeys(self._filled(template, value) for value in values))
        remaining = len(sentences) - _MAX_LISTED
        more = [translate("assessment.more", self.lang, count=remaining)] if remaining > 0 else []
        return " ".join([*sentences[:_MAX_LISTED], *more])

    def _filled(self, template: str, values: Mapping[str, str]) -> str:
        """The filled template; a name with which a sentence begins has a capital letter."""
        text = fill(template, self.lang, values)
        return capitalise(text) if template.startswith("{") else text

    def _value(self, name: str, *, row: Row, defaults: Mapping[str, str], norm: str) -> str:
        if name in row:
            term = row[name]
            label = self._label_under(norm, term.value) if isinstance(term, ox.NamedNode) else None
            return self._localised(label) if label else self.inputs.term(term, self.lang)
        return defaults.get(name, "–")

    def _label_under(self, norm: str, iri: str) -> Labels | None:
        """The label of a status in the words for it under the norm, or of a parameter; None for any other node."""
        rule_set = self.inputs.rule_set
        return rule_set.status(iri, norm=norm).label if iri in rule_set.statuses else self._parameter_labels.get(iri)

    @cached_property
    def _parameter_labels(self) -> Mapping[str, Labels]:
        return {p.iri: p.label for reading in self.inputs.readings.values() for p in reading.parameters}

    def _joined(self, conjunction: str, names: Sequence[str]) -> str:
        """The names, at least one, in quotation marks, the last two joined by the message `and` or `either`."""
        quoted = [translate("assessment.quoted-name", self.lang, name=name) for name in names]
        last = translate(f"assessment.{conjunction}", self.lang).join(quoted[-2:])
        return ", ".join([*quoted[:-2], last])

    def _list(self, values: Iterable[str]) -> str:
        """The values in one phrase; beyond the largest number only how many others there are."""
        items = list(values)
        if len(items) <= _MAX_LISTED:
            return ", ".join(items)
        return ", ".join(items[:_MAX_LISTED]) + translate("assessment.and-others", self.lang, count=len(items) - _MAX_LISTED)
