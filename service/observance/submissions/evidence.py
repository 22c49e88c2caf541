"""What speaks for a document: which statements met which paragraph, and which no shape looks at."""

from collections import defaultdict
from collections.abc import Iterator

from observance.submissions.engines import Term
from observance.submissions.findings import order_of, source_number
from observance.submissions.model import Evidence, LocatedStatement, MetShape, SubmissionReport
from observance.submissions.validation import PreparedDocument, ValidationBackground, paragraphs_in, prepare_document
from oxishacl import Coverage, CoveredEdge, Document, SourcePositions, node_name


def evidence(report: SubmissionReport, *, document: Document, background: ValidationBackground, positions: SourcePositions) -> Evidence:
    """The evidence of a report on the document, by paragraph.

    A shape that can speak is met at a node when no finding of the report is its own there; it is listed when it looks at a statement
    of the document.
    """
    given, said = prepare_document(document, background=background), background.shapes.metadata
    numbers: dict[CoveredEdge, list[int]] = defaultdict(list)
    for number, (s, p, o, _) in enumerate(document.quads):
        numbers[s, p, o].append(number)
    spoken = {(finding.shape, finding.focus) for finding in report.findings}
    looked_at: dict[tuple[str, str], dict[int, None]] = {}
    covered: set[int] = set()
    for shape, focus, edges in _looked_at(given, background=background):
        own = dict.fromkeys(number for edge in edges for number in numbers.get(edge, ()))
        covered.update(own)
        key = node_name(shape), node_name(focus)
        if own and key not in spoken and said.messages(key[0]):
            looked_at.setdefault(key, {}).update(own)
    paragraphs = paragraphs_in(document, given.submissions, knowledge=background.knowledge)
    statements = [LocatedStatement(str(s), str(p), str(o), positions.of(number)) for number, (s, p, o, _) in enumerate(document.quads)]
    met = [
        MetShape(
            source_number(shape, said=said, knowledge=background.knowledge) or paragraphs.get(focus),
            shape,
            focus,
            tuple(statements[number] for number in sorted(own)),
        )
        for (shape, focus), own in looked_at.items()
    ]
    uncovered = tuple(statement for number, statement in enumerate(statements) if number not in covered)
    return Evidence(tuple(sorted(met, key=lambda each: order_of(each.paragraph))), uncovered)


def _looked_at(given: PreparedDocument, *, background: ValidationBackground) -> Iterator[tuple[Term, Term, list[CoveredEdge]]]:
    compiled = background.shapes.compiled
    coverage = Coverage(compiled.graph, given.index)
    for shape, nodes in compiled.targets.focus_nodes(given.index, among=given.order.keys()):
        for node in nodes:
            yield from coverage.of(shape.node, node)
