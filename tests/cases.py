"""The cases of the shapes: files whose first word is the verdict and whose header names the shapes with findings."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from observance.core import PREFIXES
from observance.submissions import SEVERITIES
from observance.submissions.model import Finding

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "tests" / "shapes"
_EXPECTS = re.compile(r"^#\+ expects: (\S+)", re.MULTILINE)
_COMPILED = re.compile(r"^#\+ expects compiled: (\S+)", re.MULTILINE)
_REGISTER = re.compile(r"^#\+ register: (\S+)", re.MULTILINE)
VERDICTS = {"valid": None, "invalid": "Violation", "warning": "Warning", "info": "Info"}


@dataclass(frozen=True)
class Case:
    """A case: its file, the highest severity expected (None: no result) and the shapes that must have findings.

    pySHACL skips some ill-formed literals, so that another shape has the finding than with oxishacl (tests/conformance/differences.md);
    such a case names both, `expects` for pySHACL and `expects compiled` for oxishacl.
    """

    path: Path
    worst: str | None
    by_pyshacl: frozenset[str]
    by_compiled: frozenset[str]
    registers: tuple[Path, ...]

    @property
    def expected(self) -> frozenset[str]:
        """The shapes that must have findings with either engine."""
        return self.by_pyshacl | self.by_compiled

    def of(self, engine: str) -> frozenset[str]:
        """The shapes that must have findings with the engine."""
        return self.by_compiled if engine == "compiled" else self.by_pyshacl

    def matches(self, findings: Iterable[Finding], *, engine: str) -> bool:
        """Whether exactly the expected shapes have findings, and their highest severity is that of the verdict."""
        found = list(findings)
        worst = next((severity for severity in SEVERITIES if any(f.severity == severity for f in found)), None)
        return {finding.shape for finding in found} == self.of(engine) and worst == self.worst


def cases_of(stem: str) -> list[Case]:
    """Return the cases of a shapes file, sorted by name."""
    files = sorted((FOLDER / stem).glob("*.*"))
    return [read(file) for file in files if file.name.partition(".")[0] in VERDICTS]


def read(file: Path) -> Case:
    """Return the case in the file."""
    text = file.read_text(encoding="utf-8")
    by_pyshacl = frozenset(_full(name) for name in _EXPECTS.findall(text))
    return Case(
        path=file,
        worst=VERDICTS[file.name.partition(".")[0]],
        by_pyshacl=by_pyshacl,
        by_compiled=frozenset(_full(name) for name in _COMPILED.findall(text)) or by_pyshacl,
        registers=tuple(file.parent / name for name in _REGISTER.findall(text)),
    )


def _full(name: str) -> str:
    prefix, _, local = name.partition(":")
    return PREFIXES[prefix] + local
