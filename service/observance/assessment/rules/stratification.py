"""The order in which rules of facts are tried: what a rule must not find is known in full before the rule is tried."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from observance.core.errors import InconsistentDataError

Keys = AbstractSet[str]


def stratify(concluded: Sequence[Keys], uses: Sequence[tuple[Keys, Keys]], *, names: Sequence[str]) -> list[tuple[int, bool]]:
    """For each rule its step and whether it is in a loop; `uses` holds what it looks for and what it must not find.

    Raises Inconsistent, naming a rule, when a loop goes through something that must not be found.
    """
    size = len(concluded)
    feeds = [[other for other in range(size) if concluded[other] & (uses[rule][0] | uses[rule][1])] for rule in range(size)]
    groups = _components(feeds)
    place = {rule: number for number, group in enumerate(groups) for rule in group}
    loops = [len(group) > 1 or next(iter(group)) in feeds[next(iter(group))] for group in groups]
    for rule in range(size):
        if any(place[other] == place[rule] for other in range(size) if concluded[other] & uses[rule][1]):
            raise InconsistentDataError("assessment.not-stratified", rule=names[rule])
    return [(place[rule], loops[place[rule]]) for rule in range(size)]


def _components(feeds: Sequence[Sequence[int]]) -> list[set[int]]:
    """The groups of rules that feed each other, those that feed others first (Tarjan)."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    groups: list[set[int]] = []

    def visit(node: int) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in feeds[node]:
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            place = stack.index(node)
            groups.append(set(stack[place:]))
            del stack[place:]

    for node in range(len(feeds)):
        if node not in index:
            visit(node)
    return groups
