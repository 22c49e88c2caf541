"""`make attack`: a sample of the attacks is held."""

import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).parent / "run.py"


@pytest.mark.whole
def test_sample_is_held() -> None:
    """None of the attacks of the sample succeeds."""
    done = subprocess.run([sys.executable, str(RUN), "--seconds", "5"], capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, "SUCCEEDED" in done.stdout) == (0, False), done.stdout + done.stderr
    assert done.stdout.count("held") >= 7
