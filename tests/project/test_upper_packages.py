"""Upper packages can be removed: without one of them, all modules except its own commands, handlers and pages can be imported."""

import re
import subprocess
import sys

import pytest

from conftest import ROOT

SERVICE = ROOT / "service"
# The modules that may need each package: its entries in the tables of commands, handlers and pages.
DEPENDENTS = {
    "filing": {
        "cli.ledger",
        "cli.register",
        "handlers.filing",
        "web.communications",
        "web.notices",
        "web.receiving",
        "web.record_entry",
        "web.routes.forms",
        "web.routes.submissions",
        "web.transcription",
    },
    "forms": {
        "cli.register_workbooks",
        "cli.workbooks",
        "handlers.filing",
        "handlers.forms",
        "handlers.workbooks",
        "web.document_words",
        "web.form_fields",
        "web.form_requests",
        "web.form_view",
        "web.gantt",
        "web.party_profile",
        "web.record_entry",
        "web.routes.forms",
        "web.routes.resources",
        "web.routes.submissions",
        "workbooks.*",
    },
    "search": {"cli.search", "handlers.search", "web.routes.search"},
    "workbooks": {"cli.register_workbooks", "cli.workbooks", "handlers.workbooks"},
    "notifications": {"cli.notifications", "handlers.notifications", "web.notices"},
    "meetings": {"cli.meetings", "handlers.meetings", "handlers.benchmarking"},
    "benchmarking": {"cli.meetings", "handlers.benchmarking", "web.routes.benchmarking"},
    "documentation": {"web.routes.guides"},
    "resources": {"handlers.resources"},
    "exports": {"handlers.export_results", "handlers.export_tables", "handlers.exports"},
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


@pytest.mark.whole
@pytest.mark.parametrize("package", DEPENDENTS)
def test_removed_package(package: str):
    """Without the package, just the modules listed for it cannot be imported."""
    names = [".".join(file.relative_to(SERVICE).with_suffix("").parts) for file in sorted((SERVICE / "observance").rglob("*.py"))]
    # Alembic runs the scripts of migrations; nobody imports them.
    modules = [name.removesuffix(".__init__") for name in names if not name.endswith("__main__") and ".migrations." not in name]
    other_modules = [name for name in modules if not name.startswith(f"observance.{package}")]
    command = [sys.executable, "-c", SCRIPT, f"observance.{package}"]
    completed = subprocess.run(command, input=" ".join(other_modules), capture_output=True, text=True, timeout=300, check=True)
    failing = {line.split()[0].removeprefix("observance.") for line in completed.stdout.splitlines()}

    assert {re.sub(r"^workbooks\..*", "workbooks.*", module) for module in failing} == DEPENDENTS[package]
