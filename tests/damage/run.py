"""`make damage COUNT=n`: single damages to the demo register; none may change an answer without a warning that names the damaged file.

Each damage (`damages.py`) is made to a folder, which is opened like any register and assessed at the moment of the undamaged one, under the
default reading and another. Where a duty has another status, is missing or is new, this must hold: the new status says that nothing is
established or that clarification is requested (`OPEN`); or the register does not open, and the error names the file; or the check of the
register says more of the file than before, and a warning precedes the answer or the explanation of the duty names the file. Of a node that
the damaged file no longer describes, what is said where another file refers to it counts: it names the node. Where the node of an occasion
has another name, and nothing refers to it, the duty has another name too: with the same status it is the same duty.

The seed is fixed unless another is given; `--number` repeats one damage.
"""

import argparse
import multiprocessing
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, cached_property, partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from damages import Damage, damage

from observance.assessment import AssessmentInputs, AssessmentSet, assess, explain_assessment
from observance.core import OBS, ObservanceError, Settings, compact, local_name
from observance.knowledge_base import KnowledgeBase
from observance.register import Moment, Register
from observance.submissions import PlaceFinder, Verdicts, check_register

ROOT = Path(__file__).parents[2]
FILES = {file.name: file.read_bytes() for file in sorted((ROOT / "queries" / "demo").iterdir())}
SEED = 2018
OPEN = {OBS + "Unknown", OBS + "ReceivedNotValid"}
FAILURES = ("SILENT", "ERROR")
OUTCOMES = ("same", "open", "warned", "refused", *FAILURES)
TOLD = {"Violation", "Warning"}


@dataclass(frozen=True)
class Outcome:
    """What became of a damage: one of OUTCOMES, and the differences that nothing tells, or the error."""

    number: int
    kind: str
    change: str
    result: str
    details: tuple[str, ...] = ()


class Trial:
    """A register in a folder, opened with the rules and shapes of a knowledge base; raises what opening a register raises."""

    def __init__(self, folder: Path, *, kb: KnowledgeBase) -> None:
        """Read the folder; it is validated when it is first assessed."""
        self._kb, self._folder = kb, folder
        self._inputs = AssessmentInputs(kb.assessment.rule_base, kb.register.open([folder]), self._verdicts)

    def _verdicts(self, register: Register) -> Verdicts:
        kb = self._kb

        def places(number: int) -> PlaceFinder:
            return PlaceFinder(register.documents[number], number=number, settings=kb.settings, contexts=kb.contexts)

        return Verdicts(register, knowledge=kb.knowledge, shapes=kb.shapes, places=places, cache=kb.settings.cache)

    def assess(self, reading: str, at: Moment | None = None) -> AssessmentSet:
        """The assessments of all duties under the reading, at the last moment on record unless another is given."""
        return assess(self._inputs, reading=reading, as_of=at and at.as_of, known_at=at and at.known_at)

    @cached_property
    def told(self) -> Counter[tuple[str, str]]:
        """What `observance check` tells of the register, good practice apart: how often it gives a message about the file of a name."""
        kb, register = self._kb, self._inputs.register
        report = check_register(register, knowledge=kb.knowledge, shapes=kb.shapes, settings=kb.settings, contexts=kb.contexts)
        faults = [(fault.document, fault.sentence("en")) for fault in register.faults if fault.severity in TOLD]
        findings = [(document, finding.message["en"]) for document, finding in report.findings if finding.severity in TOLD]
        return Counter((Path(document).name, message) for document, message in (*faults, *findings))

    def points_to(self, names: Iterable[str], *, duty: str, among: AssessmentSet) -> bool:
        """Whether an answer about the duty leads to one of the files: a warning precedes it, or its explanation names the file."""
        if self._inputs.warning:
            return True
        assessment = next((a for a in among.assessments if a.duty.iri == duty), None)
        if assessment is None:
            return False
        explained = explain_assessment(assessment, assessment_set=among, with_changes=False, with_readings=False)
        return any(name in sentence for sentence in explained.sentences("en") for name in names)


