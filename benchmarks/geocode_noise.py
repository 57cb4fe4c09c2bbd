"""Write addresses the way people do: one function per family of noise, each with the name it is listed under.

Families are either for training or held out. The held-out ones are never seen by anything that is fitted; they tell
what a new kind of noise costs. The list stood before the first training run.
"""

import random
from collections.abc import Callable
from functools import cache
from importlib import resources

from gis.geocode.confusion import regional, sounds


def words(text: str) -> list[str]:
    """Split a list written as one text."""
    return text.split(" ")


# in a text of a training district
TRAINING = words(
    "drop_suffix swap_suffix homophone delete insert transpose double zone_syn paren zone_omitted cn_num "
    "dash hash bare split_space fullwidth trad space_punct dup_admin wrong_admin road_prefix wrong_street "
    "road_no addr_only landmark offset wrap pii alias old_name village_group community junction poi "
    "nonexist_bldg nonexist_zone community_only oog_far oog_near oog_road oog_poi garbage admin_only "
    "enclosed_zone particle lettered store said_twice several in_community wrong_community twin "
    "oog_extended oog_namesake"
)
# never trained on
HELD_OUT = words(
    "lookalike regional radicals dictated ocr_digits two_slips wrap_other far_suffix spelled_floor "
    "range zone_before unit_door oog_other_number oog_compass"
)

SUFFIX_SWAPS = ["花园", "花苑", "新村", "小区", "公寓", "家园", "苑", "新苑", "佳园"]
INSERTED = "大小里新的老"
BUILDING_WORDS = ["幢", "幢", "幢", "号楼", "栋", "号", "座", "#"]
POI_WORDS = words("公园 幼儿园 大酒店 小学 中学 超市 宾馆 饭店 医院 菜场 商业街 市场 路 桥 河")
ISSUES = words(
    "停水 漏水到楼下 垃圾没人清 路灯不亮 噪音扰民，请处理 有人高空抛物 电瓶车乱停 堆放杂物 违章搭建 "
    "下水道堵了 电梯又停了 楼道灯坏了 油烟太大 有流浪狗 水管爆裂 井盖坏了 车位被占 有人打架"
)
ISSUES_OTHER = words(
    "私拉电线充电 消防通道被堵，麻烦尽快来人 有老人摔倒需要救护 广场舞太吵睡不着 树枝断落压到车 "
    "燃气味道很重 外墙瓷砖脱落 狗叫了一夜 群租房很多 装修敲墙 快递柜坏了打不开"
)
OPENINGS = words(
    "市民来电， 业主反映 居民说 来电人称 网格员上报： 地址： 家住 我住在 请到 麻烦派人来 事发地 上门地址 您好， "
    "在 报修 昨晚 请问 关于 今早 刚刚 反馈 急， "
)
OPENINGS_OTHER = words(
    "热线转办：群众投诉 现场位置是 120转来， 物业打电话说 我妈妈在 巡查发现 昨天晚上 有人举报说 坐标 收件地址 "
    "客户要求送至 帮忙看下 前天 有关 速来 "
)
ENDINGS = ["", "", "收", "谢谢", "。", "！", "附近有人"]


def slip(name: str, family: str, rng: random.Random) -> str | None:
    """Return a name with one slip of a family, or None where the family has no hold on it."""
    changed = _SLIPS[family](name, rng)
    return changed if changed and changed != name else None


def _at(name: str, rng: random.Random) -> int:
    places = [place for place, letter in enumerate(name) if "一" <= letter <= "鿿"]
    return rng.choice(places) if places else -1


def _homophone(name: str, rng: random.Random) -> str | None:
    at = _at(name, rng)
    others = (
        [other for other in _common_by_sound(sounds(name[at])[0]) if other != name[at]]
        if at >= 0 and sounds(name[at])
        else []
    )
    return name[:at] + rng.choice(others) + name[at + 1 :] if others else None


def _regional(name: str, rng: random.Random) -> str | None:
    at = _at(name, rng)
    if at < 0 or not sounds(name[at]):
        return None
    own = sounds(name[at])[0]
    others = [
        letter
        for sound in _all_sounds()
        if sound != own and regional(sound) == regional(own)
        for letter in _common_by_sound(sound)
    ]
    return name[:at] + rng.choice(others) + name[at + 1 :] if others else None


def _lookalike(name: str, rng: random.Random) -> str | None:
    at = _at(name, rng)
    others = _looks(name[at]) if at >= 0 else []
    return name[:at] + rng.choice(others) + name[at + 1 :] if others else None


def _delete(name: str, rng: random.Random) -> str | None:
    at = _at(name, rng)
    return name[:at] + name[at + 1 :] if at >= 0 and len(name) >= 4 else None


def _insert(name: str, rng: random.Random) -> str | None:
    at = rng.randrange(1, len(name))
    return name[:at] + rng.choice(INSERTED) + name[at:]


def _transpose(name: str, rng: random.Random) -> str | None:
    at = rng.randrange(len(name) - 1)
    return name[:at] + name[at + 1] + name[at] + name[at + 2 :]


