"""The cases of the shapes: files whose name begins with the verdict and whose header lists the shapes that must give results."""

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
_AS_OF = re.compile(r"^#\+ as-of: (\S+)", re.MULTILINE)
VERDICTS = {"valid": None, "invalid": "Violation", "warning": "Warning", "info": "Info"}


@dataclass(frozen=True)
class Case:
    """A case: its file, the worst severity of its results (None for no result), and the shapes that must give results.

    pySHACL ignores some ill-formed literals, so another shape gives the result than with our engine (tests/conformance/differences.md).
    The header of such a case has both, `expects` for pySHACL and `expects compiled` for our engine.
    """

    path: Path
    worst: str | None
    by_pyshacl: frozenset[str]
    by_compiled: frozenset[str]
    registers: tuple[Path, ...]
    as_of: str | None = None

    @property
    def expected(self) -> frozenset[str]:
        """The shapes that give results with either engine."""
        return self.by_pyshacl | self.by_compiled

    def expected_by(self, engine: str) -> frozenset[str]:
        """The shapes that must give results with the engine."""
        return self.by_compiled if engine == "compiled" else self.by_pyshacl

    def matches(self, findings: Iterable[Finding], *, engine: str) -> bool:
        """Whether exactly the expected shapes gave findings, and the worst severity is that of the verdict."""
        all_findings = list(findings)
        worst = next((severity for severity in SEVERITIES if any(f.severity == severity for f in all_findings)), None)
        return {finding.shape for finding in all_findings} == self.expected_by(engine) and worst == self.worst


def cases_of(stem: str) -> list[Case]:
    """The cases of the shapes file with this stem, in the order of their names."""
    files = sorted((FOLDER / stem).glob("*.*"))
    return [read_case(file) for file in files if file.name.partition(".")[0] in VERDICTS]


def read_case(file: Path) -> Case:
    """The case in the file."""
    text = file.read_text(encoding="utf-8")
    by_pyshacl = frozenset(_expand(name) for name in _EXPECTS.findall(text))
    return Case(
        path=file,
        worst=VERDICTS[file.name.partition(".")[0]],
        by_pyshacl=by_pyshacl,
        by_compiled=frozenset(_expand(name) for name in _COMPILED.findall(text)) or by_pyshacl,
        as_of=next(iter(_AS_OF.findall(text)), None),
        registers=tuple(file.parent / name for name in _REGISTER.findall(text)),
    )


def _expand(name: str) -> str:
    prefix, _, local = name.partition(":")
    return PREFIXES[prefix] + local
