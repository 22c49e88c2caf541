"""The cases of the shapes: files whose first word is the verdict and whose head says which shapes must speak."""

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
    """One case: its file, the worst severity it must give (None: no result at all) and the shapes that must speak.

    Where pySHACL passes over an ill-formed literal, another shape speaks than with our own engine (tests/conformance/differences.md);
    such a case names both, `expects` for pySHACL and `expects compiled` for ours.
    """

    path: Path
    worst: str | None
    by_pyshacl: frozenset[str]
    by_compiled: frozenset[str]
    registers: tuple[Path, ...]

    @property
    def expected(self) -> frozenset[str]:
        """The shapes that speak with either engine."""
        return self.by_pyshacl | self.by_compiled

    def of(self, engine: str) -> frozenset[str]:
        """The shapes that must speak with the engine."""
        return self.by_compiled if engine == "compiled" else self.by_pyshacl

    def matches(self, findings: Iterable[Finding], *, engine: str) -> bool:
        """Whether exactly the expected shapes spoke, the worst of them with the severity of the verdict."""
        found = list(findings)
        worst = next((severity for severity in SEVERITIES if any(f.severity == severity for f in found)), None)
        return {finding.shape for finding in found} == self.of(engine) and worst == self.worst


def cases_of(stem: str) -> list[Case]:
    """The cases of one shapes file, in the order of their names."""
    files = sorted((FOLDER / stem).glob("*.*"))
    return [read(file) for file in files if file.name.partition(".")[0] in VERDICTS]


def read(file: Path) -> Case:
    """The case in the file."""
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
