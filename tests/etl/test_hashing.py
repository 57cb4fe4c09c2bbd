"""Row hashes: the published vectors of SipHash-2-4-128, and what tells rows apart."""

import pandas as pd
import pytest

from etl.hashing import row_hashes, siphash

KEY = bytes(range(16))


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        # vectors_sip128 of the reference implementation: key 00 01 … 0f, message 00 01 02 …
        (0, "a3817f04ba25a8e66df67214c7550293"),
        (1, "da87c1d86b99af44347659119b22fc45"),
        (15, "5493e99933b0a8117e08ec0f97cfc3d9"),
    ],
)
def test_the_hash_is_siphash_as_published(length: int, expected: str) -> None:
    assert siphash(bytes(range(length)), KEY).hex() == expected


def test_rows_are_told_apart_by_where_their_fields_end() -> None:
    rows = pd.DataFrame({"a": ["12", "1", "12", None], "b": ["3", "23", "3", ""]}, dtype="str")

    hashes = row_hashes(rows, KEY).to_pylist()

    assert hashes[0] == hashes[2]
    assert len(set(hashes)) == 3
    assert hashes[3] == row_hashes(pd.DataFrame({"a": [""], "b": [""]}, dtype="str"), KEY).to_pylist()[0]


def test_another_key_gives_other_hashes() -> None:
    rows = pd.DataFrame({"a": ["text"]}, dtype="str")

    assert row_hashes(rows, KEY).to_pylist() != row_hashes(rows, KEY[::-1]).to_pylist()


def test_the_hash_of_a_row_does_not_depend_on_the_rows_beside_it() -> None:
    rows = pd.DataFrame({"a": [str(number) for number in range(70_000)], "b": "。"}, dtype="str")

    whole = row_hashes(rows, KEY).to_pylist()

    assert whole[66_000:66_010] == row_hashes(rows.iloc[66_000:66_010], KEY).to_pylist()
