"""Questions as a service of a knowledge base, and the datasets that they are evaluated over."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
