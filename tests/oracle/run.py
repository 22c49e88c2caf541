"""The oracle: a later version of the program is compared with the answers that an earlier one gave.

    python tests/oracle/run.py record --tree DIR FILE     record the answers of the tree in the file
    python tests/oracle/run.py compare FILE               compare the answers of this tree with those in the file

`make oracle BASE=commit` does both. The record has all that a user can see: for each command of `commands.txt`, the exit code, standard
output, standard error and the written files; for the service, each resource that links lead to and each request of `requests.txt`, with
status, headers and body. Both are in both languages, on the demo register and on a generated one of 200 submissions (`inputs.py`).

A difference is allowed only if a line of `differences.tsv` describes it: a regular expression for the names of the answers, a regular
expression for the text that may differ, which is removed on both sides, and the reason. Exit code 0: no other differences; 1: differences,
which are printed, and lines that describe no difference any more.
"""

import argparse
import base64
import difflib
import json
import lzma
import os
import random
import re
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import crawl
import inputs

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parents[1]
LANGUAGES: Final = ("en", "fr")
REGISTER: Final = "--register inputs/register"
_ROOMS: Final = ("ontology", "shapes", "rules", "queries")
_MAX_PRINTED: Final = 40
_TIMEOUT: Final = 300
"""Seconds to wait for a command."""

Answer = dict[str, Any]
"""The recorded answer of one command or request, as a JSON object."""
Answers = Iterator[tuple[str, Callable[[], Answer]]]


@dataclass(frozen=True)
class Difference:
    """An allowed difference, a line of `differences.tsv`."""

    names: re.Pattern[str]
    text: re.Pattern[str]
    reason: str


@dataclass(frozen=True)
class Command:
    """A command with its arguments, and the file for its standard input, if any."""

    name: str
    arguments: tuple[str, ...]
    standard_input: str | None


# ── Commands ────────────────────────────────────────────────────────────────────────────────────────────────────────


def commands(text: str) -> Iterator[Command]:
    """The commands of each line of `commands.txt`, for each register and language that its placeholders select."""
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        registers = [REGISTER] if "{generated}" in line else ["", REGISTER] if "{register}" in line else [""]
        for register in registers:
            for lang in LANGUAGES if "{lang}" in line else LANGUAGES[:1]:
                filled = line.replace("{register}", register).replace("{generated}", register).replace("{lang}", f"--lang {lang}")
                input_file = re.search(r"\{from ([^}]+)\}", filled)
                words = shlex.split(filled.replace(input_file[0], "") if input_file else filled)
                yield Command(" ".join(("observance", *words)), tuple(words), input_file[1] if input_file else None)


def run(command: Command, *, tree: Path, folder: Path) -> Answer:
    """Run the command; its exit code, output and error, and the files that it wrote below `out/`."""
    output_path = next((Path(word) for word in command.arguments if word.startswith("out/")), None)
    # An output folder must not exist before the command, so each writing command runs in a folder of its own.
    working_folder = folder if output_path is None else Path(tempfile.mkdtemp(dir=folder.parent))
    if output_path is not None:
        _prepare_folder(working_folder, tree=tree)
        (working_folder / "out").mkdir()
    input_bytes = (folder / command.standard_input).read_bytes() if command.standard_input else b""
    completed = subprocess.run(
        [sys.executable, "-m", "observance", *command.arguments], cwd=working_folder, env=_environment(tree), input=input_bytes,
        capture_output=True, timeout=_TIMEOUT, check=False,
    )  # fmt: skip
    written_files = [] if output_path is None else sorted(file for file in (working_folder / "out").rglob("*") if file.is_file())
    files = {file.relative_to(working_folder).as_posix(): _text(file.read_bytes()) for file in written_files}
    answer = {"exit": completed.returncode, "out": _text(completed.stdout), "err": _text(completed.stderr)}
    return {**answer, "files": files} if files else answer


