"""Photos of incidents: checked by content, turned upright, made small, stripped of everything but the picture."""

import hashlib
import io
import os
import re
import tempfile
import warnings
from pathlib import Path

from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from gis.errors import BadInput, NotFound

#: largest upload [bytes]; the phone sends some 300 KB
LARGEST_BYTES = 8 * 1024 * 1024
#: largest picture before it is opened in full [pixels]; a bomb of a few KB can unpack to gigabytes
LARGEST_PIXELS = 60_000_000
#: longest side kept [pixels]
SIDE = 1600
FORMATS = ("JPEG", "PNG", "WEBP")
NAME = re.compile(r"^[0-9a-f]{40}\.jpg$")


def store_photo(folder: Path, content: bytes) -> str:
    """Store a photo under `folder` and return its name.

    The picture is read and written anew, so that position, time, device and anything hidden in the file are gone. The
    same upload twice has the same name and is one file.

    Raises
    ------
    BadInput
        If it is too large, or no JPEG, PNG or WebP by its content, whatever its name says.
    """
    if len(content) > LARGEST_BYTES:
        raise BadInput(
            "the photo has {size:.1f} MB, at most {most:.1f} MB are taken",
            size=len(content) / 1e6,
            most=LARGEST_BYTES / 1e6,
        )
    name = hashlib.sha256(content).hexdigest()[:40] + ".jpg"
    target = photo_path(folder, name)
    if not target.exists():
        picture = upright(content)
        target.parent.mkdir(parents=True, exist_ok=True)
        # written beside and renamed: a killed server leaves no half photo under its name
        handle, draft = tempfile.mkstemp(dir=target.parent, suffix=".part")
        with os.fdopen(handle, "wb") as file:
            picture.save(file, "JPEG", quality=82, optimize=True)
        os.replace(draft, target)
    return name


def upright(content: bytes) -> Image.Image:
    """Return the picture upright, at most `SIDE` long, as plain colours without metadata."""
    # weasyprint, in the same process, makes Pillow fill up what is cut off; half a photo is no evidence
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            opened = Image.open(io.BytesIO(content), formats=FORMATS)
        if opened.width * opened.height > LARGEST_PIXELS:
            raise BadInput(
                "the photo has {width} × {height} pixels, at most {most} million are taken",
                width=opened.width,
                height=opened.height,
                most=LARGEST_PIXELS // 1_000_000,
            )
        picture = ImageOps.exif_transpose(opened).convert("RGB")
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as fault:
        raise BadInput("the file is no JPEG, PNG or WebP picture that can be read") from fault
    picture.thumbnail((SIDE, SIDE))
    plain = Image.new("RGB", picture.size)
    plain.paste(picture)
    return plain


def photo_path(folder: Path, name: str) -> Path:
    """Return where a photo lies; BadInput for a name that is not one of ours."""
    if not NAME.match(name):
        raise BadInput("{name!r} is not the name of a photo", name=name)
    return folder / "photos" / name[:2] / name


def find_photo(folder: Path, name: str) -> Path:
    """Return the file of a stored photo; NotFound when it is not there."""
    path = photo_path(folder, name)
    if not path.is_file():
        raise NotFound("photo {name} is not on this machine", name=name)
    return path
