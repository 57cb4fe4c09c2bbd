"""Make the two character tables of the geocoder: how characters sound and which look alike.

    nice -n 12 .venv/bin/python benchmarks/geocode_tables.py

`gis/geocode/data/syllables.csv` lists the toneless syllables of the characters of the basic CJK block (readings from
the package pypinyin, MIT). `gis/geocode/data/lookalikes.csv` lists pairs of GB 2312 characters whose pictures agree:
each is drawn in the sans font of Noto CJK, blurred, and compared by correlation; nothing is taken from existing lists.
"""

import unicodedata
from collections import defaultdict
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

DATA = Path(__file__).resolve().parent.parent / "gis" / "geocode" / "data"
FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"
SIDE = 28  # [px]
NEIGHBOURS = 6
LEAST_AGREEMENT = 0.78


def syllables() -> dict[str, list[str]]:
    """Return the characters of each toneless syllable."""
    from pypinyin.pinyin_dict import pinyin_dict

    found: dict[str, list[str]] = defaultdict(list)
    for code in range(0x4E00, 0x9FA6):
        # rare third and later readings make everything sound like everything
        readings = [toneless(reading) for reading in pinyin_dict.get(code, "").split(",")[:2] if reading]
        for reading in dict.fromkeys(readings):
            found[reading].append(chr(code))
    return found


def toneless(reading: str) -> str:
    """Drop tone marks: lǜ becomes lv, zhuàng becomes zhuang."""
    plain = unicodedata.normalize("NFD", reading.replace("ü", "v")).replace("u\u0308", "v")
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def lookalikes() -> list[tuple[str, str, float]]:
    """Return pairs of characters that look alike and how far their pictures agree (correlation)."""
    characters = [
        bytes([high, low]).decode("gb2312", "ignore") for high in range(0xB0, 0xF8) for low in range(0xA1, 0xFF)
    ]
    characters = [character for character in characters if character]
    font = ImageFont.truetype(FONT, SIDE - 2, index=2)
    pictures = np.empty((len(characters), SIDE * SIDE), dtype=np.float32)
    for row, character in enumerate(characters):
        image = Image.new("L", (SIDE, SIDE))
        ImageDraw.Draw(image).text((1, -6), character, fill=255, font=font)
        pictures[row] = np.asarray(image.filter(ImageFilter.GaussianBlur(1.0)), dtype=np.float32).ravel()
    pictures -= pictures.mean(axis=1, keepdims=True)
    pictures /= np.linalg.norm(pictures, axis=1, keepdims=True)
    pairs: dict[tuple[str, str], float] = {}
    for row, character in enumerate(characters):
        agreement = pictures @ pictures[row]
        agreement[row] = 0.0
        for other in np.argsort(-agreement)[:NEIGHBOURS]:
            if agreement[other] >= LEAST_AGREEMENT:
                a, b = sorted((character, characters[other]))
                pairs[a, b] = float(agreement[other])
    return [(a, b, round(agreement, 2)) for (a, b), agreement in sorted(pairs.items())]


def main() -> None:
    DATA.mkdir(exist_ok=True)
    lines = [f"{syllable},{''.join(characters)}" for syllable, characters in sorted(syllables().items())]
    (DATA / "syllables.csv").write_text("syllable,characters\n" + "\n".join(lines) + "\n", encoding="utf-8")
    pairs = lookalikes()
    (DATA / "lookalikes.csv").write_text(
        "a,b,agreement\n" + "".join(f"{a},{b},{agreement}\n" for a, b, agreement in pairs), encoding="utf-8"
    )
    print(f"{len(lines)} syllables, {len(pairs)} pairs of look-alikes")


if __name__ == "__main__":
    main()
