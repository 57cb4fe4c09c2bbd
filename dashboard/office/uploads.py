"""Files that people hand to a page: taken out of the browser's answer into a folder that is gone afterwards."""

import base64
import binascii
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory

from gis.errors import BadInput

#: larger files are loaded on the command line [bytes]
LARGEST = 32 << 20


@contextmanager
def uploaded(contents: str, name: str) -> Iterator[Path]:
    """Yield a file that was handed over, under its own name.

    Raises
    ------
    BadInput
        If it is too large, or did not arrive whole.
    """
    try:
        data = base64.b64decode(contents.partition(",")[2], validate=True)
    except binascii.Error as fault:
        raise BadInput("{name} did not arrive whole; hand it over again", name=name) from fault
    if len(data) > LARGEST:
        raise BadInput("{name} is larger than {most} MiB; load it on the command line", name=name, most=LARGEST >> 20)
    with TemporaryDirectory(prefix="fengqiao-upload-") as folder:
        # browsers of other systems send a path with their own separators
        path = Path(folder) / (PurePath(name.replace("\\", "/")).name or "file")
        path.write_bytes(data)
        yield path
