"""Packages of the upper floors can be taken away: without one of them, everything but its own commands, handlers and pages imports."""

import subprocess
import sys

import pytest

from conftest import ROOT

SERVICE = ROOT / "service"
# What each package is used by: its entries in the tables of commands, handlers and pages.
ENTRIES = {
    "notifications": {"cli.notifications", "cli.notification_sending", "handlers.notifications"},
    "meetings": {"cli.meetings", "handlers.meetings", "handlers.benchmarking"},
    "benchmarking": {"cli.meetings", "handlers.benchmarking", "web.routes.benchmarking"},
    "documentation": {"web.routes.guides"},
}
SCRIPT = """
import importlib, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name == sys.argv[1] or name.startswith(sys.argv[1] + "."):
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Absent())
for module in sys.stdin.read().split():
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as error:
        print(module, error)
"""


@pytest.mark.parametrize("package", ENTRIES)
def test_taken_away(package: str):
    """The other modules import without the package, and its entries are all that needs it."""
    names = [".".join(file.relative_to(SERVICE).with_suffix("").parts) for file in sorted((SERVICE / "observance").rglob("*.py"))]
    modules = [name.removesuffix(".__init__") for name in names if not name.endswith("__main__")]
    others = [name for name in modules if not name.startswith(f"observance.{package}")]
    command = [sys.executable, "-c", SCRIPT, f"observance.{package}"]
    done = subprocess.run(command, input=" ".join(others), capture_output=True, text=True, timeout=300, check=True)
    needing = {line.split()[0].removeprefix("observance.") for line in done.stdout.splitlines()}

    assert needing <= ENTRIES[package]
