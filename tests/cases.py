"""The cases of the shapes: files whose first word is the verdict and whose head says which shapes must speak."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from observance.model import SEVERITIES, Finding
from observance.namespaces import PREFIXES

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "tests" / "shapes"
_EXPECTS = re.compile(r"^#\+ expects: (\S+)", re.MULTILINE)
_REGISTER = re.compile(r"^#\+ register: (\S+)", re.MULTILINE)
VERDICTS = {"valid": None, "invalid": "Violation", "warning": "Warning", "info": "Info"}


@dataclass(frozen=True)
class Case:
    """One case: its file, the worst severity it must give (None: no result at all) and the shapes that must speak."""

    path: Path
    worst: str | None
    expected: frozenset[str]
    registers: tuple[Path, ...]

    def matches(self, findings: Iterable[Finding]) -> bool:
        """Whether exactly the expected shapes spoke, the worst of them with the severity of the verdict."""
        found = list(findings)
        worst = next((severity for severity in SEVERITIES if any(f.severity == severity for f in found)), None)
        return {finding.shape for finding in found} == self.expected and worst == self.worst


def cases_of(stem: str) -> list[Case]:
    """The cases of one shapes file, in the order of their names."""
    files = sorted((FOLDER / stem).glob("*.*"))
    return [read(file) for file in files if file.name.partition(".")[0] in VERDICTS]


def read(file: Path) -> Case:
    """The case in the file."""
    text = file.read_text(encoding="utf-8")
    return Case(
        path=file,
        worst=VERDICTS[file.name.partition(".")[0]],
        expected=frozenset(_full(name) for name in _EXPECTS.findall(text)),
        registers=tuple(file.parent / name for name in _REGISTER.findall(text)),
    )


def _full(name: str) -> str:
    prefix, _, local = name.partition(":")
    return PREFIXES[prefix] + local
