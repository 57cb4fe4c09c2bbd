"""Screens and scenes as data: `scenes.yml` read, and checked whole against the catalogue of layers."""

from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gis.documents import parse_yaml
from gis.errors import BadInput, NotFound
from gis.validation import faults_of
from layers.catalogue import catalogue

#: smallest character height is a two-hundredth of the distance, and a screen's 1 rem is 1/59 of its height (look.md)
DISTANCE_PARTS = 200
HEIGHT_PARTS = 59


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SceneSpec(Frozen):
    """What one scene shows."""

    seconds: int = Field(ge=5, le=3600)
    #: a layer of cells of the catalogue
    layer: str
    marks: Literal["compounds", "resources", "incidents", "none"]
    panel: Literal["trend_requests", "trend_incidents", "gaps", "communities"]
    register_of: Literal["communities_demand", "resources", "categories", "communities_population"] = Field(
        alias="register"
    )
    #: layers of the small maps, in order of right
    small: tuple[str, ...] = Field(max_length=4)


class Screen(Frozen):
    """One wall."""

    scenes: tuple[str, ...] = Field(min_length=1)
    language: Literal["zh", "en"] = "zh"
    #: how long an orange or red alert owns the wall [s]
    takeover_s: int = Field(default=120, ge=10, le=900)
    #: how far the farthest reader stands, and how high the picture is; both or neither [m]
    distance_m: float | None = Field(default=None, gt=0)
    height_m: float | None = Field(default=None, gt=0)
    #: bezels that no text may cross, as shares of the width
    seams: tuple[float, ...] = ()
    #: everything shown is an exercise and says so
    exercise: bool = False

    @property
    def type_factor(self) -> float:
        """By how much type must be larger than 1/54 of the height to be read from the distance; never smaller."""
        if self.distance_m is None or self.height_m is None:
            return 1.0
        return max(1.0, (self.distance_m / DISTANCE_PARTS) / (self.height_m / HEIGHT_PARTS))


class Scenes(Frozen):
    """Every scene and every screen."""

    scenes: dict[str, SceneSpec]
    screens: dict[str, Screen]

    @model_validator(mode="after")
    def everything_named_exists(self) -> Self:
        layers = {layer.id for layer in catalogue().layers if layer.geometry == "cell" and layer.least_role == "wall"}
        for key, scene in self.scenes.items():
            if unknown := [layer for layer in (scene.layer, *scene.small) if layer not in layers]:
                raise BadInput(
                    "scene {scene}: no layer of cells that a wall may show is called {layers}",
                    scene=key,
                    layers=unknown,
                )
        for name, screen in self.screens.items():
            if missing := [scene for scene in screen.scenes if scene not in self.scenes]:
                raise BadInput("screen {name}: there is no scene {missing}", name=name, missing=missing)
        return self

    def screen(self, name: str) -> Screen:
        """Return a screen; raises NotFound with those there are."""
        try:
            return self.screens[name]
        except KeyError:
            raise NotFound("there is no screen {name!r}; there are {known}", name=name, known=self.screens) from None


def parse_scenes(stated: Any) -> Scenes:
    """Check what a scenes file states; raises BadInput with every fault."""
    try:
        return Scenes.model_validate(stated)
    except ValidationError as fault:
        raise BadInput("{file}: {faults}", file="scenes.yml", faults=faults_of(fault.errors())) from fault


@lru_cache(maxsize=1)
def read_scenes() -> Scenes:
    """Read `dashboard/scenes.yml`."""
    return parse_scenes(parse_yaml(files("dashboard").joinpath("scenes.yml").read_text(encoding="utf-8")))
