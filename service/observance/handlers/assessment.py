"""Assessment inside a worker process that can be ended: a hostile reading or document costs one worker, never the service.

A request names what is asked (`ask`), the moment, the reading and a language, all as they were typed; the body is a document that is
supposed received or a reading of the sender's own, and is stored nowhere. The answer is JSON, Turtle, or what a page is made from.
"""

import json
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from observance.assessment import (
    Assessment,
    AssessmentInputs,
    AssessmentSet,
    Verbaliser,
    assess,
    assessment_to_json,
    assessment_view,
    assessment_views,
    contrast_assessments,
    contrast_views,
    duty_history,
    duty_view,
    explain_assessment,
    history_span_view,
    moment_view,
    parse_moment,
    reading_view,
    status_counts,
    with_supposed_document,
)
from observance.core import NotFoundError, Settings, local_name
from observance.datasets import request_from_json
from observance.handlers.register_pages import RegisterPageHandlers
from observance.knowledge_base import KnowledgeBase
from observance.rdf import parse_document
from oxishacl import Source

Request = Mapping[str, Any]
Handler = Callable[[Request, bytes], tuple[Mapping[str, Any], bytes]]

EVERY_READING: Final = "*"
"""Stands for every reading, side by side."""
_MOST_CACHED: Final = 6
"""The most sets of answers that one process keeps."""


def open_assessment_handlers(argument: Request) -> Handler:
    """A handler that answers about the knowledge base and register of `argument`: `settings` and `registers`."""
    kb = KnowledgeBase(Settings(**argument["settings"], registers=tuple(map(Path, argument["registers"]))))
    handlers = AssessmentHandlers(kb)

    def handle(request: Request, body: bytes) -> tuple[Mapping[str, Any], bytes]:
        asked: Callable[[Request, bytes], Any] = getattr(handlers, request["ask"])
        found = asked(request, body)
        if isinstance(found, bytes):
            return {"media_type": "application/n-triples"}, found
        if isinstance(found, str):
            return {"media_type": "text/turtle; charset=utf-8"}, found.encode()
        return {"media_type": "application/json"}, (json.dumps(found, ensure_ascii=False, indent=2) + "\n").encode()

    return handle


