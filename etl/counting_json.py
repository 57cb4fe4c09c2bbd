"""Count the objects in the lists of a JSON file as it streams by, without building what it says.

Nothing is parsed into values: strings are passed over, brackets are matched, and of keys only those on the way down to
a list are read. So a row that the reader drops is noticed, and memory does not grow with the file.
"""

import json
import mmap
import re
from pathlib import Path

#: the next string, with the colon that makes it a key, or the next bracket
TOKEN = re.compile(rb'[^"\[\]{}]*+(?:("(?:[^"\\]++|\\.)*+")\s*+(:)?|([\[\]{}]))', re.DOTALL)
#: the next bracket outside any string, everything before it passed over
BRACKET = re.compile(rb'(?:[^"\[\]{}]++|"(?:[^"\\]++|\\.)*+")*+([\[\]{}])', re.DOTALL)
#: encodings in which JSON's signs are single bytes that are part of no other character
PLAIN = ("utf-8", "utf-8-sig", "utf8", "ascii")
STEP = "."


def objects_by_list(path: Path, encoding: str) -> dict[str, int]:
    """The way down to each list that only objects lead to (`data.list`, empty for the file itself), and its objects."""
    if path.stat().st_size == 0:
        return {}
    if encoding.lower() not in PLAIN:
        return count_objects(path.read_text(encoding=encoding).encode())
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return count_objects(content)


def count_objects(content: bytes | mmap.mmap) -> dict[str, int]:
    """As `objects_by_list`, of UTF-8 bytes."""
    found: dict[str, int] = {}
    #: keys on the way down to where we are; a list ends the way
    way: list[str] = []
    key, at = "", 0
    while token := TOKEN.match(content, at):
        text, colon, bracket = token.groups()
        at = token.end()
        if text is not None:
            key = json.loads(text).strip() if colon else key
        elif bracket == b"{":
            way.append(key)
            key = ""
        elif bracket == b"}":
            if way:
                way.pop()
        elif bracket == b"[":
            # the outermost object has no key
            objects, at = count_direct(content, at)
            found[STEP.join([*way[1:], key] if way else [])] = objects
    return found


def count_direct(content: bytes | mmap.mmap, at: int) -> tuple[int, int]:
    """How many objects stand directly in the list whose bracket opened before `at`, and where the list ends."""
    objects, depth = 0, 1
    while match := BRACKET.match(content, at):
        bracket, at = match[1], match.end()
        if bracket in (b"{", b"["):
            objects += depth == 1 and bracket == b"{"
            depth += 1
        else:
            depth -= 1
        if depth == 0:
            return objects, at
    return objects, len(content)