def _environment(tree: Path) -> Mapping[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("OBSERVANCE_", "LC_", "LANG"))}
    return {**inherited, "PYTHONPATH": str(tree / "service"), "LC_ALL": "C.UTF-8", "OBSERVANCE_QUERY_SECONDS": "120", "COLUMNS": "100"}


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return "base64:" + base64.b64encode(content).decode("ascii")


def _prepare_folder(folder: Path, *, tree: Path) -> None:
    """Link the rooms of the tree into the folder and write the inputs, under the paths that the commands use."""
    for room in _ROOMS:
        (folder / room).symlink_to(tree / room)
    inputs.write(folder / "inputs")


# ── The service ─────────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def serve(*, tree: Path, folder: Path, register: str) -> Iterator[str]:
    """Start a service of the tree with the register; yields its host and port."""
    command = [sys.executable, "-m", "observance", "serve", "--port", "0", "--lang", "en", *shlex.split(register)]
    with subprocess.Popen(command, cwd=folder, env=_environment(tree), stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            first_line = process.stdout.readline()
            match = re.search(r"http://([^/]+)/", first_line)
            assert match, first_line
            yield match[1]
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)


def service_answers(*, tree: Path, folder: Path, lang: str, register: str, host: str) -> Iterator[tuple[str, Answer]]:
    """The answers of the service: those of the crawl and then, on the demo register, those of the requests in the file."""
    fetch = crawl.fetcher(host, lang=lang)
    label = f"{lang} {'generated' if register else 'demo'}"
    for path, response in crawl.crawl(fetch):
        yield f"{label} {path}", _response_to_answer(response)
    if not register:
        for request in crawl.requests((HERE / "requests.txt").read_text(encoding="utf-8"), folder=folder):
            yield f"{label} request {request.name}", _response_to_answer(fetch(request))


def _response_to_answer(response: crawl.Response) -> Answer:
    return {"status": response.status, "headers": dict(response.headers), "body": _text(response.body)}


# ── Everything ──────────────────────────────────────────────────────────────────────────────────────────────────────


def answers(tree: Path, *, sample: int = 0) -> Iterator[tuple[str, Answer]]:
    """All answers of the tree, each with its name; `sample` limits the number of commands, and of pages in each language."""
    with tempfile.TemporaryDirectory(prefix="observance-oracle-") as scratch:
        os.environ["XDG_CACHE_HOME"] = str(Path(scratch) / "cache")
        folder = Path(scratch) / "here"
        folder.mkdir()
        _prepare_folder(folder, tree=tree)
        all_commands = list(commands((HERE / "commands.txt").read_text(encoding="utf-8")))
        selected = all_commands
        if sample:
            selected = sorted(random.Random(sample).sample(all_commands, min(sample, len(all_commands))), key=all_commands.index)
        with ThreadPoolExecutor(2) as pool:
            command_answers = pool.map(lambda command: run(command, tree=tree, folder=folder), selected)
            for number, (command, answer) in enumerate(zip(selected, command_answers, strict=True), start=1):
                yield command.name, answer
                _progress("commands", number, of=len(selected))
        for register in ("", REGISTER)[: 1 if sample else 2]:
            with serve(tree=tree, folder=folder, register=register) as host:
                for lang in LANGUAGES:
                    page_answers = service_answers(tree=tree, folder=folder, lang=lang, register=register, host=host)
                    for number, (name, answer) in enumerate(page_answers, start=1):
                        yield name, answer
                        _progress(f"pages, {lang}{', generated' if register else ''}", number)
                        if sample and number >= sample:
                            break


def _progress(label: str, number: int, *, of: int | None = None) -> None:
    if sys.stderr.isatty() or number % 200 == 0:
        print(f"{label}: {number}" + (f" of {of}" if of else ""), end="\r" if sys.stderr.isatty() else "\n", file=sys.stderr, flush=True)


