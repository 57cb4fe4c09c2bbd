"""What may lie beneath our own ground: read from the environment in the composition roots and passed down."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class GroundSettings(BaseSettings):
    """Where a picture beneath our own ground comes from, if from anywhere. Environment prefix ``FENGQIAO_``."""

    model_config = SettingsConfigDict(env_prefix="FENGQIAO_", frozen=True, extra="ignore")

    tianditu_key: SecretStr | None = Field(
        default=None,
        description="Key of tianditu.gov.cn; its map is drawn beneath ours. Browsers ask that host.",
    )
    pmtiles: Path | None = Field(
        default=None,
        description="A PMTiles file (version 3) of pictures (PNG, JPEG or WebP) drawn beneath our own map.",
    )
