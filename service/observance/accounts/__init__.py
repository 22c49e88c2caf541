"""Accounts: who may do what in a register that is kept in a ledger, and by what a person or a program is recognised."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
