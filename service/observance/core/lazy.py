"""Names that a package offers and imports when one is first used (PEP 562), for modules that take long to import."""

import importlib
from collections.abc import Callable, Mapping, Sequence


def lazy_exports(package: str, modules: Mapping[str, str]) -> tuple[Callable[[str], object], Callable[[], Sequence[str]]]:
    """Return the `__getattr__` and `__dir__` of a package: `modules` gives for each name the module of the package that defines it.

    The package imports the same names below `if TYPE_CHECKING:`, so that type checkers know them.
    """

    def getattribute(name: str) -> object:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(importlib.import_module(f"{package}.{modules[name]}"), name)

    return getattribute, lambda: sorted(modules)