def record(tree: Path, *, file: Path, sample: int) -> int:
    """Write the answers of the tree to the file; the exit code."""
    with lzma.open(file, "wt", encoding="utf-8") as output:
        for name, answer in answers(tree, sample=sample):
            output.write(json.dumps({"name": name, **answer}, ensure_ascii=False, sort_keys=True) + "\n")
    return 0


def read_record(file: Path) -> dict[str, Answer]:
    """The recorded answers by name."""
    with lzma.open(file, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return {answer.pop("name"): answer for answer in rows}


def allowed_differences() -> list[Difference]:
    """The allowed differences, in the order of `differences.tsv`."""
    lines = (HERE / "differences.tsv").read_text(encoding="utf-8").splitlines()
    fields = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return [Difference(re.compile(names), re.compile(text), reason) for names, text, reason in fields]


def compare(tree: Path, *, file: Path, sample: int) -> int:
    """Print the answers that differ from those in the file; the exit code."""
    recorded_answers, allowed, used = read_record(file), allowed_differences(), set[int]()
    differing = count = 0
    names: set[str] = set()
    for name, answer in answers(tree, sample=sample):
        names.add(name)
        count += 1
        recorded = _comparable_text(recorded_answers.get(name), name=name, allowed=allowed, used=used)
        current = _comparable_text(answer, name=name, allowed=allowed, used=used)
        if recorded != current:
            differing += 1
            if differing <= _MAX_PRINTED:
                print(f"\n── {name}", *_difference_lines(recorded, current), sep="\n")
    missing = [] if sample else [name for name in recorded_answers if name not in names and not _may_be_missing(name, allowed, used)]
    unused = [] if sample else [each.reason for number, each in enumerate(allowed) if number not in used]
    for line in (
        *(f"no longer answered: {name}" for name in missing[:_MAX_PRINTED]),
        *(f"no such difference: {reason}" for reason in unused),
    ):
        print(line)
    failed = differing + len(missing) + len(unused)
    print(f"oracle: {count - differing} passed, {failed} failed")
    return 1 if failed else 0


def _may_be_missing(name: str, allowed: Sequence[Difference], used: set[int]) -> bool:
    """Whether a difference allows the answer to be missing: its text is `^`, which matches every answer."""
    matching = [number for number, each in enumerate(allowed) if each.names.search(name) and each.text.pattern == "^"]
    used.update(matching)
    return bool(matching)


def _comparable_text(answer: Answer | None, *, name: str, allowed: Sequence[Difference], used: set[int]) -> str:
    """The answer as lines, without the text that may differ; adds the indexes of the differences applied to `used`."""
    if answer is None:
        return ""
    text = _lines(answer)
    for number, each in enumerate(allowed):
        if each.names.search(name):
            text, replaced = each.text.subn("", text)
            if replaced:
                used.add(number)
    return text


def _lines(answer: Mapping[str, Any], *, prefix: str = "") -> str:
    parts: list[str] = []
    for key, value in sorted(answer.items()):
        if isinstance(value, dict):
            parts.append(_lines(value, prefix=f"{prefix}{key} "))
        else:
            parts += [f"{prefix}{key}: {line}" for line in str(value).splitlines() or [""]]
    return "\n".join(parts)


def _difference_lines(before: str, after: str) -> Sequence[str]:
    if not before:
        return ["  not recorded"]
    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0))[2:]
    return [line[:300] for line in lines[:8]]


def main() -> int:
    """Record or compare; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=["record", "compare"])
    parser.add_argument("file", type=Path, help="the recorded answers")
    parser.add_argument("--tree", type=Path, default=ROOT, help="the checkout whose program answers")
    parser.add_argument("--sample", type=int, default=0, help="only so many commands and so many pages in each language")
    options = parser.parse_args()
    run_verb = record if options.verb == "record" else compare
    return run_verb(options.tree.resolve(), file=options.file, sample=options.sample)


if __name__ == "__main__":
    sys.exit(main())
