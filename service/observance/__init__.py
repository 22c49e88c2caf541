"""Observance: resolution as code. A knowledge graph and compliance-rules engine for what resolutions ask.

The public interface is `KnowledgeBase`, the values that its services return, and the exceptions of `observance.core`.
"""

import lazy_loader

from observance.core import VERSION

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
__version__ = VERSION