class AssessmentHandlers(RegisterPageHandlers):
    """Answers about one register; those asked for last are kept, as they never change."""

    def __init__(self, kb: KnowledgeBase) -> None:
        """Nothing is assessed before it is asked for."""
        self.kb = kb
        self._cache: OrderedDict[tuple[str, ...], AssessmentSet] = OrderedDict()

    # ── What can be asked ───────────────────────────────────────────────────────────────────────────────────────

    def duties(self, request: Request, _body: bytes = b"") -> Any:
        """Where the duties stand, under one reading or under every one."""
        every = self._under_each_reading(request)
        chosen = [(found, self._select(found, request)) for found in every]
        if request["format"] == "turtle":
            return "\n".join(found.as_turtle(selected) for found, selected in chosen)
        verbalisers = [(Verbaliser(found.case, request["lang"]), selected) for found, selected in chosen]
        if request["format"] == "json":
            return [assessment_to_json(a, verbaliser=verbaliser) for verbaliser, selected in verbalisers for a in selected]
        first = every[0]
        return {
            "moment": moment_view(first, lang=request["lang"]),
            "reading": None if request.get("reading") == EVERY_READING else first.derivation.reading.name,
            "rows": [row for verbaliser, selected in verbalisers for row in assessment_views(selected, verbaliser=verbaliser)],
            "counts": [{"reading": f.derivation.reading.name, **status_counts(_with_bearer(selected))} for f, selected in chosen],
            **self._form_choices(first.case, lang=request["lang"]),
        }

    def duty(self, request: Request, _body: bytes = b"") -> Any:
        """One duty with its five answers."""
        found = self._assessments(request)
        since, _ = parse_moment(request.get("since"), None, names=("since", ""))
        told = explain_assessment(found.one(request["duty"]), of=found, status=request.get("whyNot"), since=since)
        if request["format"] == "turtle":
            return told.as_turtle()
        if request["format"] == "json":
            return told.as_object(request["lang"])
        return {"duty": duty_view(told, lang=request["lang"]), **self._form_choices(found.case, lang=request["lang"])}

    def history(self, request: Request, _body: bytes = b"") -> Any:
        """Where one duty stood from day to day."""
        found = self._assessments(request)
        assessment = found.one(request["duty"])
        verbaliser = Verbaliser(found.case, request["lang"])
        spans = duty_history(assessment, case=found.case, derivation=found.derivation)
        if request["format"] == "json":
            return [
                {
                    "from": s.first.isoformat(),
                    "until": s.last.isoformat(),
                    **assessment_to_json(s.assessment, verbaliser=verbaliser),
                }
                for s in spans
            ]
        return {
            "duty": assessment_view(assessment, verbaliser=verbaliser),
            "verdict": verbaliser.verdict(assessment),
            "readingName": verbaliser.reading(assessment.reading),
            "moment": moment_view(found, lang=request["lang"]),
            "spans": [history_span_view(s, verbaliser=verbaliser) for s in spans],
        }

    def readings(self, request: Request, _body: bytes = b"") -> Any:
        """The readings with their parameters."""
        case = self.kb.case
        verbaliser = Verbaliser(case, request["lang"])
        return [reading_view(found, verbaliser=verbaliser) for found in case.readings.values()]

    def own_reading(self, request: Request, body: bytes) -> Any:
        """What a reading of the sender's own changes, beside the one that `reading` names."""
        before = self._assessments(request)
        after = self._assessments({**request, "reading": request["name"]}, own=self._parse_body(request, body))
        return self._comparison(before, after, request)

    def what_if(self, request: Request, body: bytes) -> Any:
        """What would change if a document were in the register."""
        before = self._assessments(request)
        at = before.derivation.moment
        then = with_supposed_document(self._parse_body(request, body), case=self.kb.case, as_of=at.as_of, known_at=at.known_at)
        after = assess(then, as_of=at.as_of, known_at=at.known_at, reading=request.get("reading"))
        return self._comparison(before, after, request)

    def layers(self, request: Request, _body: bytes = b"") -> bytes:
        """What a question of the catalogue is asked of."""
        return self.kb.layers(request_from_json(request, case=self.kb.case))

    # ── How it is found ─────────────────────────────────────────────────────────────────────────────────────────

    def _assessments(self, request: Request, *, own: Sequence[Any] = ()) -> AssessmentSet:
        if own:
            return self._assess(request, own=own)
        key = tuple(request.get(name) or "" for name in ("asOf", "knownAt", "reading"))
        if key not in self._cache:
            self._cache[key] = self._assess(request)
            if len(self._cache) > _MOST_CACHED:
                self._cache.popitem(last=False)
        self._cache.move_to_end(key)
        return self._cache[key]

    def _assess(self, request: Request, *, own: Sequence[Any] = ()) -> AssessmentSet:
        day, time = parse_moment(request.get("asOf"), request.get("knownAt"), names=_MOMENT_NAMES)
        return assess(self.kb.case, as_of=day, known_at=time, reading=request.get("reading"), own=own)

    def _under_each_reading(self, request: Request) -> list[AssessmentSet]:
        if request.get("reading") != EVERY_READING:
            return [self._assessments(request)]
        return [self._assessments({**request, "reading": name}) for name in self.kb.case.readings]

    def _select(self, found: AssessmentSet, request: Request) -> tuple[Assessment, ...]:
        return select_assessments(found, members=request.get("members") or (), paragraphs=request.get("paragraphs") or (), kb=self.kb)

    def _comparison(self, before: AssessmentSet, after: AssessmentSet, request: Request) -> Any:
        lang = request["lang"]
        one, other = Verbaliser(before.case, lang), Verbaliser(after.case, lang)
        found = contrast_assessments(self._select(before, request), self._select(after, request))
        if request["format"] == "json":
            return [
                {
                    "before": [assessment_to_json(a, verbaliser=one) for a in each.before],
                    "after": [assessment_to_json(a, verbaliser=other) for a in each.after],
                }
                for each in found
            ]
        return {
            "moment": moment_view(before, lang=lang),
            "before": reading_view(before.derivation.reading, verbaliser=one),
            "after": reading_view(after.derivation.reading, verbaliser=other),
            "changed": contrast_views(found, before=one, after=other),
            "counts": [status_counts(_with_bearer(side.assessments)) for side in (before, after)],
        }

    def _parse_body(self, request: Request, body: bytes) -> Sequence[Any]:
        source = Source(request["name"], body, request.get("media_type"))
        return parse_document(source, settings=self.kb.settings, contexts=self.kb.contexts).quads

    def _form_choices(self, case: AssessmentInputs, *, lang: str) -> dict[str, Any]:
        """What a form may offer: the readings and the bearers."""
        verbaliser = Verbaliser(case, lang)
        named = sorted((local_name(iri), verbaliser.name(iri)) for iri in _bearers(case))
        return {
            "readings": [{"name": name, "label": verbaliser.reading(name)} for name in case.readings],
            "bearers": [{"code": code, "name": name} for code, name in named],
        }


_MOMENT_NAMES: Final = ("asOf", "knownAt")


def _bearers(case: AssessmentInputs) -> Iterable[str]:
    return dict.fromkeys(b for norm in case.norms for b in norm.bearers if b)


def _with_bearer(assessments: Iterable[Assessment]) -> list[Assessment]:
    """The answers about someone: what is announced of nobody is counted for no one."""
    return [assessment for assessment in assessments if assessment.duty.bearer is not None]


def select_assessments(
    found: AssessmentSet, *, members: Sequence[str], paragraphs: Sequence[str], kb: KnowledgeBase
) -> tuple[Assessment, ...]:
    """The answers about the Members and under the paragraphs named, all where none is; NotFoundError for one that does not exist."""
    bearers: list[str | None] = [resolve_bearer(member, case=found.case, kb=kb) for member in members]
    numbers: list[str | None] = [kb.paragraph(number) for number in paragraphs]
    chosen = {a.duty.iri for one in bearers or [None] for number in numbers or [None] for a in found.of(one, paragraph=number)}
    return tuple(a for a in found.assessments if a.duty.iri in chosen)


def resolve_bearer(member: str, *, case: AssessmentInputs, kb: KnowledgeBase) -> str:
    """The IRI of a bearer by its code or IRI; NotFoundError when no party has it or the register does not declare the party."""
    bearers = list(_bearers(case))
    own = next((iri for iri in bearers if member in (iri, local_name(iri))), None)
    if own is not None:
        return own
    party = kb.party(member)
    if party not in bearers:
        raise NotFoundError("assessment.not-declared", member=member, known=", ".join(local_name(iri) for iri in bearers))
    return party
