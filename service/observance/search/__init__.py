"""Search in the knowledge, in the register as an audience reads it, and in the pages of the service: an index in memory and its answers.

Everything is imported on first use, because most commands search for nothing.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
