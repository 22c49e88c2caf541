"""Merkle trees: the hashes of the published vectors of RFC 6962, and every proof of small trees, right and damaged."""

import hashlib

from observance.ledger.merkle import Peaks, consistency_path, inclusion_path, is_consistent, is_included, leaf_hash, tree_hash

# The test vectors of the Certificate Transparency project: the leaves, and the hash of the tree of the first n of them.
LEAVES = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
SIZE = 40


def leaves(size: int) -> list[bytes]:
    """The hashes of so many leaves."""
    return [leaf_hash(str(number).encode()) for number in range(size)]


def damaged(path: list[bytes]) -> list[list[bytes]]:
    """The path with one byte of a step changed, with a step left out, and with one too many."""
    changed = [[*path[:n], bytes([step[0] ^ 1]) + step[1:], *path[n + 1 :]] for n, step in enumerate(path)]
    return [*changed, *(path[:n] + path[n + 1 :] for n in range(len(path))), [*path, hashlib.sha256(b"x").digest()]]


def test_published_vectors():
    """The hashes of the trees are those of the published vectors."""
    hashes = [leaf_hash(bytes.fromhex(leaf)) for leaf in LEAVES]
    assert [tree_hash(hashes[:size]).hex() for size in range(len(LEAVES) + 1)] == list(ROOTS)


def test_leaves_are_added_one_by_one():
    """A tree to which leaves are added has the hash of the tree of all; a copy goes its own way."""
    peaks = Peaks(leaves(13))
    copy = peaks.copy()
    copy.add(leaf_hash(b"other"))
    for leaf in leaves(SIZE)[13:]:
        peaks.add(leaf)
    assert (peaks.size, peaks.root) == (SIZE, tree_hash(leaves(SIZE)))
    assert copy.root == tree_hash([*leaves(13), leaf_hash(b"other")])


def test_inclusion():
    """The path of every leaf of every tree proves where the leaf is, and nothing else; a damaged path proves nothing."""
    for size in range(1, SIZE):
        hashes, root = leaves(size), tree_hash(leaves(size))
        for index, leaf in enumerate(hashes):
            path = inclusion_path(index, hashes)
            assert is_included(leaf, index=index, size=size, path=path, root=root)
            assert not is_included(leaf_hash(b"other"), index=index, size=size, path=path, root=root)
            assert not any(
                is_included(leaf, index=other, size=size, path=path, root=root) for other in (-1, index ^ 1, size) if other != index
            )
            assert not any(is_included(leaf, index=index, size=size, path=wrong, root=root) for wrong in damaged(path))


def test_consistency():
    """The proof for every two trees holds for these two alone, and a damaged one for none."""
    roots = [tree_hash(leaves(size)) for size in range(SIZE + 1)]
    for second in range(1, SIZE):
        for first in range(1, second + 1):
            path = consistency_path(first, leaves(second))
            sizes = {"first": first, "second": second}
            assert is_consistent(**sizes, first_root=roots[first], second_root=roots[second], path=path)
            assert not is_consistent(**sizes, first_root=roots[first - 1], second_root=roots[second], path=path)
            assert not is_consistent(**sizes, first_root=roots[first], second_root=roots[second + 1], path=path)
            assert not any(
                is_consistent(**sizes, first_root=roots[first], second_root=roots[second], path=wrong) for wrong in damaged(path)
            )
