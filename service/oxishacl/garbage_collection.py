"""Leaving garbage alone for a while."""

import gc
from types import TracebackType


class Uncollected:
    """While very many objects are made that all stay, looking again and again for those that could go takes longer than making them."""

    __slots__ = ("_was_on",)

    def __enter__(self) -> None:
        """No garbage is collected from now on, in any thread."""
        self._was_on = gc.isenabled()
        gc.disable()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """It is again, if it was."""
        if self._was_on:
            gc.enable()
