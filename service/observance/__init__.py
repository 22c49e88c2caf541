"""Observance: resolution as code. A knowledge graph and compliance-rules engine for what resolutions ask.

The public interface is `open_knowledge_base`, the values that a knowledge base returns, and the exceptions of `observance.core`.
"""

from typing import TYPE_CHECKING, Final

from observance.core import VERSION

if TYPE_CHECKING:
    from observance.knowledge_base import open_knowledge_base

__all__ = ["__version__", "open_knowledge_base"]

__version__: Final = VERSION


def __getattr__(name: str) -> object:
    """Import the knowledge base when it is first asked for: a worker process needs little of it."""
    if name == "open_knowledge_base":
        from observance import knowledge_base

        return knowledge_base.open_knowledge_base
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
