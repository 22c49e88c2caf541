"""HTML pages in each language: the knowledge (vocabulary, code lists, norms, readings, instruments, links, parties) and the guides.

Everything is imported on first use, because Jinja and the Markdown parser take long to import.
"""

from typing import TYPE_CHECKING

from observance.core.lazy import lazy_exports

if TYPE_CHECKING:
    from observance.documentation.build import build_documentation
    from observance.documentation.guide_pages import Guide, GuideBody, list_guides, render_guide

__all__ = ["Guide", "GuideBody", "build_documentation", "list_guides", "render_guide"]

__getattr__, __dir__ = lazy_exports(__name__, {
    "Guide": "guide_pages",
    "GuideBody": "guide_pages",
    "build_documentation": "build",
    "list_guides": "guide_pages",
    "render_guide": "guide_pages",
})  # fmt: skip
