"""The links between instruments and their parts, each end with the instrument that it belongs to."""

from collections.abc import Mapping, Sequence

from observance.web.instrument_text import Row, RowSource


def instrument_links(rows: RowSource, *, names: Mapping[str, str], lang: str) -> tuple[Row, ...]:
    """The rows of `queries/pages/link-details.rq` with `from_whole` and `to_whole`, and their names; an instrument is its own whole."""
    parents: dict[str, str] = {}
    for row in rows("parts-of-instruments"):
        parents.setdefault(row["part"], row["whole"])

    def wholes(link: Row) -> dict[str, str]:
        found = {f"{end}_whole": _whole(link[end], parents=parents) for end in ("from", "to")}
        return {**found, **{f"{end}_label": names.get(whole, whole) for end, whole in found.items()}}

    return tuple({**link, **wholes(link)} for link in rows("link-details", lang))


def _whole(node: str, *, parents: Mapping[str, str]) -> str:
    """The instrument that the node belongs to, directly or through other parts."""
    visited: set[str] = set()
    while node in parents and node not in visited:
        visited.add(node)
        node = parents[node]
    return node


def links_between(links: Sequence[Row]) -> dict[tuple[str, str, str], list[Row]]:
    """The links by the instruments that they lead from and to and their kind, those within one instrument left out."""
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for link in links:
        if link["from_whole"] != link["to_whole"]:
            groups.setdefault((link["from_whole"], link["to_whole"], link["kind"]), []).append(link)
    return groups
