import io
from pathlib import Path

import pytest
from PIL import Image, ImageFile

from casework.photos import LARGEST_BYTES, find_photo, store_photo
from gis.errors import BadInput, NotFound


def picture(kind="JPEG", size=(2400, 1200), *, exif: Image.Exif | None = None) -> bytes:
    """A picture that is red on its left half, blue on its right."""
    image = Image.new("RGB", size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    out = io.BytesIO()
    image.save(out, kind, **({"exif": exif} if exif else {}))
    return out.getvalue()


def load(path: Path) -> Image.Image:
    return Image.open(io.BytesIO(path.read_bytes()))


def phone_exif(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "SECRET PHONE"
    exif.get_ifd(0x8825)[2] = (31.0, 17.0, 5.0)  # GPS latitude
    return exif


def test_a_photo_loses_position_and_device_and_is_turned_upright(tmp_path):
    name = store_photo(tmp_path, picture(exif=phone_exif(6)))  # 6: turn a quarter clockwise to see it upright

    path = find_photo(tmp_path, name)
    kept = load(path)
    assert kept.size == (800, 1600)  # 2400 × 1200 turned, then 1200 × 2400 shrunk to 1600 high
    assert not kept.getexif()
    assert b"SECRET" not in path.read_bytes()
    # the left half of what lay on its side is the upper half of what stands
    assert kept.getpixel((400, 100))[0] > 200
    assert kept.getpixel((400, 1500))[2] > 200


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_other_kinds_become_jpeg(tmp_path, kind):
    path = find_photo(tmp_path, store_photo(tmp_path, picture(kind, (300, 200))))

    assert path.read_bytes().startswith(b"\xff\xd8\xff")
    assert load(path).size == (300, 200)


def test_the_same_photo_twice_is_one_file(tmp_path):
    assert store_photo(tmp_path, picture()) == store_photo(tmp_path, picture())
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


@pytest.mark.parametrize(
    "content", [b"", b"<svg onload='alert(1)'/>", b"%PDF-1.7", b"\xff\xd8\xff" + b"\0" * 50, picture()[:4000]]
)
def test_what_is_no_whole_picture_is_refused_and_leaves_nothing(tmp_path, content):
    with pytest.raises(BadInput, match="no JPEG"):
        store_photo(tmp_path, content)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_half_a_photo_is_refused_beside_a_library_that_would_take_it(tmp_path, monkeypatch):
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)

    with pytest.raises(BadInput, match="no JPEG"):
        store_photo(tmp_path, picture()[:4000])


def test_a_file_too_large_is_refused(tmp_path):
    with pytest.raises(BadInput, match="at most"):
        store_photo(tmp_path, b"\0" * (LARGEST_BYTES + 1))


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path):
    out = io.BytesIO()
    Image.new("1", (12_000, 12_000)).save(out, "PNG")

    with pytest.raises(BadInput, match="pixels"):
        store_photo(tmp_path, out.getvalue())


@pytest.mark.parametrize("name", ["../secrets.json", "a.jpg", "/etc/passwd", "A" * 40 + ".jpg"])
def test_a_name_that_is_not_ours_opens_nothing(tmp_path, name):
    with pytest.raises(BadInput):
        find_photo(tmp_path, name)


def test_a_photo_that_is_gone_says_so(tmp_path):
    with pytest.raises(NotFound):
        find_photo(tmp_path, "0" * 40 + ".jpg")
