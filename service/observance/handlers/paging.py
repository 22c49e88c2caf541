"""Pages of long answers for people; programs receive them whole."""

from collections.abc import Sequence
from typing import Any, TypeVar

from observance.core import NotFoundError

Item = TypeVar("Item")


def page_of(items: Sequence[Item], number: int, *, size: int) -> tuple[Sequence[Item], dict[str, Any]]:
    """Return the items of a page, counted from 1, and what the page says of itself: number, count, first, last and total.

    There is always a first page. Raises NotFoundError for a page that does not exist.
    """
    count = max(1, -(-len(items) // size))
    if not 1 <= number <= count:
        raise NotFoundError("web.no-page", number=number, count=count)
    start = (number - 1) * size
    shown = items[start : start + size]
    return shown, {"number": number, "count": count, "first": start + 1, "last": start + len(shown), "total": len(items)}
