"""What questions are asked of: the register as it stood with what was concluded from it."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
