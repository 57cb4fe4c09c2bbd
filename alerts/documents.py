"""Data files of alerts: YAML read into a frozen model, every fault told at once."""

from typing import TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from gis.errors import BadInput

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
        raise BadInput(f"{name} is not YAML: {' '.join(str(fault).split())}") from fault
    except ValidationError as fault:
        faults = "; ".join(
            f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in fault.errors()[:MOST_FAULTS]
        )
        raise BadInput(f"{name} does not hold together: {faults}") from fault
