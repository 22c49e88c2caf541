"""Workbooks in .xlsx made from forms, read within bounds, and given back with findings at their cells."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
