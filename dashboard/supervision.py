"""Keep the embedded PostgreSQL running: one that died is started again, one that is merely slow is left alone."""

import asyncio
import contextlib
from pathlib import Path

import structlog

from gis.database.embedded import EmbeddedServer
from gis.errors import FengqiaoError

logger = structlog.get_logger("fengqiao.supervision")

CHECK_S = 1.0


def postmaster_lives(server: EmbeddedServer) -> bool:
    """Whether the process named in the server's pid file is a PostgreSQL of this folder."""
    try:
        process = int((server.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
        name = Path(f"/proc/{process}/comm").read_text(encoding="utf-8")
        is_ours = Path(f"/proc/{process}/cwd").resolve() == server.data.resolve()
    except (OSError, ValueError, IndexError):
        return False
    # a killed process whose parent has not asked for it yet still has a name, but no working folder
    return name.startswith("postgres") and is_ours


async def keep_running(server: EmbeddedServer) -> None:
    """Look every second, and start the server whenever its process is gone; runs until cancelled."""
    while True:
        await asyncio.sleep(CHECK_S)
        if await asyncio.to_thread(postmaster_lives, server):
            continue
        logger.warning("database_died", folder=str(server.data))
        with contextlib.suppress(FengqiaoError, OSError):
            # start() itself adopts a server that answers and clears what a killed one left
            await asyncio.to_thread(server.start)
            logger.warning("database_started_again")
