"""Named SQL statements from annotated ``.sql`` files.

A file holds blocks; each begins with a line ``-- name --``, goes on with its sentence as comments, then the statement
with ``:named`` parameters. Values are always bound; the few identifiers that vary go through `quoted`.
"""

import re
from collections.abc import Iterator, Mapping
from importlib.resources import files

from sqlalchemy import TextClause, text

from gis.errors import NotFound

HEADING = re.compile(r"^-- (?P<name>[a-z][a-z0-9_]*) --\s*$", re.MULTILINE)
IDENTIFIER = re.compile(r"^[a-z_][a-z0-9_]{0,62}$")


class Statements(Mapping[str, TextClause]):
    """The statements of one file by name, ready to execute."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self.sources = dict(sources)

    def __getitem__(self, name: str) -> TextClause:
        return text(self.source(name))

    def __iter__(self) -> Iterator[str]:
        return iter(self.sources)

    def __len__(self) -> int:
        return len(self.sources)

    def source(self, name: str) -> str:
        """Return the SQL text of `name`; raises NotFound with the names there are."""
        try:
            return self.sources[name]
        except KeyError:
            raise NotFound("no statement {name!r}; there are {known}", name=name, known=sorted(self.sources)) from None


def parse_statements(sql: str) -> dict[str, str]:
    """Split annotated SQL into statements by name."""
    headings = list(HEADING.finditer(sql))
    ends = [heading.start() for heading in headings[1:]] + [len(sql)]
    return {heading["name"]: sql[heading.end() : end].strip() for heading, end in zip(headings, ends, strict=True)}


def load_statements(package: str, name: str) -> Statements:
    """Load ``<package>/sql/<name>.sql``, for example ``load_statements("layers", "population")``."""
    source = files(package).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")
    return Statements(parse_statements(source))


def quoted(identifier: str) -> str:
    """Quote an identifier of our own catalogue for use in SQL; anything else is refused."""
    if not IDENTIFIER.match(identifier):
        raise ValueError(f"not an identifier of the catalogue: {identifier!r}")
    return f'"{identifier}"'
