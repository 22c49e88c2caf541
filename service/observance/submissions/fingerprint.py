"""What a finding is known by in every run: paragraph, shape, the way to its node from the submission, component and value.

No blank node label, file name or order of statements has a part in it, so that the same fault in two runs is seen to be one. Two parts
that are alike in all of this share a fingerprint: whoever compares runs counts.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from typing import Final

import pyoxigraph as ox

from observance.submissions.engines import Term
from observance.submissions.model import Finding
from oxishacl.shapes_graph import node_name

_LENGTH: Final = 32


def paths_from_submissions(quads: Iterable[ox.Quad], *, roots: Collection[str]) -> Mapping[str, str]:
    """For each node that a submission reaches, its shortest way from one, as a digest; the least of them where there are several."""
    outward: dict[str, list[tuple[str, str]]] = {}
    for quad in quads:
        if not isinstance(quad.object, ox.Literal):
            outward.setdefault(node_name(quad.subject), []).append((quad.predicate.value, node_name(quad.object)))
    found: dict[str, str] = {}
    level = dict.fromkeys(roots, "")
    while level:
        found |= level
        following: dict[str, str] = {}
        for node, way in level.items():
            for predicate, target in outward.get(node, ()):
                if target not in found:
                    longer = _digest(way, predicate)
                    following[target] = min(following.get(target, longer), longer)
        level = following
    return found


def fingerprint(finding: Finding, *, ways: Mapping[str, str]) -> str:
    """32 hexadecimal digits, the first half of a SHA-256."""
    assert finding.terms is not None
    way = ways.get(finding.focus, _nameless(finding.terms.focus))
    value = "" if finding.terms.value is None else _nameless(finding.terms.value)
    return _digest(finding.paragraph or "", finding.shape, way, finding.path or "", finding.component, value)


def _nameless(term: Term) -> str:
    return "_:" if isinstance(term, ox.BlankNode) else str(term)


def _digest(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:_LENGTH]
