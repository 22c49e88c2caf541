"""The ledger: documents and decisions in the order of their entry, in a signed Merkle log that can be verified, with receipts."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
