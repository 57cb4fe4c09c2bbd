"""Read the house's own YAML files, with libyaml where it is there: ten times as fast, and there are many.

Not for what people deliver or type: libyaml's reader descends as deep as a text does.
"""

from typing import Any

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parse_yaml(text: str | bytes) -> Any:
    """Read one YAML document of plain values.

    Raises
    ------
    yaml.YAMLError
        If it is none.
    """
    return yaml.load(text, Loader=_LOADER)
