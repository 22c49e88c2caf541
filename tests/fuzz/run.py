"""`make fuzz COUNT=n`: damaged submissions in every syntax; each must give a report or an error of ours, nothing else.

The seed is fixed unless another is given, so that a failure can be repeated; the input that failed is kept in `fuzz-failure`.
"""

import argparse
import random
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from observance.errors import ObservanceError
from observance.house import House, open_house
from observance.model import Source

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "shapes" / "examples").iterdir())
PIECES = (
    *(b'"', b"'''", b"<", b">", b"[", b"]", b"(", b"{", b"@", b"^^", b"<<(", b"_:", b"."),
    *(b"\\u0000", b"\x00", b"\xff", b"&a;", b"<!DOCTYPE", b"@prefix : <x:> ."),
)
Change = Callable[[bytes, random.Random], bytes]


def cut(content: bytes, dice: random.Random) -> bytes:
    """The content without a stretch of it."""
    start = dice.randrange(len(content))
    return content[:start] + content[start + dice.randrange(1, 200) :]


def repeat(content: bytes, dice: random.Random) -> bytes:
    """The content with a stretch of it many times over."""
    start = dice.randrange(len(content))
    end = start + dice.randrange(1, 60)
    return content[:start] + content[start:end] * dice.randrange(2, 40) + content[end:]


def insert(content: bytes, dice: random.Random) -> bytes:
    """The content with something that means much in some syntax."""
    place = dice.randrange(len(content))
    return content[:place] + dice.choice(PIECES) + content[place:]


def flip(content: bytes, dice: random.Random) -> bytes:
    """The content with one byte changed."""
    place = dice.randrange(len(content))
    return content[:place] + bytes([dice.randrange(256)]) + content[place + 1 :]


def swap(content: bytes, dice: random.Random) -> bytes:
    """The content with two words exchanged: often still well-formed, and wrong in substance."""
    words = content.split(b" ")
    one, other = dice.randrange(len(words)), dice.randrange(len(words))
    words[one], words[other] = words[other], words[one]
    return b" ".join(words)


CHANGES: tuple[Change, ...] = (cut, repeat, insert, flip, swap)


def damaged(dice: random.Random) -> Source:
    """An example with one to four changes."""
    file = dice.choice(FILES)
    content = file.read_bytes()
    for _ in range(dice.randrange(1, 5)):
        content = dice.choice(CHANGES)(content, dice) or b" "
    return Source(file.name, content)


def survives(source: Source, *, house: House) -> bool:
    """Whether the program does with the source what it may do."""
    try:
        house.validate(source)
    except ObservanceError as error:
        return bool(error.sentences()["fr"])
    except Exception:  # noqa: BLE001 - finding them is the point
        traceback.print_exc()
        return False
    return True


def main(arguments: Sequence[str] | None = None) -> int:
    """1 at the first input that gives anything but a report or an error of ours."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=2018)
    options = parser.parse_args(arguments)
    dice = random.Random(options.seed)
    with open_house() as house:
        for number in range(1, options.count + 1):
            source = damaged(dice)
            if not survives(source, house=house):
                Path("fuzz-failure").write_bytes(source.content)
                print(f"input {number} of seed {options.seed}, from {source.name}, is kept in fuzz-failure")
                return 1
            if sys.stderr.isatty():
                print(f"\r{number}/{options.count}", end="", file=sys.stderr)
    print(f"{options.count} damaged submissions, each a report or an error of ours")
    return 0


if __name__ == "__main__":
    sys.exit(main())
