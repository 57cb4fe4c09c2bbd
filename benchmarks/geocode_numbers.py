"""Write zones, buildings, units, rooms and road numbers the way people do."""

import random

from benchmarks.geocode_noise import BUILDING_WORDS, chinese_number, dictated, ocr_digits


def other_zone(zone: str, rng: random.Random) -> str:
    """Write a zone in other words: 2区, Ⅱ区, 第二区, 西小区."""
    digits = {"一": ("1", "Ⅰ"), "二": ("2", "Ⅱ"), "三": ("3", "Ⅲ"), "四": ("4", "Ⅳ"), "五": ("5", "Ⅴ")}
    if zone[0] in digits:
        return rng.choice([digits[zone[0]][0] + zone[1], digits[zone[0]][1] + zone[1], "第" + zone])
    return rng.choice([zone[0] + "小区", zone + "里", zone])


def enclosed_zone(zone: str, rng: random.Random) -> str:
    """Write a zone without its word, between signs: (二), ㈡, 【西】."""
    if zone[0] in "一二三四五" and rng.random() < 0.4:
        return "㈠㈡㈢㈣㈤"["一二三四五".index(zone[0])]
    return rng.choice(["({})", "（{}）", "【{}】"]).format(zone[0])


def building_words(
    number: str, unit: str, room: str, depth: str, *, rng: random.Random, families: list[str], held_out: bool
) -> str:
    """Write building, unit and room as deep as `depth` says; names how."""
    word = rng.choice(BUILDING_WORDS)
    style = rng.random()
    if number.isalpha() and "room" in depth and "unit" not in depth and style < 0.5:
        families.append("lettered")
        return number + rng.choice(["", "-", "楼"]) + room
    if held_out and number.isdigit() and depth == "unit room" and style > 0.8:
        families.append("unit_door")
        return rng.choice([f"{number}#{unit}#{room}", f"{number}幢{unit}门{room}", f"{number}号楼{unit}号门{room}室"])
    if word == "#":
        families.append("hash")
    if style < 0.12 and depth in ("unit room", "room") and number.isdigit():
        families.append("dash")
        dash = rng.choice(["-", "－", "—", "-"])
        return dash.join([number, *([unit] if "unit" in depth else []), room])
    if style < 0.18 and number.isdigit() and depth != "unit":
        families.append("bare")
        parts = [number, *([unit] if "unit" in depth and room else []), *([room] if "room" in depth else [])]
        return " ".join(parts)
    if number.isdigit():
        if held_out and rng.random() < 0.25:
            families.append("dictated")
            room, unit = dictated(room, rng), chinese_number(int(unit))
            number = chinese_number(int(number))
        elif held_out and rng.random() < 0.2:
            families.append("ocr_digits")
            room = ocr_digits(room) if "room" in depth else room
            number = number.replace("0", "O") if number[0] != "0" and len(number) > 1 else number
        elif style < 0.36:
            families.append("cn_num")
            number, unit = chinese_number(int(number)), chinese_number(int(unit))
        elif style < 0.4 and len(number) > 1:
            families.append("split_space")
            number, word = number[0] + " " + number[1:], "幢"
    words = number + word
    if "unit" in depth:
        words += unit + "单元"
    if "room" in depth:
        if held_out and rng.random() < 0.2 and room.isdigit():
            families.append("spelled_floor")
            words += chinese_number(int(room[:-2])) + rng.choice(["楼", "层"])
        words += room + rng.choice(["室", "室", "", ""])
    return words


def road_number(number: int, *, rng: random.Random, families: list[str]) -> str:
    """Write a road number, now and then in words."""
    if rng.random() < 0.25:
        families.append("cn_num")
        return chinese_number(number) + "号"
    return f"{number}号"
