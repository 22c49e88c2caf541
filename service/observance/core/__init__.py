"""The modules that every package uses: errors, namespaces, settings, messages, calendar and shared answer values."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
