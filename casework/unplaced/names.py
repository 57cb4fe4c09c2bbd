"""Names in a text that the gazetteer does not know: what may be learned from a decision. Pure.

A name worth learning is said as a name: it ends like an estate, a road or an institution, or a building number follows
it. Whatever is everywhere (小区门口, 河边) is no name.
"""

import re

from gis.geocode import Gazetteer
from gis.geocode.names import SUFFIXES
from gis.geocode.normalise import normalise, offsets
from gis.location import AMBIGUOUS, MATCHED, Location
from gis.sealing import MARKS

#: how long a learned name may be [characters]
SHORTEST, LONGEST = 2, 20
_OTHER_ENDINGS = (
    "村 浜 庄 大道 大街 老街 路 街 巷 弄 桥 学校 小学 中学 幼儿园 医院 市场 菜场 工业园 厂 公司 宿舍 商城 广场 苑"
)
_ENDINGS = sorted({*(one for one in SUFFIXES if len(one) > 1), *_OTHER_ENDINGS.split()}, key=len, reverse=True)
_NAME = re.compile(rf"[一-龥A-Za-z]{{1,9}}?(?:{'|'.join(_ENDINGS)})+(?![人灯面况边口上段道])")
_BEFORE_NUMBER = re.compile(r"(?P<name>[一-龥]{2,9})(?=第?[0-9零一二三四五六七八九十]{1,4}(?:幢|栋|座|号楼|#))")
# words that end in such a way and are anywhere, or begin a sentence and not a name
_ANYWHERE = re.compile(
    r"^(?:[本该此这那整全老旧新]?(?:小区|社区|街道|马路|道路|公路|小路|大路|道|一路|上路|走路|铁路|市场|菜场|公寓|学校|工厂|公司"
    r"|村|广场|城|里)|出租房?)$"
)
_LEAD = re.compile(
    r"^.*(?:反映|反应|投诉|举报|来电|位于|住在|家住|地址|发生在|发现|市民|居民|业主|群众|我们|现在|今天|昨天|晚上|早上|上午|下午"
    r"|有人在|在|称|说|到|往|至|从|的|是|和|与|及|于|：|:|，|,|。|；)"
)
_ADMINISTRATIVE = re.compile(
    r"(?:[一-龥]{2}[省市])?(?:[一-龥]{2}[区县])?[一-龥]{2}(?:街道|镇)(?![办口])|[一-龥]{2,4}社区"
)


def unknown_name(words: str) -> str:
    """The first stretch of a text that is said like a name; empty when there is none.

    >>> unknown_name("居民反映甲家老街12号有人堆放杂物"), unknown_name("小区门口路灯不亮")
    ('甲家老街', '')
    """
    for mark in MARKS.values():
        words = words.replace(mark, "，")
    words = _ADMINISTRATIVE.sub("，", words)
    found = [match.group() for match in _NAME.finditer(words)]
    found += [match["name"] for match in _BEFORE_NUMBER.finditer(words)]
    for name in sorted(found, key=words.index):
        bare = _LEAD.sub("", name)
        if SHORTEST < len(bare) <= LONGEST and not _ANYWHERE.match(bare):
            return bare
    return ""


def known_names(gazetteer: Gazetteer) -> dict[str, str]:
    """Every name and other name of the gazetteer, normalised, with the place that bears it."""
    names = {normalise(alias.alias): alias.place_id for alias in gazetteer.aliases}
    return names | {normalise(place.name): place.place_id for place in gazetteer.places.values()}


def name_to_learn(words: str, location: Location, known: dict[str, str]) -> tuple[str, str]:
    """What a decision about this text may teach.

    Returns
    -------
    name
        As it stands in the text; empty when the text holds no name that is not known.
    read_as
        Gazetteer id of the place the engine took the name for; empty when for none.
    """
    if location.status in (MATCHED, AMBIGUOUS):
        said = next((key for key, value in location.how.items() if f" {location.place_id} " in f" {value} "), "")
        read = normalise(words)
        start = read.find(said) if said else -1
        if start >= 0 and said not in known and len(said) >= SHORTEST and not any(map(str.isdigit, said)):
            origin = offsets(words)
            return words[origin[start] : origin[start + len(said) - 1] + 1], location.place_id
        if said in known:
            return "", ""
    name = unknown_name(words)
    return ("", "") if not name or normalise(name) in known else (name, "")
