"""Growth of the SPARQL tokeniser on hostile texts: how many times as long a text of eight times the length takes, up to a megabyte.

Linear time is some 8, quadratic time some 64. Printed, for each kind of text: the processor time of the longest, and the ratios.
"""

import gc
import itertools
import sys
import time
from collections import deque

from oxishacl import sparql_tokens

HOSTILE = {
    "strings": '"a" ',
    "unclosed-strings": '"a\n',
    "unclosed-long-string": '"""a\n\'',
    "long-strings-after-escapes": '\n\\"""',
    "invalid-escapes": "'\\q",
    "less-than": "<",
    "unclosed-iris": "<a",
    "iris-or-comparisons": "<(> ",
    "comments": "#\n",
    "one-comment": "#",
    "backslashes": "\\",
    "words": "a ",
    "no-prefix": "a.a-",
    "local-names": ":a.%41.",
    "dots": "a:b......",
    "blank-nodes": "_:a..",
    "language-tags": "@a-",
    "numbers": "1.e",
}
SIZES = (2**14, 2**17, 2**20)
ROUNDS = 3


def seconds(text: str) -> float:
    """The least processor time that the tokens of the text take in a few rounds."""
    times = []
    for _ in range(ROUNDS):
        gc.collect()
        start = time.process_time()
        deque(sparql_tokens(text, prefer_comparison=True), maxlen=0)
        times.append(time.process_time() - start)
    return min(times)


def main() -> int:
    """Print a line for each kind of text."""
    for name, unit in HOSTILE.items():
        times = [seconds((unit * size)[:size]) for size in SIZES]
        ratios = ", ".join(f"{longer / shorter:.1f}" for shorter, longer in itertools.pairwise(times))
        print(f"{name:28}{times[-1]:8.2f} s  {ratios}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
