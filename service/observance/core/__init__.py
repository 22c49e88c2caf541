"""What every package may use: errors, namespaces, settings, messages, and the values that several packages share."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
