"""The ground's style: complete, in order, and free of outside hosts unless one is configured."""

import json
from pathlib import Path

import pytest
from pydantic import SecretStr

from dashboard.look import DARK, LIGHT
from layers.basemap import COLOURS, THIN_ROADS, basemap_style
from layers.settings import GroundSettings

ORIGIN = "http://127.0.0.1:8050"


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_every_layer_has_its_source_and_nothing_comes_from_outside(theme):
    style = basemap_style(theme, ORIGIN, settings=GroundSettings(tianditu_key=None, pmtiles=None))

    assert style["version"] == 8
    assert {layer["source"] for layer in style["layers"] if "source" in layer} <= set(style["sources"])
    for source in style["sources"].values():
        assert all(address.startswith(f"{ORIGIN}/tiles/") for address in source["tiles"])
    # no text, so that no glyph server is asked
    assert "glyphs" not in style
    assert all(layer["type"] != "symbol" for layer in style["layers"])
    json.dumps(style)


def test_the_order_is_that_of_the_look():
    names = [layer["id"] for layer in basemap_style("dark", ORIGIN)["layers"]]

    assert names == [
        "ground", "land", "hills", "water", "roads", THIN_ROADS,
        "community-casing", "community-line", "district-casing", "district-line",
    ]  # fmt: skip


@pytest.mark.parametrize(("theme", "look"), [("dark", DARK), ("light", LIGHT)])
def test_colours_are_the_tokens_of_the_look(theme, look):
    colours = COLOURS[theme]

    assert {name: getattr(look, name) for name in colours.__dataclass_fields__} == {
        name: getattr(colours, name) for name in colours.__dataclass_fields__
    }


def test_a_key_puts_tianditu_beneath():
    style = basemap_style("light", ORIGIN, settings=GroundSettings(tianditu_key=SecretStr("abc"), pmtiles=None))

    assert style["layers"][1] == {"id": "beneath", "type": "raster", "source": "beneath"}
    assert style["sources"]["beneath"]["tiles"][0].startswith("https://t0.tianditu.gov.cn/vec_w/wmts?")
    assert style["sources"]["beneath"]["tiles"][0].endswith("&tk=abc")
    # our land lets it through
    assert style["layers"][2]["paint"]["fill-opacity"] == 0.0


def test_a_file_of_ours_comes_before_a_host_of_theirs():
    settings = GroundSettings(tianditu_key=SecretStr("abc"), pmtiles=Path("map.pmtiles"))

    assert basemap_style("light", ORIGIN, settings=settings)["sources"]["beneath"]["tiles"] == [
        f"{ORIGIN}/tiles/beneath/{{z}}/{{x}}/{{y}}"
    ]


def test_a_key_hides_in_print():
    assert "abc" not in repr(GroundSettings(tianditu_key=SecretStr("abc")))
