"""The parts of pages that show figures: `panels.yml` read and checked against figures, layers and scenes."""

from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from dashboard.figures.catalogue import figures
from dashboard.scenes import read_scenes
from gis.documents import parse_yaml
from gis.errors import BadInput
from gis.sentences import Sentence
from gis.validation import faults_of
from layers.catalogue import Words, catalogue


class Panel(BaseModel):
    """One part of a page: a counter, a chart, a table, a map."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    page: Literal["wall", "report"]
    part: Literal["counter", "panel", "register", "map", "theme"]
    id: str
    name: Words
    figures: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """It among all of them."""
        return f"{self.page}.{self.part}.{self.id}"


def parse_panels(stated: Any) -> tuple[Panel, ...]:
    """Check what panels.yml says; raises BadInput naming every fault (ten at most)."""
    try:
        found = tuple(Panel.model_validate(row) for row in stated)
    except ValidationError as error:
        raise BadInput("{file}: {faults}", file="figures/panels.yml", faults=faults_of(error.errors())) from error
    known = {layer.id for layer in catalogue().layers}
    faults = [
        Sentence("{key}: there is no figure {one}", key=panel.key, one=one)
        for panel in found
        for one in panel.figures
        if one not in figures()
    ]
    faults += [
        Sentence("{key}: there is no layer {one}", key=panel.key, one=one)
        for panel in found
        for one in panel.layers
        if one not in known
    ]
    faults += [
        Sentence("{key} shows nothing", key=panel.key) for panel in found if not panel.figures and not panel.layers
    ]
    if faults:
        raise BadInput("{file}: {faults}", file="figures/panels.yml", faults=faults[:10])
    return found


@lru_cache(maxsize=1)
def panels() -> tuple[Panel, ...]:
    """Every part of a page that shows figures; the maps of the wall's scenes after those of the file."""
    stated = parse_yaml(files("dashboard.figures").joinpath("panels.yml").read_text(encoding="utf-8"))
    maps = []
    for name, scene in read_scenes().scenes.items():
        shown = (scene.layer, *scene.small)
        title = catalogue().layer(scene.layer).name
        maps.append({"page": "wall", "part": "map", "id": name, "name": title.model_dump(), "layers": shown})
    return parse_panels([*stated, *maps])


def panel_named(key: str) -> Panel | None:
    """The part with this key; None when there is none."""
    return next((panel for panel in panels() if panel.key == key), None)
