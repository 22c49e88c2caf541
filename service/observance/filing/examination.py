"""The examination of what was received: whether its statements are its sender's to make, and what validation says of it."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import pyoxigraph as ox
from msgspec import Struct, field

from observance.core import LANGUAGES, OBS, PROV, ObservanceError, Settings, translate
from observance.filing.own_statements import OwnStatements
from observance.knowledge import Knowledge
from observance.ledger import Particulars
from observance.rdf import parse_document
from observance.register import DISCLOSURE, MEMBERS, MEMBERS_ONLY, PUBLIC, RESTRICTED, Register
from observance.submissions import IS_RECORD, SubmissionReport, reports_to_json
from oxishacl import EXTENSIONS, Contexts, Document, Source, node_name

PROCESSABLE: Final = "processable"
"""The state of a communication of which no finding is a Violation."""
TO_CLARIFY: Final = "to-clarify"
"""The state of one about which the Secretariat is going to ask."""
ORIGINAL: Final = "original"
"""The state of one that is on record as a file alone."""

_PARTY: Final = OBS + "onBehalfOf"
_REVISES: Final = PROV + "wasRevisionOf"
_WITHDRAWS: Final = OBS + "withdraws"


class Examination(Struct, frozen=True):
    """What was found out about what was received.

    `ending` is that of file names in its syntax; empty if it is an original, to be kept as a file alone, and `problem` says why, by
    language; `record` is the class of the record of a register that it is instead. `register` is the IRI of the register. `owners` are the
    parties of the submissions on record that the document is about.
    `report` is the report as JSON, and `verdict` what is kept of it.
    """

    state: str
    register: str = ""
    ending: str = ""
    stated: Particulars = Particulars()
    owners: tuple[str, ...] = ()
    problem: dict[str, str] = field(default_factory=dict)
    record: str = ""
    report: dict[str, Any] | None = None
    verdict: dict[str, Any] = field(default_factory=dict)


def as_original(error: ObservanceError, *, register: str) -> Examination:
    """Return the examination of something that is no document of the register with this IRI, with the reason."""
    record = str(error.values["found"]) if error.key == IS_RECORD else ""
    return Examination(ORIGINAL, register, problem=error.sentences(), record=record)


def examine_source(
    source: Source,
    *,
    validate: Callable[[Source], SubmissionReport],
    register: Register,
    disclosed: Register,
    knowledge: Knowledge,
    settings: Settings,
    contexts: Contexts,
    is_made_here: bool = False,
) -> Examination:
    """Return what is found out about the bytes beside the register; what cannot be read is an original.

    `validate` gives the report on them, with its provenance, and `disclosed` is what the sender may read of the register; `is_made_here`
    says that this program made the document for its sender.
    """
    try:
        report = validate(source)
        document = parse_document(source, settings=settings, contexts=contexts)
    except ObservanceError as error:
        return as_original(error, register=register.iri)
    own = OwnStatements(document.quads, register, knowledge, is_made_here)
    return _examination(document, report, own=own, disclosed=disclosed)


def _examination(document: Document, report: SubmissionReport, *, own: OwnStatements, disclosed: Register) -> Examination:
    """Return what was found out about a document that holds submissions.

    One that states what is not its sender's to state is an original: its statements would be told as the register's own.
    """
    stated = _stated(own)
    owner_of = {node_name(q.subject): node_name(q.object) for q in disclosed.quads if q.predicate.value == _PARTY}
    problem = next(_problems(own, stated, owner_of=owner_of), None)
    return Examination(
        state=ORIGINAL if problem else PROCESSABLE if report.processable else TO_CLARIFY,
        register=own.register.iri,
        ending="" if problem else next(ending for ending, syntax in EXTENSIONS.items() if syntax == document.syntax),
        stated=stated,
        owners=tuple(dict.fromkeys(owner_of[node] for node in (*stated.revises, *stated.withdraws) if node in owner_of)),
        problem=problem or {},
        report=json.loads(reports_to_json([report], several=False)),
        verdict=_verdict(report),
    )


def _problems(own: OwnStatements, stated: Particulars, *, owner_of: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Yield the sentences, by language, that say why the document is kept as a file."""
    again = next((node for node in stated.submissions if owner_of.get(node) in stated.on_behalf_of), None)
    if again is not None:
        yield on_record(again)
    if len(stated.submissions) < len(own.submissions):
        yield _sentences("filing.without-iri")
    if not all(own.objects(_PARTY, of=node) for node in own.submissions):
        yield _sentences("filing.without-party")
    if next(own.foreign(), None) is not None:
        yield kept_as_file()


def on_record(submission: str) -> dict[str, str]:
    """Return the sentence, by language, that says that the submission is on record already, and how to revise it."""
    return _sentences("filing.iri-on-record", node=submission)


def kept_as_file() -> dict[str, str]:
    """Return the sentence, by language, that says no more than that the document is kept as a file."""
    return _sentences("filing.states-others")


def _sentences(key: str, **values: str) -> dict[str, str]:
    return {lang: translate(key, lang, **values) for lang in LANGUAGES}


def stated_in(document: Document, *, knowledge: Knowledge) -> Particulars:
    """Return what the document states of its submissions, as it is stated of its entry."""
    return _stated(OwnStatements(document.quads, Register(), knowledge))


def _stated(own: OwnStatements) -> Particulars:
    def iris(predicate: str) -> tuple[str, ...]:
        return tuple(term.value for term in own.objects(predicate) if isinstance(term, ox.NamedNode))

    return Particulars(
        on_behalf_of=tuple(dict.fromkeys(node_name(term) for node in own.submissions for term in own.objects(_PARTY, of=node))),
        disclosure=_disclosure(own),
        submissions=tuple(node for node in own.submissions if not node.startswith("_:")),
        revises=iris(_REVISES),
        withdraws=iris(_WITHDRAWS),
    )


def _disclosure(own: OwnStatements) -> str:
    """The narrowest disclosure of any submission of the document; empty if none states any. An unknown one is the narrowest of all."""
    found = {term for node in own.submissions for term in own.objects(DISCLOSURE, of=node) or (None,)}
    if found <= {None}:
        return ""
    names = [term.value if isinstance(term, ox.NamedNode) else RESTRICTED for term in found if term is not None]
    narrowest = next((audience for audience in (PUBLIC, MEMBERS) if audience.reads(names)), None)
    if narrowest is None:
        return RESTRICTED
    return MEMBERS_ONLY if narrowest is MEMBERS or None in found else names[0]


def _verdict(report: SubmissionReport) -> dict[str, Any]:
    """What is kept of a report: the versions that it rests on, and each finding by its shape and fingerprint, without any words."""
    provenance = report.provenance
    assert provenance is not None
    return {
        "processable": report.processable,
        "conforms": report.conforms,
        "findings": sorted([finding.severity, finding.shape, finding.fingerprint] for finding in report.findings),
        "shapes": provenance.shapes,
        "knowledge": provenance.knowledge,
        "program": provenance.version,
    }
