"""The look's tokens: the colours, line widths and type of every page, as roles and not as values.

Dark is the wall; light is the phone, the office and paper. Blue, yellow, orange and red belong to alerts alone.
Contrasts are measured in tests/dashboard/test_look.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Look:
    """One ground's colours, by role; hexadecimal sRGB."""

    ground: str
    land: str
    text: str
    second_text: str
    road_label: str
    hairline: str
    district_line: str
    community_line: str
    water: str
    hills: str
    road_main: str
    road_second: str
    road_minor: str
    #: five classes of a quantity per cell, low to high (teal)
    demand: tuple[str, ...]
    #: walking time, far to near: 15, 10 and 5 minutes (violet)
    reach: tuple[str, ...]
    few_hatch: str
    few_ground: str
    gap_hatch: str
    #: what is old or lost: bar and chip, its text, stripes, values
    old_bar: str
    old_bar_text: str
    old_stripe: str
    old_value: str
    #: replaces any ramp while the picture is old
    stale: tuple[str, ...]


DARK = Look(
    ground="#0A0F13",
    land="#131B21",
    text="#EEF3F6",
    second_text="#A9B6BF",
    road_label="#93A2AC",
    hairline="#26313A",
    district_line="#EEF3F6",
    community_line="#B8C4CC",
    water="#0A2330",
    hills="#1A2425",
    road_main="#3A4750",
    road_second="#313C44",
    road_minor="#262F36",
    demand=("#17403F", "#1F5F5B", "#2F8279", "#57AA9B", "#A6E0CF"),
    reach=("#332E63", "#574CA0", "#9188DC"),
    few_hatch="#3C4850",
    few_ground="#151D23",
    gap_hatch="#FFFFFF",
    old_bar="#DDE3E7",
    old_bar_text="#0A0F13",
    old_stripe="#87939B",
    old_value="#93A0A8",
    stale=("#20272C", "#333C42", "#4B565D", "#6C787F", "#A5AFB5"),
)

LIGHT = Look(
    ground="#F4F5F3",
    land="#FFFFFF",
    text="#101418",
    second_text="#3B454C",
    road_label="#4A555C",
    hairline="#C9CFD3",
    district_line="#12181C",
    community_line="#4A555C",
    water="#CFE3EC",
    hills="#E8EDE3",
    road_main="#D9D4C8",
    road_second="#E0DCD2",
    road_minor="#E8E5DD",
    demand=("#E3F1EE", "#B5DCD4", "#7CBFB3", "#3C948A", "#0F5F58"),
    reach=("#D9D4F2", "#A79FE0", "#6F63BF"),
    few_hatch="#9AA3A8",
    few_ground="#FFFFFF",
    gap_hatch="#000000",
    old_bar="#101418",
    old_bar_text="#FFFFFF",
    old_stripe="#87939B",
    old_value="#5A656C",
    stale=("#EEF0F1", "#D5DADD", "#B4BCC1", "#8B959B", "#5F6A71"),
)

#: what a finger presses, and what is mine (light pages only); text on it is white
ACTION = "#00504B"

#: alert levels 1 (red) … 4 (blue); text on them is always dark
ALERT_DARK: Mapping[int, str] = {1: "#FF4F4F", 2: "#FF8F1F", 3: "#FFD426", 4: "#4C9DFF"}
ALERT_LIGHT: Mapping[int, str] = {1: "#FF4F4F", 2: "#FF9326", 3: "#FFD426", 4: "#4C9DFF"}
ALERT_TEXT = "#0A0F13"
#: outline of an alert's shape at 1080 lines [px]; its dark casing is 6 px wider
ALERT_LINE_PX: Mapping[int, float] = {1: 7, 2: 6, 3: 4, 4: 4}

#: root of a wall: 1 rem is this part of the screen's shorter side, so that type scales with the picture
WALL_REM_PARTS = 54

#: one character per kind of resource, as on its tile; AED is a plus and a hydrant a dot
RESOURCE_SIGNS: Mapping[str, str] = {
    "fire_station": "消",
    "shelter": "避",
    "clinic": "医",
    "police_post": "警",
    "depot": "库",
    "team": "队",
    "aed": "+",
    "hydrant": "·",
}


def css_variables(look: Look, alerts: Mapping[int, str]) -> str:
    """Return the tokens as CSS custom properties: ``--second-text``, ``--demand-1`` …, ``--alert-1`` …"""
    lines = []
    for role in Look.__dataclass_fields__:
        value = getattr(look, role)
        name = role.replace("_", "-")
        if isinstance(value, tuple):
            lines += [f"--{name}-{place}:{colour};" for place, colour in enumerate(value, start=1)]
        else:
            lines.append(f"--{name}:{value};")
    lines += [f"--alert-{level}:{colour};" for level, colour in alerts.items()]
    return ":root{" + "".join(lines) + f"--alert-text:{ALERT_TEXT};--action:{ACTION};" + "}"


def contrast(one: str, other: str) -> float:
    """Return the WCAG 2.2 contrast ratio of two colours, 1 … 21 (definition of relative luminance, § 1.4.3)."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour, 0 (black) … 1 (white), by WCAG 2.2."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
