"""What interfaces wrap their rows in: lists in objects in objects, and numbers that are none."""

from collections.abc import Iterator
from typing import Any, NoReturn

from gis.errors import BadInput

#: keys under which interfaces wrap their rows, tried before any other
WRAPPERS = ("data", "rows", "list", "records", "items", "result", "results", "content", "page")
#: stands between the keys on the way down to a list
STEP = "."


def refuse_constant(word: str) -> NoReturn:
    raise BadInput("{word} is no number; write null or leave the key out", word=word)


def lists_in(content: Any, *, way: tuple[str, ...] = (), depth: int = 3) -> Iterator[tuple[tuple[str, ...], list[Any]]]:
    """The lists in what an interface answered, with the keys down to each; those under usual keys first."""
    if isinstance(content, list):
        yield way, content
    elif isinstance(content, dict) and depth:
        for key in [key for key in WRAPPERS if key in content] + [key for key in content if key not in WRAPPERS]:
            if isinstance(content[key], dict | list):
                yield from lists_in(content[key], way=(*way, key), depth=depth - 1)


def rows_in(content: Any) -> list[Any] | None:
    """The list of rows in what an interface answered: itself, or what stands under a usual key, or the first list."""
    return next((rows for _, rows in lists_in(content)), None)


def lists_of_rows(content: Any, *, wanted: str = "") -> list[tuple[str, list[Any]]]:
    """The lists that may be the rows, with the way down to each (`data.list`); several where nothing tells them apart.

    The one that is `wanted`; else a list under usual keys alone before others, and of those lists of objects before one
    that is empty or holds something else.
    """
    found = [(STEP.join(way), way, rows) for way, rows in lists_in(content)]
    if wanted:
        return [(way, rows) for way, _, rows in found if way == wanted]
    usual = [one for one in found if set(one[1]) <= set(WRAPPERS)]
    taken = [(way, rows) for way, _, rows in usual or found]
    objects = [(way, rows) for way, rows in taken if rows and all(isinstance(row, dict) for row in rows)]
    return objects or taken[:1]
