"""Answers to take away: one value of tables and what is said of them, written as a workbook (.xlsx) or as CSV; pages as PDF."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