def _double(name: str, rng: random.Random) -> str | None:
    at = _at(name, rng)
    return name[: at + 1] + name[at:] if at >= 0 else None


def _drop_suffix(name: str, rng: random.Random) -> str | None:
    for suffix in ("花园", "花苑", "新村", "小区", "家园", "新苑", "公寓", "名苑", "佳苑", "山庄", "广场", "苑"):
        if name.endswith(suffix) and len(name) - len(suffix) >= 2:
            return name[: -len(suffix)]
    return None


def _swap_suffix(name: str, rng: random.Random) -> str | None:
    core = _drop_suffix(name, rng)
    return core + rng.choice(SUFFIX_SWAPS) if core else None


def _radicals(name: str, rng: random.Random) -> str | None:
    return name.translate(_RADICALS)


def _two_slips(name: str, rng: random.Random) -> str | None:
    if len(name) < 4:
        return None
    once = slip(name, rng.choice(["homophone", "delete", "double", "transpose"]), rng)
    return slip(once, "homophone", rng) if once else None


_RADICALS = str.maketrans(
    "西长车门马龙黄鱼鸟齐见贝青页风飞食虎角麦母民牛羊小水火", "⻄⻓⻋⻔⻢⻰⻩⻥⻦⻬⻅⻉⻘⻚⻛⻜⻝⻁⻆⻨⺟⺠⽜⽺⼩⽔⽕"
)
_SLIPS: dict[str, Callable[[str, random.Random], str | None]] = {
    "homophone": _homophone,
    "regional": _regional,
    "lookalike": _lookalike,
    "delete": _delete,
    "insert": _insert,
    "transpose": _transpose,
    "double": _double,
    "drop_suffix": _drop_suffix,
    "swap_suffix": _swap_suffix,
    "radicals": _radicals,
    "two_slips": _two_slips,
}


@cache
def _common() -> frozenset[str]:
    """Return the characters of GB 2312's first level, the ones an input method offers first."""
    letters = (bytes([high, low]).decode("gb2312", "ignore") for high in range(0xB0, 0xD8) for low in range(0xA1, 0xFF))
    return frozenset(letter for letter in letters if letter)


@cache
def _by_sound() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for letter in sorted(_common()):
        if sounds(letter):
            found.setdefault(sounds(letter)[0], []).append(letter)
    return found


def _common_by_sound(sound: str) -> list[str]:
    return _by_sound().get(sound, [])


def _all_sounds() -> list[str]:
    return sorted(_by_sound())


@cache
def _looks(letter: str) -> list[str]:
    lines = (
        resources.files("gis.geocode").joinpath("data", "lookalikes.csv").read_text(encoding="utf-8").splitlines()[1:]
    )
    pairs = [line.split(",") for line in lines if letter in line]
    others = [b if a == letter else a for a, b, agreement in pairs if float(agreement) >= 0.84]
    return sorted(other for other in others if other in _common())


@cache
def _traditional() -> dict[int, str]:
    table = resources.files("opencc").joinpath("dictionary/STCharacters.txt").read_text(encoding="utf-8")
    return {ord(line.split("\t")[0]): line.split("\t")[1].split(" ")[0] for line in table.splitlines() if "\t" in line}


def traditional(text: str, rng: random.Random) -> str:
    """Write a text, or each character with even odds, in traditional characters."""
    if rng.random() < 0.6:
        return text.translate(_traditional())
    return "".join(letter.translate(_traditional()) if rng.random() < 0.4 else letter for letter in text)


def fullwidth(text: str) -> str:
    """Write digits and letters full width."""
    return "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in text)


def spaced(text: str, rng: random.Random) -> str:
    """Slip spaces and signs into a text."""
    if rng.random() < 0.15:
        return " ".join(text)
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(text) + 1)
        text = text[:at] + rng.choice([" ", " ", " ", "，", "、", ".", "。"]) + text[at:]
    return text


def chinese_number(number: int) -> str:
    """Write a number below 1000 in words: 12 is 十二, 118 is 一百一十八, 105 is 一百零五."""
    digits = "零一二三四五六七八九"
    if number < 10:
        return digits[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return ("" if tens == 1 else digits[tens]) + "十" + (digits[ones] if ones else "")
    hundreds, rest = divmod(number, 100)
    if not rest:
        return digits[hundreds] + "百"
    middle = "零" + digits[rest] if rest < 10 else ("一" if rest < 20 else "") + chinese_number(rest)
    return digits[hundreds] + "百" + middle


def dictated(number: str, rng: random.Random) -> str:
    """Write digits as they are dictated: 402 is 四洞两, 101 is 幺零幺."""
    words = {
        "0": "零洞",
        "1": "一幺",
        "2": "二两",
        "3": "三",
        "4": "四",
        "5": "五",
        "6": "六",
        "7": "七拐",
        "8": "八",
        "9": "九勾",
    }
    return "".join(rng.choice(words[digit]) for digit in number)


def ocr_digits(number: str) -> str:
    """Write digits as OCR reads them."""
    return number.replace("0", "O").replace("1", "l", 1)
