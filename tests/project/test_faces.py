"""Packages import each other only through the names that their `__init__` exports."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from conftest import ROOT

SERVICE = ROOT / "service"
MODULES = sorted(SERVICE.rglob("*.py"))
PACKAGES = sorted({"oxishacl", *(f"observance.{file.parent.name}" for file in (SERVICE / "observance").glob("*/__init__.py"))})


def package_of(module: str) -> str:
    """The package of a module: `oxishacl`, or the first two parts of its name."""
    parts = module.split(".")
    return parts[0] if parts[0] != "observance" else ".".join(parts[:2])


def project_imports(file: Path) -> Iterator[tuple[int, str, str]]:
    """The line, module and name of each import of the project's code in the file."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in {"observance", "oxishacl"}:
            yield from ((node.lineno, node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, "") for alias in node.names if alias.name.split(".")[0] in {"observance", "oxishacl"})


def deep_imports() -> Iterator[str]:
    """The imports from modules of other packages, one line each."""
    for file in MODULES:
        own_package = package_of(".".join(file.relative_to(SERVICE).with_suffix("").parts))
        for line, module, name in project_imports(file):
            package = package_of(f"{module}.{name}" if module == "observance" else module)
            if package not in {own_package, module, f"{module}.{name}"} and package in PACKAGES:
                yield f"{file.relative_to(ROOT)}:{line}: from {module} import {name}"


def test_no_deep_imports():
    """No module of another package is imported, only names that the package exports."""
    assert not list(deep_imports())


def test_exported_names_exist():
    """Every package has `__all__` with existing names; no exported function or class has the name of a module of the package."""
    faults = []
    for name in PACKAGES:
        package = importlib.import_module(name)
        exported = getattr(package, "__all__", None)
        if exported is None:
            faults.append(f"{name} has no __all__")
            continue
        missing = [export for export in exported if not hasattr(package, export)]
        folder = SERVICE / name.replace(".", "/")
        hidden = [
            export for export in exported if (folder / f"{export}.py").exists() and not isinstance(getattr(package, export), ModuleType)
        ]
        faults += [f"{name} offers {export}, which it lacks" for export in missing]
        faults += [f"{name} offers {export}, which is also a module: importing that module would replace it" for export in hidden]

    assert not faults


def test_exported_names_are_used():
    """Every exported name is imported by another package or a test, or is named as a target of workers."""
    files = [*MODULES, *(ROOT / "tests").rglob("*.py")]
    imported = {(module, name) for file in files for _, module, name in project_imports(file)}
    texts = "".join(file.read_text(encoding="utf-8") for file in MODULES)
    faults = [
        f"{package}.{name}"
        for package in PACKAGES
        if package != "oxishacl"
        for name in importlib.import_module(package).__all__
        if (package, name) not in imported and f'"{package}:{name}"' not in texts
    ]

    assert not faults
