"""A keyed hash of every row as delivered: SipHash-2-4 with 128 bits of output, over Arrow's own buffers.

Keyed, since a row may hold what must not be guessed from its hash; SipHash is a keyed pseudorandom function
(Aumasson, Bernstein 2012; https://github.com/veorq/SipHash gives its test vectors). It tells rows that were delivered
before from others. It is not what persons are matched by: that is `gis.identity.hash_number`.
"""

import hashlib

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gis.compiled import compiled

#: rows joined to one text each at a time: their text stays in the processor's cache
_ROWS = 65_536
#: between the fields of a row; no field holds it
SEPARATOR = "\x1f"
_HEX = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)


def row_hashes(frame: pd.DataFrame, key: bytes) -> pa.Array:
    """Hash each row of texts; missing counts as empty.

    Returns
    -------
    hashes
        One text of 32 hexadecimal digits per row.
    """
    words = np.frombuffer(hashlib.blake2b(key, digest_size=16, person=b"fengqiao row").digest(), dtype=np.uint64)
    table = pa.Table.from_pandas(frame, preserve_index=False)
    # more than two thousand million characters in one column need wide offsets
    columns = [pc.fill_null(column.cast(pa.large_string()), "") for column in table.columns]
    result = np.empty((len(frame), 32), dtype=np.uint8)
    for start in range(0, len(frame), _ROWS):
        parts = [column.slice(start, _ROWS).combine_chunks() for column in columns]
        rows = pc.binary_join_element_wise(*parts, pa.scalar(SEPARATOR, pa.large_string()))
        rows = rows.combine_chunks() if isinstance(rows, pa.ChunkedArray) else rows
        _, offsets, data = rows.buffers()
        ends = np.frombuffer(offsets, dtype=np.int64)[rows.offset : rows.offset + len(rows) + 1]
        content = np.zeros(0, dtype=np.uint8) if data is None else np.frombuffer(data, dtype=np.uint8)
        hash_texts(content, ends, words[0], words[1], _HEX, result[start : start + len(rows)])
    return hex_array(result)


def hex_array(digits: NDArray[np.uint8]) -> pa.Array:
    """View rows of hexadecimal digits as Arrow's texts."""
    count, width = digits.shape
    offsets = np.arange(count + 1, dtype=np.int64) * width
    return pa.LargeStringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(digits))


def siphash(message: bytes, key: bytes) -> bytes:
    """Hash one message [16 bytes]; for checking against the published vectors."""
    words = np.frombuffer(key, dtype=np.uint64)
    digits = np.empty((1, 32), dtype=np.uint8)
    ends = np.array([0, len(message)], dtype=np.int64)
    hash_texts(np.frombuffer(message, dtype=np.uint8), ends, words[0], words[1], _HEX, digits)
    return bytes.fromhex(digits.tobytes().decode())


@compiled
def sip_round(
    v0: np.uint64, v1: np.uint64, v2: np.uint64, v3: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """One round of SipHash."""
    v0 += v1
    v1 = (v1 << np.uint64(13)) | (v1 >> np.uint64(51))
    v1 ^= v0
    v0 = (v0 << np.uint64(32)) | (v0 >> np.uint64(32))
    v2 += v3
    v3 = (v3 << np.uint64(16)) | (v3 >> np.uint64(48))
    v3 ^= v2
    v0 += v3
    v3 = (v3 << np.uint64(21)) | (v3 >> np.uint64(43))
    v3 ^= v0
    v2 += v1
    v1 = (v1 << np.uint64(17)) | (v1 >> np.uint64(47))
    v1 ^= v2
    v2 = (v2 << np.uint64(32)) | (v2 >> np.uint64(32))
    return v0, v1, v2, v3


@compiled
def hash_texts(
    data: NDArray[np.uint8],
    ends: NDArray[np.int64],
    key0: np.uint64,
    key1: np.uint64,
    digits: NDArray[np.uint8],
    out: NDArray[np.uint8],
) -> None:
    """Write the hash of text i, `data[ends[i]:ends[i + 1]]`, into row i of `out` as 32 hexadecimal digits."""
    for at in range(len(ends) - 1):
        first, last = ends[at], ends[at + 1]
        length = last - first
        v0 = key0 ^ np.uint64(0x736F6D6570736575)
        v1 = key1 ^ np.uint64(0x646F72616E646F6D) ^ np.uint64(0xEE)
        v2 = key0 ^ np.uint64(0x6C7967656E657261)
        v3 = key1 ^ np.uint64(0x7465646279746573)
        for block in range(length // 8 + 1):
            begin = first + block * 8
            word = np.uint64(0)
            if begin + 8 <= last:
                for place in range(8):
                    word |= np.uint64(data[begin + place]) << np.uint64(8 * place)
            else:
                # the last word holds what is left and, on top, the length
                word = np.uint64(length & 0xFF) << np.uint64(56)
                for place in range(last - begin):
                    word |= np.uint64(data[begin + place]) << np.uint64(8 * place)
            v3 ^= word
            for _ in range(2):
                v0, v1, v2, v3 = sip_round(v0, v1, v2, v3)
            v0 ^= word
        v2 ^= np.uint64(0xEE)
        for _ in range(4):
            v0, v1, v2, v3 = sip_round(v0, v1, v2, v3)
        low = v0 ^ v1 ^ v2 ^ v3
        v1 ^= np.uint64(0xDD)
        for _ in range(4):
            v0, v1, v2, v3 = sip_round(v0, v1, v2, v3)
        high = v0 ^ v1 ^ v2 ^ v3
        for place in range(8):
            byte = (low >> np.uint64(8 * place)) & np.uint64(0xFF)
            out[at, 2 * place], out[at, 2 * place + 1] = digits[byte >> np.uint64(4)], digits[byte & np.uint64(15)]
            byte = (high >> np.uint64(8 * place)) & np.uint64(0xFF)
            out[at, 16 + 2 * place] = digits[byte >> np.uint64(4)]
            out[at, 17 + 2 * place] = digits[byte & np.uint64(15)]
