"""What is promised of each resource: `contracts.yml` read, and cut to what a consumer was granted."""

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from pydantic import BaseModel, ConfigDict, ValidationError

from access.consumers import Scope
from dashboard.exchange.resources import Resource, resources
from gis.documents import parse_yaml
from gis.errors import BadInput
from gis.sentences import Sentence
from gis.validation import faults_of
from layers.catalogue import Words


class Probe(BaseModel):
    """How a resource is asked for to test it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    item: str | None = None
    body: Mapping[str, Any] | None = None


class Promise(BaseModel):
    """What is promised of a resource."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    purpose: Words
    probe: Probe
    record: Mapping[str, Any]
    binary: bool = False

    def for_scope(self, resource: Resource, scope: Scope) -> dict[str, Any]:
        """The schema of a record cut to a grant: what was not granted must not be there."""
        if scope.whole or not resource.cut or resource.nested:
            return dict(self.record)
        granted = scope.fields | set(resource.always)
        return {
            **self.record,
            "required": [name for name in self.record["required"] if name in granted],
            "properties": {name: schema for name, schema in self.record["properties"].items() if name in granted}
            | {name: True for name in granted if name not in self.record["properties"]},
            "additionalProperties": False,
        }


def parse_promises(stated: Mapping[str, Any]) -> dict[str, Promise]:
    """Check what contracts.yml says; raises BadInput naming every fault."""
    faults, found = [], {}
    for name, row in stated.items():
        try:
            found[name] = Promise.model_validate(row)
            Draft202012Validator.check_schema(row["record"])
        except ValidationError as error:
            faults.append(Sentence("{place}: {what}", place=name, what=faults_of(error.errors())))
        except SchemaError as error:
            faults.append(Sentence("{place}: {what}", place=name, what=error.message))
        if name not in resources():
            faults.append(Sentence("{name} is no resource", name=name))
    if faults:
        raise BadInput("{file}: {faults}", file="contracts.yml", faults=faults[:10])
    return found


@lru_cache(maxsize=1)
def promises() -> dict[str, Promise]:
    """The promises by resource."""
    source = files("dashboard.exchange").joinpath("contracts.yml").read_text(encoding="utf-8")
    return parse_promises(parse_yaml(source))
