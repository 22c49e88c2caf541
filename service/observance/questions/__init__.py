"""A question on its way: guarded, run in a worker that can be ended, written out; the catalogue; other endpoints."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
