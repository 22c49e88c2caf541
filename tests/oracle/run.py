"""The oracle: what the program answered at one commit, recorded once, and a later tree compared with it.

    python tests/oracle/run.py record --tree DIR     record the answers of the tree (done once, from commit 5559bf9)
    python tests/oracle/run.py compare               compare this tree with the record

Recorded is what a user can see: of each command of `commands.txt` the exit code, standard output, standard error and the files written;
of the service each page and datum that links lead to, and each request of `requests.txt`, with status, headers and body. Both in both
languages, on the demo register and on a generated one of 200 submissions (`inputs.tar.xz`).

A difference is allowed only where a line of `differences.tsv` describes it: the answers concerned (a regular expression on their names),
what may differ (a regular expression, replaced by nothing on both sides before they are compared) and the reason.
A line that describes no difference any more is a fault too. Exit code 0: no other difference; 1: differences, which are shown.
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
import tarfile
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
_MOST_SHOWN: Final = 40
_SECONDS: Final = 300

Answer = dict[str, Any]
"""What one command or request gave, as JSON can hold it."""
Answers = Iterator[tuple[str, Callable[[], Answer]]]


@dataclass(frozen=True)
class Difference:
    """A line of `differences.tsv`."""

    names: re.Pattern[str]
    what: re.Pattern[str]
    reason: str


@dataclass(frozen=True)
class Command:
    """A command as a user types it, and the file on its standard input."""

    name: str
    arguments: tuple[str, ...]
    standard_input: str | None


# ── Commands ────────────────────────────────────────────────────────────────────────────────────────────────────────


def commands(text: str) -> Iterator[Command]:
    """Each line of `commands.txt`, for each register and language that it asks for."""
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        registers = [REGISTER] if "{generated}" in line else ["", REGISTER] if "{register}" in line else [""]
        for register in registers:
            for lang in LANGUAGES if "{lang}" in line else LANGUAGES[:1]:
                put = line.replace("{register}", register).replace("{generated}", register).replace("{lang}", f"--lang {lang}")
                given = re.search(r"\{from ([^}]+)\}", put)
                words = shlex.split(put.replace(given[0], "") if given else put)
                yield Command(" ".join(("observance", *words)), tuple(words), given[1] if given else None)


def run(command: Command, *, tree: Path, folder: Path) -> Answer:
    """What the command gives: exit code, output, error and the files below `out/` that it wrote."""
    written = next((Path(word) for word in command.arguments if word.startswith("out/")), None)
    # A folder must not be there before it is written; runs in another language would find it.
    place = folder if written is None else Path(tempfile.mkdtemp(dir=folder.parent))
    if written is not None:
        _furnish(place, tree=tree)
        (place / "out").mkdir()
    given = (folder / command.standard_input).read_bytes() if command.standard_input else b""
    done = subprocess.run(
        [sys.executable, "-m", "observance", *command.arguments], cwd=place, env=_environment(tree), input=given, capture_output=True,
        timeout=_SECONDS, check=False,
    )  # fmt: skip
    output = [] if written is None else sorted(file for file in (place / "out").rglob("*") if file.is_file())
    files = {file.relative_to(place).as_posix(): _text(file.read_bytes()) for file in output}
    return {"exit": done.returncode, "out": _text(done.stdout), "err": _text(done.stderr), **({"files": files} if files else {})}


def _environment(tree: Path) -> Mapping[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OBSERVANCE_", "LC_", "LANG"))}
    return {**kept, "PYTHONPATH": str(tree / "service"), "LC_ALL": "C.UTF-8", "OBSERVANCE_QUERY_SECONDS": "120", "COLUMNS": "100"}


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return "base64:" + base64.b64encode(content).decode("ascii")


def _furnish(folder: Path, *, tree: Path) -> None:
    """The rooms of the tree and the inputs, found from the folder by the paths that the commands name."""
    for room in _ROOMS:
        (folder / room).symlink_to(tree / room)
    with tarfile.open(HERE / "inputs.tar.xz") as archive:
        archive.extractall(folder / "inputs", filter="data")


# ── The service ─────────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def served(*, tree: Path, folder: Path, register: str) -> Iterator[str]:
    """The host and port of a service of the tree on the register."""
    command = [sys.executable, "-m", "observance", "serve", "--port", "0", "--lang", "en", *shlex.split(register)]
    with subprocess.Popen(command, cwd=folder, env=_environment(tree), stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            found = re.search(r"http://([^/]+)/", said)
            assert found, said
            yield found[1]
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)


def asked(*, tree: Path, folder: Path, lang: str, register: str, host: str) -> Iterator[tuple[str, Answer]]:
    """What the service answers: the crawl, then, on the demo register, the requests of the file."""
    fetch = crawl.fetcher(host, lang=lang)
    label = f"{lang} {'generated' if register else 'demo'}"
    for path, response in crawl.crawl(fetch):
        yield f"{label} {path}", _recorded(response)
    if not register:
        for request in crawl.requests((HERE / "requests.txt").read_text(encoding="utf-8"), folder=folder):
            yield f"{label} request {request.name}", _recorded(fetch(request))


def _recorded(response: crawl.Response) -> Answer:
    return {"status": response.status, "headers": dict(response.headers), "body": _text(response.body)}


# ── Everything ──────────────────────────────────────────────────────────────────────────────────────────────────────


def answers(tree: Path, *, sample: int = 0) -> Iterator[tuple[str, Answer]]:
    """Every answer of the tree by its name; with a sample, of so many commands and of as many pages."""
    with tempfile.TemporaryDirectory(prefix="observance-oracle-") as scratch:
        os.environ["XDG_CACHE_HOME"] = str(Path(scratch) / "cache")
        folder = Path(scratch) / "here"
        folder.mkdir()
        _furnish(folder, tree=tree)
        every = list(commands((HERE / "commands.txt").read_text(encoding="utf-8")))
        chosen = every if not sample else sorted(random.Random(sample).sample(every, min(sample, len(every))), key=every.index)
        with ThreadPoolExecutor(2) as pool:
            given = pool.map(lambda command: run(command, tree=tree, folder=folder), chosen)
            for number, (command, answer) in enumerate(zip(chosen, given, strict=True), start=1):
                yield command.name, answer
                _progress("commands", number, of=len(chosen))
        for register in ("", REGISTER)[: 1 if sample else 2]:
            with served(tree=tree, folder=folder, register=register) as host:
                for lang in LANGUAGES:
                    found = asked(tree=tree, folder=folder, lang=lang, register=register, host=host)
                    for number, (name, answer) in enumerate(found, start=1):
                        yield name, answer
                        _progress(f"pages, {lang}{', generated' if register else ''}", number)
                        if sample and number >= sample:
                            break


def _progress(what: str, number: int, *, of: int | None = None) -> None:
    if sys.stderr.isatty() or number % 200 == 0:
        print(f"{what}: {number}" + (f" of {of}" if of else ""), end="\r" if sys.stderr.isatty() else "\n", file=sys.stderr, flush=True)


def record(tree: Path) -> int:
    """Write `inputs.tar.xz` and `answers.jsonl.xz`."""
    with tempfile.TemporaryDirectory() as scratch:
        inputs.write(Path(scratch))
        with tarfile.open(HERE / "inputs.tar.xz", "w:xz") as archive:
            for file in sorted(Path(scratch).rglob("*")):
                archive.add(file, arcname=file.relative_to(scratch).as_posix(), recursive=False, filter=_anonymous)
    with lzma.open(HERE / "answers.jsonl.xz", "wt", encoding="utf-8", preset=9) as output:
        for name, answer in answers(tree):
            output.write(json.dumps({"name": name, **answer}, ensure_ascii=False, sort_keys=True) + "\n")
    return 0


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.mtime, member.uid, member.gid, member.uname, member.gname = 0, 0, 0, "", ""
    return member


def recorded() -> dict[str, Answer]:
    """The record: each answer by its name."""
    with lzma.open(HERE / "answers.jsonl.xz", "rt", encoding="utf-8") as lines:
        found = [json.loads(line) for line in lines]
    return {answer.pop("name"): answer for answer in found}


def differences() -> list[Difference]:
    """The lines of `differences.tsv`."""
    lines = (HERE / "differences.tsv").read_text(encoding="utf-8").splitlines()
    fields = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return [Difference(re.compile(names), re.compile(what), reason) for names, what, reason in fields]


def compare(tree: Path, *, sample: int) -> int:
    """Show each answer that is another one than recorded; the exit code."""
    known, allowed, used = recorded(), differences(), set[int]()
    shown = count = 0
    names: set[str] = set()
    for name, answer in answers(tree, sample=sample):
        names.add(name)
        count += 1
        before = _without(known.get(name), name=name, allowed=allowed, used=used)
        after = _without(answer, name=name, allowed=allowed, used=used)
        if before != after:
            shown += 1
            if shown <= _MOST_SHOWN:
                print(f"\n── {name}", *_shown(before, after), sep="\n")
    missing = [] if sample else [name for name in known if name not in names and not _excused(name, allowed, used)]
    unused = [] if sample else [each.reason for number, each in enumerate(allowed) if number not in used]
    for line in (
        *(f"no longer answered: {name}" for name in missing[:_MOST_SHOWN]),
        *(f"no such difference: {reason}" for reason in unused),
    ):
        print(line)
    faults = shown + len(missing) + len(unused)
    print(f"oracle: {count - shown} passed, {faults} failed")
    return 1 if faults else 0


def _excused(name: str, allowed: Sequence[Difference], used: set[int]) -> bool:
    """Whether a line says that the answer is gone: its second field is `^`, which matches everything."""
    found = [number for number, each in enumerate(allowed) if each.names.search(name) and each.what.pattern == "^"]
    used.update(found)
    return bool(found)


def _without(answer: Answer | None, *, name: str, allowed: Sequence[Difference], used: set[int]) -> str:
    """The answer as lines, without what may differ."""
    if answer is None:
        return ""
    text = _lines(answer)
    for number, each in enumerate(allowed):
        if each.names.search(name):
            text, replaced = each.what.subn("", text)
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


def _shown(before: str, after: str) -> Sequence[str]:
    if not before:
        return ["  not recorded"]
    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0))[2:]
    return [line[:300] for line in lines[:8]]


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=["record", "compare"])
    parser.add_argument("--tree", type=Path, default=ROOT, help="the checkout whose program answers")
    parser.add_argument("--sample", type=int, default=0, help="compare so many commands and so many pages in each language")
    options = parser.parse_args()
    return record(options.tree) if options.verb == "record" else compare(options.tree.resolve(), sample=options.sample)


if __name__ == "__main__":
    sys.exit(main())
