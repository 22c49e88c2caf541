"""Documents on record: opening a register, and the register as it stood at a moment."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
