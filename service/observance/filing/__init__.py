"""Keeping a register: making its records, and adding them to its folder after validation."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
