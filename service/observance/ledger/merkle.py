"""Merkle trees: the hashes and proofs of RFC 6962, sections 2.1 to 2.1.2 (RFC 9162, section 2.1, for their verification).

A tree is given by the hashes of its leaves, in order.
"""

import hashlib
from collections.abc import Sequence

HASH_BYTES = 32


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of a leaf."""
    return hashlib.sha256(b"\x00" + entry).digest()


def _node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def tree_hash(leaves: Sequence[bytes]) -> bytes:
    """Return the hash of the tree."""
    return Peaks(leaves).root


class Peaks:
    """The hashes of the complete subtrees of a tree, from left to right: enough to add leaves, and to give the hash of the whole."""

    def __init__(self, leaves: Sequence[bytes] = ()) -> None:
        """Begin with these leaves."""
        self.size = 0
        self._peaks: list[bytes] = []
        for leaf in leaves:
            self.add(leaf)

    def add(self, leaf: bytes) -> None:
        """Add the hash of a leaf at the end."""
        size = self.size
        while size & 1:
            leaf = _node_hash(self._peaks.pop(), leaf)
            size >>= 1
        self._peaks.append(leaf)
        self.size += 1

    def copy(self) -> "Peaks":
        """Return the same peaks, to add other leaves to."""
        copied = Peaks()
        copied.size, copied._peaks = self.size, list(self._peaks)
        return copied

    @property
    def root(self) -> bytes:
        """The hash of the tree."""
        if not self._peaks:
            return hashlib.sha256(b"").digest()
        root = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            root = _node_hash(peak, root)
        return root


def inclusion_path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """Return the audit path of the leaf at the index (section 2.1.1): the hashes from which, with the leaf's, that of the tree follows."""
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    if index < split:
        return [*inclusion_path(index, leaves[:split]), tree_hash(leaves[split:])]
    return [*inclusion_path(index - split, leaves[split:]), tree_hash(leaves[:split])]


def consistency_path(size: int, leaves: Sequence[bytes]) -> list[bytes]:
    """Return the proof that the tree of the first `size` leaves (at least one) is the beginning of the tree (section 2.1.2)."""
    return _consistency(size, leaves, is_whole=True)


def _consistency(size: int, leaves: Sequence[bytes], *, is_whole: bool) -> list[bytes]:
    if size == len(leaves):
        return [] if is_whole else [tree_hash(leaves)]
    split = _split(len(leaves))
    if size <= split:
        return [*_consistency(size, leaves[:split], is_whole=is_whole), tree_hash(leaves[split:])]
    return [*_consistency(size - split, leaves[split:], is_whole=False), tree_hash(leaves[:split])]


def _split(size: int) -> int:
    """Return the greatest power of two that is less than the size."""
    return 1 << ((size - 1).bit_length() - 1)


def is_included(leaf: bytes, *, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the path proves that the leaf with this hash is at the index of the tree with this size and hash (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    position, last, found = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if position & 1 or position == last:
            found = _node_hash(sibling, found)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            found = _node_hash(found, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and found == root


def is_consistent(*, first: int, first_root: bytes, second: int, second_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the path proves that the tree of the first size and hash is the beginning of the second (RFC 9162, 2.1.4.2)."""
    if not 0 < first <= second:
        return False
    if first == second:
        return not path and first_root == second_root
    hashes = list(path) if first & (first - 1) else [first_root, *path]
    if not hashes:
        return False
    position, last = first - 1, second - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    old = new = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            old, new = _node_hash(sibling, old), _node_hash(sibling, new)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            new = _node_hash(new, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root
