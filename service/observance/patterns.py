"""Regular expressions that are compiled when one is first used: a command that starts needs few of them."""

import re
from typing import Any, AnyStr, cast


class _Pattern:
    def __init__(self, text: str | bytes, flags: int) -> None:
        self._given: tuple[Any, int] = text, flags

    def __getattr__(self, name: str) -> Any:
        # What is found is kept, so that this is asked once for each method.
        found = self.__dict__[name] = getattr(re.compile(*self._given), name)
        return found


def regex(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """What `re.compile` gives, but for the moment when it is compiled; re.error is raised then."""
    return cast("re.Pattern[AnyStr]", _Pattern(text, flags))
