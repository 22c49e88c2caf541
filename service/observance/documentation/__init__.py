"""The knowledge as HTML pages in each language: vocabulary, code lists, norms, readings, instruments, links and lists of parties.

`build_documentation` is imported on first use, because Jinja takes long to import.
"""

from typing import TYPE_CHECKING

from observance.core.lazy import lazy_exports

if TYPE_CHECKING:
    from observance.documentation.build import build_documentation

__all__ = ["build_documentation"]

__getattr__, __dir__ = lazy_exports(__name__, {
    "build_documentation": "build",
})  # fmt: skip
