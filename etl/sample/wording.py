"""How people write a place: the address texts of reports."""

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from etl.sample.causes import Causes
from etl.sample.facts import read_facts

_DIGITS = "零一二三四五六七八九"
_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
_BESIDE = ("门口", "楼下", "东侧", "西侧", "楼道内", "北侧绿化带", "一楼", "地下车库入口")
_ROAD_BESIDE = ("", "", "东侧", "南侧", "人行道", "公交站旁")
# shares of the forms a house is written in, cumulated: room, unit, house, alias, Chinese numerals, full width,
# with the street before it, 栋, compound only
_HOUSE_FORMS = (0.18, 0.38, 0.66, 0.74, 0.79, 0.83, 0.89, 0.96)


def chinese_number(number: int) -> str:
    """Write 1 … 999 in Chinese numerals: 12 is 十二, 106 is 一百零六, 20 is 二十."""
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    text = f"{_DIGITS[hundreds]}百" if hundreds else ""
    if tens:
        text += ("" if tens == 1 and not hundreds else _DIGITS[tens]) + "十"
    elif hundreds and ones:
        text += "零"
    return text + (_DIGITS[ones] if ones else "")


@dataclass(frozen=True)
class Wording:
    """Writes places of one world; each method takes a row and uniforms in [0, 1)."""

    causes: Causes

    @cached_property
    def houses(self) -> list[tuple[str, str, int, int, int, int, bool]]:
        """Name, alias, number, units, floors, rooms, dormitory of each building."""
        aliases = self._first_alias
        return [
            (name, aliases.get(owner, name), number, units, floors, rooms, beds > 0)
            for owner, name, number, units, floors, rooms, beds in self.causes.world.fabric.buildings[
                ["owner", "owner_name", "number", "units", "floors", "rooms", "beds"]
            ].itertuples(index=False)
        ]

    @cached_property
    def crossings(self) -> list[tuple[str, str]]:
        table = self.causes.junctions
        return list(zip(table["路名一"], table["路名二"], strict=True))

    @cached_property
    def pois(self) -> list[tuple[str, str]]:
        table = self.causes.world.places.pois
        return list(zip(table["name"], table["address"], strict=True))

    @cached_property
    def _first_alias(self) -> dict[str, str]:
        aliases: pd.DataFrame = self.causes.world.places.aliases
        own = aliases[aliases["relation"] == "别名"].drop_duplicates("code")
        return dict(zip(own["code"], own["alias"], strict=True))

    @cached_property
    def _estates(self) -> list[str]:
        compounds = read_facts("compounds")
        estates = compounds.loc[compounds["estate"] != "", "estate"].value_counts()
        return sorted(estates[estates > 1].index)

    def house(self, row: int, form: float, detail: float) -> str:
        """Write a building (or its room, unit or compound) the way `form` says."""
        name, alias, number, units, floors, rooms, dormitory = self.houses[row]
        beside = _BESIDE[int(detail * 8)] if 0.4 < detail < 0.7 else ""
        room = (1 + int(detail * 997) % floors) * 100 + 1 + int(detail * 9973) % rooms
        if dormitory:
            label = alias if form > 0.6 else name
            return f"{label}{number}号楼{room}室" if form < 0.35 else f"{label}{number}号楼{beside}"
        unit = 1 + int(detail * 101) % units
        if form < _HOUSE_FORMS[0]:
            return f"{name}{number}幢{unit}单元{room}室"
        if form < _HOUSE_FORMS[1]:
            return f"{name}{number}幢{unit}单元{beside}"
        if form < _HOUSE_FORMS[2]:
            return f"{name}{number}幢{beside}"
        if form < _HOUSE_FORMS[3]:
            return f"{alias}{number}幢{beside}"
        if form < _HOUSE_FORMS[4]:
            return f"{name}{chinese_number(number)}幢{beside}"
        if form < _HOUSE_FORMS[5]:
            return f"{name}{str(number).translate(_FULL_WIDTH)}幢"
        if form < _HOUSE_FORMS[6]:
            return f"枫桥街道{name}{number}幢{beside}"
        if form < _HOUSE_FORMS[7]:
            return f"{name}{number}栋{beside}"
        return f"{name}{('南门', '北门', '小区内', '西门')[int(detail * 4)]}"

    def crossing(self, row: int, form: float, detail: float) -> str:
        """Write a crossing; one in ten names only one of its roads."""
        first, second = self.crossings[row]
        if detail > 0.5:
            first, second = second, first
        if form < 0.40:
            return f"{first}与{second}路口"
        if form < 0.62:
            return f"{first}{second}交叉口"
        if form < 0.78:
            return f"{first}和{second}交汇处{_ROAD_BESIDE[int(detail * 6)]}"
        if form < 0.90:
            return f"{first}/{second}"
        return f"{first}{_ROAD_BESIDE[int(detail * 6)]}"

    def poi(self, row: int, form: float, detail: float) -> str:
        """Write a point of interest, sometimes with its road and number before it."""
        name, address = self.pois[row]
        if form < 0.2 and address:
            return f"{address}{name}"
        return f"{name}{('门口', '旁', '对面', '')[int(detail * 4)]}" if form < 0.6 else name

    def nowhere(self, form: float, detail: float) -> str:
        """Write what names no one place: nothing, a number alone, or an estate whose zones each have that house."""
        if form < 0.35:
            return ""
        if form < 0.6:
            return f"{self._estates[int(detail * len(self._estates))]}{1 + int(detail * 997) % 9}幢"
        if form < 0.8:
            return f"{2 + int(detail * 997) % 30}幢{1 + int(detail * 101) % 3}单元门口"
        return ("小区门口", "河边", "公交站旁", "菜场后面的小路")[int(detail * 4)]
