"""Keep delivered files so that a batch can be loaded again: encrypted, under the hash of their content.

The newest few deliveries of each feed are kept, in the installation's own folder and not in the database. A file is
encrypted piece by piece (AES-256-GCM under the identity cipher key), so that its size costs no memory.
"""

import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography.exceptions import InvalidTag

from gis.errors import BadInput, NotFound
from gis.identity import IdentityKeys

#: deliveries of one feed that are kept
NEWEST = 5
#: a piece is encrypted by itself [bytes]
PIECE_BYTES = 4 << 20
NONCE_BYTES = 12
FOLDER = "deliveries"


@dataclass(frozen=True)
class KeptFiles:
    """The kept deliveries of an installation."""

    folder: Path
    keys: IdentityKeys

    def keep(self, path: Path, digest: str, *, feed: str) -> None:
        """Keep a delivered file; the same content is kept once per feed, and the oldest goes when there are many."""
        place = self.folder / feed
        place.mkdir(parents=True, exist_ok=True)
        kept = place / f"{digest}.sealed"
        if kept.exists():
            os.utime(kept)
            return
        fresh = kept.with_suffix(".new")
        with path.open("rb") as plain, fresh.open("wb") as sealed:
            number = 0
            while piece := plain.read(PIECE_BYTES):
                nonce = os.urandom(NONCE_BYTES)
                # the number is signed with the piece, so that pieces cannot change places
                cipher = self.keys.cipher.encrypt(nonce, piece, struct.pack(">Q", number))
                sealed.write(struct.pack(">I", len(cipher)) + nonce + cipher)
                number += 1
        fresh.replace(kept)
        for old in sorted(place.glob("*.sealed"), key=lambda one: one.stat().st_mtime_ns)[:-NEWEST]:
            old.unlink()

    def has(self, digest: str, *, feed: str) -> bool:
        """Whether a delivery is (still) kept."""
        return (self.folder / feed / f"{digest}.sealed").is_file()

    @contextmanager
    def opened(self, digest: str, *, feed: str, name: str) -> Iterator[Path]:
        """Yield the plain file under its own name, for as long as it is needed.

        Raises
        ------
        NotFound
            If it is not kept (any more).
        BadInput
            If it was kept by another installation, or was damaged.
        """
        kept = self.folder / feed / f"{digest}.sealed"
        if not kept.is_file():
            raise NotFound(
                "the file {name} is not kept any more; the newest {kept} deliveries of a feed are",
                name=name,
                kept=NEWEST,
            )
        with TemporaryDirectory(prefix="fengqiao-kept-") as folder:
            path = Path(folder) / name
            path.touch(mode=0o600)
            with kept.open("rb") as sealed, path.open("wb") as plain:
                number = 0
                while head := sealed.read(4):
                    nonce, cipher = sealed.read(NONCE_BYTES), sealed.read(struct.unpack(">I", head)[0])
                    try:
                        plain.write(self.keys.cipher.decrypt(nonce, cipher, struct.pack(">Q", number)))
                    except InvalidTag as fault:
                        raise BadInput(
                            "the kept file {name} cannot be read with this installation's keys", name=name
                        ) from fault
                    number += 1
            yield path
