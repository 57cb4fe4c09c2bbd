"""Find the names of a gazetteer in a text in spite of slips: posting lists, then alignment. Compiled by numba.

A name is aligned whole against any stretch of the text. Characters cost as `gis.geocode.confusion` says, a missing or a
foreign one more, a doubled or two swapped ones less. What comes out are plain arrays; the reading of them is elsewhere.
"""

import numba
import numpy as np
from numpy.typing import NDArray

# columns of the result of `find_names`
NAME, START, END, EXACT_COUNT, HOMOPHONES, REGIONALS, LOOKALIKES, FOREIGN, INSERTED, DELETED, SWAPPED, DOUBLED = range(
    12
)
COLUMNS = 12

_SUBSTITUTE, _DELETE, _INSERT, _SWAP, _DOUBLE, _GAP = 1, 2, 3, 4, 5, 6
_UNRELATED = 255
_MISSING_COST = 0.72
_INSERTED_COST = 0.68
_DOUBLED_COST = 0.22
_SWAPPED_COST = 0.45
_GAP_COST = 0.06
_MOST_AGAIN = 12


@numba.njit(cache=True, nogil=True)
def find_names(  # type: ignore[no-untyped-def]
    rows, codes, starts, similar, kinds, kind_costs, posting_starts, posting_names, posting_places, weights,
    name_starts, name_letters, name_weights, share, most, separators, mask, score,
):  # fmt: skip
    """Return (counts, costs) of the names found in a text, one row per name and the best stretch for it.

    A name that is written without any slip has a row for each time it is written (`_MOST_AGAIN` more rows in all).

    `rows` are the text's characters as rows of the likeness table, `codes` the characters themselves. `share` is the
    least part of a name's weight that must be met before it is aligned, `most` the most names to align. `mask` and
    `score` are scratch arrays of one entry per name and come back as zeros.
    """
    length = rows.size
    alphabet = weights.size
    # likeness of each text character to each letter of the alphabet
    likeness = np.full((length, alphabet), _UNRELATED, dtype=np.uint8)
    touched = np.empty(score.size, dtype=np.int32)
    count = 0
    for i in range(length):
        for at in range(starts[rows[i]], starts[rows[i] + 1]):
            letter = similar[at]
            kind = kinds[at]
            likeness[i, letter] = kind
            worth = weights[letter] * (1.0 - kind_costs[kind])
            for posting in range(posting_starts[letter], posting_starts[letter + 1]):
                name = posting_names[posting]
                bit = np.int64(1) << posting_places[posting]
                if mask[name] == 0:
                    touched[count] = name
                    count += 1
                if mask[name] & bit == 0:
                    mask[name] |= bit
                    score[name] += worth
    # the names that are met best
    chosen = np.empty(count, dtype=np.int32)
    shares = np.empty(count, dtype=np.float32)
    kept = 0
    for at in range(count):
        name = touched[at]
        part = score[name] / name_weights[name]
        if part >= share:
            chosen[kept] = name
            shares[kept] = part
            kept += 1
        mask[name] = 0
        score[name] = 0.0
    if kept > most:
        order = np.argsort(-shares[:kept], kind="mergesort")[:most]
        chosen[:most] = chosen[:kept][order]
        kept = most
    counts = np.zeros((kept + _MOST_AGAIN, COLUMNS), dtype=np.int16)
    costs = np.empty(kept + _MOST_AGAIN, dtype=np.float32)
    longest = 0
    for at in range(kept):
        longest = max(longest, name_starts[chosen[at] + 1] - name_starts[chosen[at]])
    # one table serves all names in turn; its first row stays zero
    table = np.zeros((longest + 1, length + 1), dtype=np.float32)
    step = np.zeros((longest + 1, length + 1), dtype=np.uint8)
    found = again = 0
    for at in range(kept):
        name = chosen[at]
        first = name_starts[name]
        size = name_starts[name + 1] - first
        limit = min(0.2 + 0.25 * size, 2.4) if size > 2 else 0.45
        cost = _align(
            table, step, likeness, codes, kind_costs, name_letters, first, size, separators, counts[found], limit
        )
        if cost <= limit:
            counts[found, NAME] = name
            costs[found] = cost
            found += 1
            # said once more, further left
            end = counts[found - 1, START] if cost == 0.0 else 0
            while end >= size and again < _MOST_AGAIN:
                same = 0
                while same < size and likeness[end - 1 - same, name_letters[first + size - 1 - same]] == 0:
                    same += 1
                if same == size:
                    counts[found, :] = 0
                    counts[found, NAME], counts[found, START], counts[found, END] = name, end - size, end
                    counts[found, EXACT_COUNT] = size
                    costs[found] = 0.0
                    found += 1
                    again += 1
                    end -= size
                else:
                    end -= 1
        else:
            counts[found, :] = 0
    return counts[:found], costs[:found]


