"""The installation's own secrets, made once and kept outside the database, readable by their owner only."""

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

from gis.errors import BadInput


@dataclass(frozen=True)
class Secrets:
    """What an installation must keep to itself."""

    #: password of the embedded server's superuser
    owner_password: str = field(repr=False)
    #: passwords of the login roles that own nothing
    server_password: str = field(repr=False)
    wall_password: str = field(repr=False)
    open_password: str = field(repr=False)
    #: key of the keyed hash that matches identity numbers [hex, 32 bytes]
    identity_hash_key: str = field(repr=False)
    #: AES-256-GCM key of identity numbers and telephones [hex, 32 bytes]
    identity_cipher_key: str = field(repr=False)


def make_secrets() -> Secrets:
    """Draw fresh secrets from the operating system."""
    return Secrets(
        owner_password=secrets.token_urlsafe(24),
        server_password=secrets.token_urlsafe(24),
        wall_password=secrets.token_urlsafe(24),
        open_password=secrets.token_urlsafe(24),
        identity_hash_key=secrets.token_hex(32),
        identity_cipher_key=secrets.token_hex(32),
    )


def read_or_make_secrets(var_dir: Path) -> Secrets:
    """Return the secrets under `var_dir`, making them on first use (file mode 600).

    Raises
    ------
    BadInput
        If the file is damaged, or gone while the database it opens is there: new keys would fit nothing.
    """
    path = var_dir / "secrets.json"
    if path.exists():
        try:
            return Secrets(**json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, TypeError) as fault:
            raise BadInput(
                "{path} is damaged ({fault}); restore it from a backup, identity numbers need its keys",
                path=path,
                fault=fault,
            ) from fault
    if (data := var_dir / "postgres" / "data" / "PG_VERSION").exists():
        raise BadInput(
            "{path} is missing, and the database in {data} opens with no other; restore the file",
            path=path, data=data.parent,
        )  # fmt: skip
    var_dir.mkdir(parents=True, exist_ok=True)
    fresh = make_secrets()
    draft = path.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(asdict(fresh), file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    return fresh
