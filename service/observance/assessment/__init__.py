"""Assessment: the statuses of duties, derived by rules from a register at a moment under a reading, and their explanation."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
