"""Observance: resolution as code. A knowledge graph and compliance-rules engine for what resolutions ask.

The public interface is `open_house`, the values in `observance.core.model` and the exceptions in `observance.core.errors`.
"""

from typing import Final

from observance.core.version import VERSION

__all__ = ["__version__", "open_house"]

__version__: Final = VERSION


def __getattr__(name: str) -> object:
    """Import the house when it is asked for: a worker process needs little of it."""
    if name == "open_house":
        from observance.knowledge_base import open_knowledge_base

        return open_knowledge_base
    raise AttributeError(name)
