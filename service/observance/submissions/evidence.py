"""Evidence: the shapes to which parts of a document conform, with the statements covered, and the statements that no shape covers."""

from collections import defaultdict
from collections.abc import Iterator

from observance.submissions.engines import DataGraph
from observance.submissions.findings import order_of, source_number
from observance.submissions.model import Evidence, LocatedStatement, MetShape, SubmissionReport
from observance.submissions.validation import ValidationBackground, data_graph, paragraphs_in
from oxishacl import Coverage, CoveredEdge, Document, SourcePositions, Term, Validator, node_name


def evidence(report: SubmissionReport, *, document: Document, background: ValidationBackground, positions: SourcePositions) -> Evidence:
    """Return the evidence for the document, sorted by paragraph.

    A shape with a message is met at a node if the report has no finding for both; it is listed if it covers a statement of the document
    there.
    """
    data, metadata, knowledge = data_graph(document, background=background), background.shapes.metadata, background.knowledge
    numbers: dict[CoveredEdge, list[int]] = defaultdict(list)
    for number, (s, p, o, _) in enumerate(document.quads):
        numbers[s, p, o].append(number)
    failed = {(finding.shape, finding.focus) for finding in report.findings}
    statements_of: dict[tuple[str, str], dict[int, None]] = {}
    covered: set[int] = set()
    for shape, focus, edges in _coverage(data, shapes=background.shapes.compiled):
        if node_name(shape) in background.shapes.for_records:
            continue
        covered_here = dict.fromkeys(number for edge in edges for number in numbers.get(edge, ()))
        covered.update(covered_here)
        key = node_name(shape), node_name(focus)
        if covered_here and key not in failed and metadata.messages(key[0]):
            statements_of.setdefault(key, {}).update(covered_here)
    paragraphs = paragraphs_in(document.quads, data.submissions, knowledge=knowledge)
    statements = [LocatedStatement(str(s), str(p), str(o), positions.of(number)) for number, (s, p, o, _) in enumerate(document.quads)]
    met = [
        MetShape(
            source_number(shape, metadata=metadata, knowledge=knowledge) or paragraphs.get(focus),
            shape,
            focus,
            tuple(statements[number] for number in sorted(numbers_of_shape)),
        )
        for (shape, focus), numbers_of_shape in statements_of.items()
    ]
    uncovered = tuple(statement for number, statement in enumerate(statements) if number not in covered)
    return Evidence(tuple(sorted(met, key=lambda shape: order_of(shape.paragraph))), uncovered)


def _coverage(data: DataGraph, *, shapes: Validator) -> Iterator[tuple[Term, Term, list[CoveredEdge]]]:
    """Yield (shape, focus node, edges covered) for each shape that applies to a focus node."""
    coverage = Coverage(shapes.graph, data.index)
    for shape, nodes in shapes.focus_nodes(data.index, focus=data.focus_nodes.keys()):
        for node in nodes:
            yield from coverage.of(shape.node, node)
