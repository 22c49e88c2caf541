"""Two reports side by side, by the fingerprints of their findings: what is new, what is resolved, what persists."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

KINDS: Final = ("new", "persisting", "resolved")

Results = Sequence[Mapping[str, Any]]


def compare_reports(new: Results, old: Results) -> dict[str, list[Mapping[str, Any]]]:
    """The results (JSON objects of a report) by kind: those of `new` that are new or persisting, those of `old` that are resolved.

    A fingerprint that occurs more often than before is new as many times.
    """
    fresh, persisting = _split(new, known=old)
    resolved, _ = _split(old, known=new)
    return {"new": fresh, "persisting": persisting, "resolved": resolved}


def _split(results: Results, *, known: Results) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    left = Counter(result["fingerprint"] for result in known)
    without, within = list[Mapping[str, Any]](), list[Mapping[str, Any]]()
    for result in results:
        if left[result["fingerprint"]] > 0:
            left[result["fingerprint"]] -= 1
            within.append(result)
        else:
            without.append(result)
    return without, within