class Trials:
    """Damaged registers in one folder, assessed one after the other."""

    def __init__(self, folder: Path) -> None:
        """`folder` is empty; verdicts on documents are kept in it too."""
        self._folder = folder / "register"
        self._folder.mkdir()
        self._kb = KnowledgeBase.open(Settings(cache=folder / "cache"))
        self._present: Mapping[str, bytes] = {}
        self._readings = tuple(self._kb.assessment.readings)
        undamaged = self._trial(FILES)
        self._at = undamaged.assess(self._readings[0]).derivation.moment
        answers = {reading: undamaged.assess(reading, self._at) for reading in self._readings}
        self._expected = {reading: statuses(its) for reading, its in answers.items()}
        self._occasions = {a.duty.iri: compact(a.duty.occasion or "") for its in answers.values() for a in its.assessments}
        self._told = undamaged.told

    def _trial(self, files: Mapping[str, bytes]) -> Trial:
        """The register that consists of these files."""
        for name in set(self._present) - set(files):
            (self._folder / name).unlink()
        for name, content in files.items():
            if self._present.get(name) != content:
                (self._folder / name).write_bytes(content)
        self._present = files
        return Trial(self._folder, kb=self._kb)

    def outcome(self, number: int, *, seed: int) -> Outcome:
        """What becomes of the damage of this number."""
        made = damage(FILES, seed=seed, number=number)
        other = random.Random(f"{seed} {number} reading").choice(self._readings[1:])
        try:
            result, details = self._judge(made, readings=(self._readings[0], other))
        except ObservanceError as error:
            # A register that does not open is safe; the error has to say which file is meant.
            sentences = tuple(error.sentences().values())
            result, details = ("refused" if all(_names_any(text, made.names) for text in sentences) else "ERROR"), sentences
        except Exception:  # noqa: BLE001 - any other error is a fault of the program
            result, details = "ERROR", (traceback.format_exc(),)
        return Outcome(number, made.kind, made.change, result, details)

    def _judge(self, made: Damage, *, readings: Iterable[str]) -> tuple[str, tuple[str, ...]]:
        trial = self._trial(made.files)
        results, silent = {"same"}, []
        for reading in readings:
            assessments = trial.assess(reading, self._at)
            found, expected = self._by_old_name(statuses(assessments), made=made, reading=reading), self._expected[reading]
            for duty in sorted(duty for duty in {*found, *expected} if found.get(duty) != expected.get(duty)):
                if found.get(duty) in OPEN:
                    results.add("open")
                elif self._is_told(made, trial) and trial.points_to(made.names, duty=duty, among=assessments):
                    results.add("warned")
                else:
                    change = " → ".join(local_name(statuses_.get(duty, "#none")) for statuses_ in (expected, found))
                    silent.append(f"{reading}: {duty.rpartition('duties/')[2]}: {change}")
        return ("SILENT", tuple(silent)) if silent else (max(results, key=OUTCOMES.index), ())

    def _by_old_name(self, found: Mapping[str, str], *, made: Damage, reading: str) -> Mapping[str, str]:
        """The statuses, those of duties that have another name because their occasion has one under the old name."""
        expected, by_name = self._expected[reading], dict(found)
        for duty in expected.keys() - found.keys():
            if self._occasions[duty] in made.lost:
                prefix = duty.rpartition("/")[0]
                new = [other for other in by_name if other not in expected and other.rpartition("/")[0] == prefix]
                if len(new) == 1 and by_name[new[0]] == expected[duty]:
                    by_name[duty] = by_name.pop(new[0])
        return by_name

    def _is_told(self, made: Damage, trial: Trial) -> bool:
        return any(name in made.names or any(node in message for node in made.lost) for name, message in trial.told - self._told)


def statuses(assessments: AssessmentSet) -> Mapping[str, str]:
    """The status of each duty."""
    return {assessment.duty.iri: assessment.status.iri for assessment in assessments.assessments}


def _names_any(text: str, names: Iterable[str]) -> bool:
    return any(name in text for name in names)


@cache
def trials() -> Trials:
    """The damaged registers of this process."""
    return Trials(Path(tempfile.mkdtemp(prefix="observance-damage-")))


def outcomes(numbers: Iterable[int], *, seed: int) -> list[Outcome]:
    """The outcomes of the damages of these numbers, in this process."""
    return [trials().outcome(number, seed=seed) for number in numbers]


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the damages and print what became of them, by kind; 1 if one changed an answer and nothing tells of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--first", type=int, default=0, help="the number of the first damage")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--number", type=int, help="only the damage of this number")
    options = parser.parse_args(arguments)
    started, found = time.monotonic(), list[Outcome]()
    numbers = range(options.first, options.first + options.count) if options.number is None else (options.number,)
    batches = [numbers[n : n + 10] for n in range(0, len(numbers), 10)]
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        for batch in pool.map(partial(outcomes, seed=options.seed), batches):
            found += batch
            for outcome in batch:
                if outcome.result in FAILURES:
                    print(
                        f"{outcome.result} {outcome.number} ({outcome.kind}): {outcome.change}",
                        *outcome.details[:3],
                        f"({len(outcome.details)})",
                        sep="\n    ",
                        flush=True,
                    )
            if sys.stderr.isatty() or len(found) % 500 == 0:
                print(f"{len(found)}/{len(numbers)}", end="\r" if sys.stderr.isatty() else "\n", file=sys.stderr, flush=True)
    return _print_summary(found, seconds=time.monotonic() - started)


def _print_summary(found: Sequence[Outcome], *, seconds: float) -> int:
    counts = Counter((outcome.kind, outcome.result) for outcome in found)
    print(f"{'':20}" + "".join(f"{result:>9}" for result in OUTCOMES))
    for kind in dict.fromkeys(outcome.kind for outcome in found):
        print(f"{kind:20}" + "".join(f"{counts[kind, result]:9}" for result in OUTCOMES))
    failures = sum(outcome.result in FAILURES for outcome in found)
    print(f"{len(found)} damages in {seconds:.0f} s, {failures} that changed an answer without a word about the file")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
