"""Where each duty stands, and why: a register, a day and a reading in; statuses with their reasons out. Its modules are its steps."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
