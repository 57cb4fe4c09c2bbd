"""What a consumer can be granted: `resources.yml` read and checked, and an answer cut to what was granted."""

import re
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from access.consumers import Scope
from gis.documents import parse_yaml
from gis.errors import BadInput, NotAllowed
from gis.validation import faults_of
from layers.catalogue import Words

#: everybody with a key may ask who they are and what they may
OWN_PATHS = ("/api/session", "/api/consumer", "/api/status", "/health")
OWN = "own"


class Resource(BaseModel):
    """One thing that can be granted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z][a-z_]*$")
    name: Words
    paths: tuple[str, ...]
    write: tuple[str, ...] = ()
    list: str | None = None
    fields: tuple[str, ...] = ()
    always: tuple[str, ...] = ()
    nested: str | None = None
    filters: Mapping[str, str] = Field(default_factory=dict)
    plain: tuple[str, ...] = ()
    cut: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    item_key: str | None = None

    @model_validator(mode="after")
    def hold_together(self) -> "Resource":
        known = set(self.fields)
        if known and (unknown := sorted((set(self.always) | set(self.filters.values())) - known)):
            raise BadInput("{id}: {unknown} is no field of it", id=self.id, unknown=unknown)
        if missing := sorted({*self.cut, *self.whole} - set(self.paths)):
            raise BadInput("{id}: {missing} is no path of it", id=self.id, missing=missing)
        return self

    @cached_property
    def patterns(self) -> tuple[tuple[str, str, "re.Pattern[str]", bool], ...]:
        """Path as written, method, expression, and whether it writes."""
        rows = [(path, False) for path in self.paths] + [(path, True) for path in self.write]
        return tuple((path, path.split(" ")[0], pattern(path.split(" ")[1]), writes) for path, writes in rows)


class Match(BaseModel):
    """What a call asks for."""

    model_config = ConfigDict(frozen=True)

    resource: Resource
    #: the path as it stands in the table
    path: str
    writes: bool
    #: layer, collection or figure
    item: str | None

    @property
    def cuts(self) -> bool:
        """Whether the answer is cut to the granted fields."""
        return self.path in self.resource.cut

    @property
    def lists_items(self) -> bool:
        """Whether the answer lists items, of which only the granted ones are given."""
        return self.resource.item_key is not None and self.item is None


def pattern(path: str) -> "re.Pattern[str]":
    """Return the expression of a path of the table."""
    inner = {"item": r"(?P<item>[^/]+)", "rest": r".+"}
    pieces = re.split(r"\{([a-z]+)\}", path)
    # every second piece is a name between braces
    return re.compile(
        "".join(inner.get(piece, r"[^/]+") if at % 2 else re.escape(piece) for at, piece in enumerate(pieces))
    )


def parse_resources(stated: Any) -> dict[str, Resource]:
    """Check what resources.yml says; raises BadInput naming every fault."""
    try:
        found = [Resource.model_validate(row) for row in stated]
    except ValidationError as error:
        raise BadInput("{file}: {faults}", file="resources.yml", faults=faults_of(error.errors())) from error
    return {resource.id: resource for resource in found}


@lru_cache(maxsize=1)
def resources() -> dict[str, Resource]:
    """The resources there are, by id."""
    source = files("dashboard.exchange").joinpath("resources.yml").read_text(encoding="utf-8")
    return parse_resources(parse_yaml(source))


def match_call(method: str, path: str) -> Match | None:
    """Return what a call asks for; None when it is nothing that can be granted."""
    asked = "GET" if method == "HEAD" else method
    for resource in resources().values():
        for written, verb, expression, writes in resource.patterns:
            if verb == asked and (found := expression.fullmatch(path)):
                return Match(resource=resource, path=written, writes=writes, item=found.groupdict().get("item"))
    return None


def check_scope(match: Match, scope: Scope | None, parameters: Sequence[str]) -> Scope:
    """Return the grant a call stands on.

    Parameters
    ----------
    parameters
        Names of the query's parameters.

    Raises
    ------
    NotAllowed
        If it was not granted: the resource, writing, the item, or a field that a filter would tell about.
    """
    resource = match.resource
    if scope is None:
        raise NotAllowed("this key was not granted {id}", id=resource.id)
    if match.writes and not scope.write:
        raise NotAllowed("this key may read {id} and not write it", id=resource.id)
    if match.item is not None and not scope.allows_item(match.item):
        raise NotAllowed("this key was not granted {item!r} of {id}", item=match.item, id=resource.id)
    if not scope.whole:
        if match.path in resource.whole:
            raise NotAllowed("{id} is given whole here, and this key was granted some of its fields", id=resource.id)
        if match.cuts:
            granted = scope.fields | set(resource.always)
            allowed = set(resource.plain) | {name for name, told in resource.filters.items() if told in granted}
            if hidden := sorted(set(parameters) - allowed - {"token"}):
                raise NotAllowed("{hidden} may tell about a field this key was not granted", hidden=hidden)
    return scope


def narrowed(body: Any, match: Match, scope: Scope) -> Any:
    """Cut an answer to the granted items and fields; what is no record stays as it is."""
    resource = match.resource
    if match.lists_items and isinstance(body, Mapping) and resource.list in body and "*" not in scope.items:
        kept = [record for record in body[resource.list] if record.get(resource.item_key) in scope.items]
        body = {**body, resource.list: kept}
    if not match.cuts or scope.whole:
        return body
    granted = scope.fields | set(resource.always)

    def cut(record: Any) -> Any:
        if not isinstance(record, Mapping):
            return record
        if resource.nested is not None:
            inner = record.get(resource.nested) or {}
            return {**record, resource.nested: {name: inner[name] for name in inner if name in granted}}
        return {name: value for name, value in record.items() if name in granted}

    if isinstance(body, Mapping) and resource.list in body:
        return {**body, resource.list: [cut(record) for record in body[resource.list]]}
    return cut(body)