@numba.njit(cache=True, nogil=True)
def _align(  # type: ignore[no-untyped-def]
    table, step, likeness, codes, kind_costs, letters, first, size, separators, out, limit
):
    """Align one name with the text, fill `out`, return the cost; `table` and `step` are overwritten."""
    length = codes.size
    for j in range(1, size + 1):
        letter = letters[first + j - 1]
        table[j, 0] = j * _MISSING_COST
        step[j, 0] = _DELETE
        low = table[j, 0]
        for i in range(1, length + 1):
            kind = likeness[i - 1, letter]
            best = table[j - 1, i - 1] + (1.0 if kind == _UNRELATED else kind_costs[kind])
            how = _SUBSTITUTE
            other = table[j - 1, i] + _MISSING_COST
            if other < best:
                best, how = other, _DELETE
            # a foreign character counts inside the name only; at its ends the text just goes on
            if j < size:
                code = codes[i - 1]
                if separators[code % 128] and code < 128:
                    other, move = table[j, i - 1] + _GAP_COST, _GAP
                elif i > 1 and code == codes[i - 2]:
                    other, move = table[j, i - 1] + _DOUBLED_COST, _DOUBLE
                else:
                    other, move = table[j, i - 1] + _INSERTED_COST, _INSERT
                if other < best:
                    best, how = other, move
            if j > 1 and i > 1 and likeness[i - 2, letter] == 0 and likeness[i - 1, letters[first + j - 2]] == 0:
                other = table[j - 2, i - 2] + _SWAPPED_COST
                if other < best:
                    best, how = other, _SWAP
            table[j, i] = best
            step[j, i] = how
            if best < low:
                low = best
        if low > limit:
            return low
    # the last of the best ends: what is said later is meant more narrowly
    end = 0
    for i in range(1, length + 1):
        if table[size, i] <= table[size, end]:
            end = i
    cost = table[size, end]
    i, j = end, size
    for column in range(COLUMNS):
        out[column] = 0
    while j > 0:
        how = step[j, i]
        if how == _SUBSTITUTE:
            kind = likeness[i - 1, letters[first + j - 1]]
            if kind == _UNRELATED:
                out[FOREIGN] += 1
            else:
                out[EXACT_COUNT + kind] += 1
            i -= 1
            j -= 1
        elif how == _DELETE:
            out[DELETED] += 1
            j -= 1
        elif how == _SWAP:
            out[SWAPPED] += 1
            i -= 2
            j -= 2
        else:
            if how == _INSERT:
                out[INSERTED] += 1
            elif how == _DOUBLE:
                out[DOUBLED] += 1
            i -= 1
    out[START] = i
    out[END] = end
    return cost


def posting_lists(encoded: list[list[int]], alphabet_size: int) -> tuple[NDArray[np.int32], ...]:
    """Return (starts, names, places): for each letter the names that hold it and where; places end at 62."""
    pairs: list[list[tuple[int, int]]] = [[] for _ in range(alphabet_size)]
    for name, letters in enumerate(encoded):
        for place, letter in enumerate(letters):
            pairs[letter].append((name, min(place, 62)))
    starts = np.zeros(alphabet_size + 1, dtype=np.int32)
    starts[1:] = np.cumsum([len(of_letter) for of_letter in pairs])
    flat = [pair for of_letter in pairs for pair in of_letter]
    names = np.fromiter((name for name, _ in flat), dtype=np.int32, count=len(flat))
    places = np.fromiter((place for _, place in flat), dtype=np.int32, count=len(flat))
    return starts, names, places
