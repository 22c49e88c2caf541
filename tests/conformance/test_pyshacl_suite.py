"""The runner of pySHACL's own tests: what it finds wrong with judgements, what it says without a network, and the table itself."""

import io
import json
import sys
import urllib.request
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import pyshacl_suite


def test_faults_of_judgements():
    """A miss that is not judged, a judgement without a miss, and a fault of ours are told."""
    outcomes = {"a": ("failed", True), "b": ("passed", True), "c": ("failed", False), "d": ("failed", True)}
    fair = {"a": ("internal", ""), "c": ("unsupported by design", ""), "d": ("pySHACL differs from SHACL", "")}

    assert pyshacl_suite.faults(outcomes, fair) == []
    wrong = {"b": ("internal", ""), "d": ("ours", ""), "e": ("internal", "")}
    assert pyshacl_suite.faults(outcomes, wrong) == [
        "not judged: a", "judged, and there is no such miss: b", "judged, and there is no such miss: e", "'ours' may not be: d",
    ]  # fmt: skip


def test_table():
    """The judgements are sorted, each with one of the kinds and a reason, and each difference from SHACL with its clause."""
    judged = pyshacl_suite.judgements()

    assert list(judged) == sorted(judged)
    assert {judgement for judgement, _ in judged.values()} <= set(pyshacl_suite.JUDGEMENTS)
    assert all(reason for _, reason in judged.values())
    assert all("SHACL 1.0, " in reason for judgement, reason in judged.values() if judgement == "pySHACL differs from SHACL")


def test_without_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Without a network, and for an archive that is not the published one, one sentence says so and the exit code is 2."""

    def fail(*_args: object, **_options: object):
        raise OSError("no route")

    monkeypatch.setattr(pyshacl_suite, "CACHE", tmp_path)
    monkeypatch.setattr(pyshacl_suite, "version", lambda _: "1.0")
    monkeypatch.setattr(urllib.request, "urlopen", fail)
    assert pyshacl_suite.main() == 2
    assert "cannot be downloaded" in capsys.readouterr().err

    files = {"files": [{"filename": "pyshacl-1.0.tar.gz", "url": "https://example.org/", "hashes": {"sha256": "0"}}]}
    monkeypatch.setattr(urllib.request, "urlopen", lambda *_, **__: io.BytesIO(json.dumps(files).encode()))
    assert pyshacl_suite.main() == 2
    assert "SHA-256" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
