"""The requests to worker processes, and the table of their handlers.

A worker process calls `open_handlers` when it starts.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
