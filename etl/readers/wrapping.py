"""What interfaces wrap their rows in: lists in objects in objects, and numbers that are none."""

from typing import Any, NoReturn

#: keys under which interfaces wrap their rows, tried before any other
WRAPPERS = ("data", "rows", "list", "records", "items", "result", "results", "content", "page")


def refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number; write null or leave the key out")


def rows_in(content: Any, *, depth: int = 3) -> list[Any] | None:
    """The list of rows in what an interface answered: itself, or what stands under a usual key, or the first list."""
    if isinstance(content, list):
        return content
    if not isinstance(content, dict) or depth == 0:
        return None
    keys = [key for key in WRAPPERS if key in content] + [key for key in content if key not in WRAPPERS]
    for key in keys:
        if isinstance(content[key], dict | list) and (found := rows_in(content[key], depth=depth - 1)) is not None:
            return found
    return None
