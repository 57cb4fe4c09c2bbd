"""Data files of alerts: YAML read into a frozen model, every fault told at once."""

from typing import TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from gis.errors import BadInput
from gis.validation import faults_of

#: faults told at most
MOST_FAULTS = 10


class Frozen(BaseModel):
    """A part of a data file: nothing unknown in it, nothing changed in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Document = TypeVar("Document", bound=BaseModel)


def parse_document(model: type[Document], text: str, name: str) -> Document:
    """Read YAML into `model`; `name` is what a fault calls the document.

    Raises
    ------
    BadInput
        With every fault (ten at most), if it is not YAML or not what the model asks for.
    """
    try:
        return model.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as fault:
        raise BadInput("{file} is not YAML: {reason}", file=name, reason=" ".join(str(fault).split())) from fault
    except ValidationError as fault:
        raise BadInput(
            "{name} does not hold together: {faults}", name=name, faults=faults_of(fault.errors())
        ) from fault
