"""Settings of the geodatabase, read from the environment in the composition roots and passed down."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class DatabaseSettings(BaseSettings):
    """Where the geodatabase is. Environment prefix ``FENGQIAO_``."""

    model_config = SettingsConfigDict(env_prefix="FENGQIAO_", frozen=True, extra="ignore")

    database_url: SecretStr | None = Field(
        default=None,
        description="A PostgreSQL server of your own, as its owner: postgresql://user:password@host/name. "
        "Unset: the embedded server under the var folder is used.",
    )
    var_dir: Path = Field(default=Path("var"), description="Everything that is kept between runs, secrets included.")

    @property
    def embedded(self) -> bool:
        """Whether we run PostgreSQL ourselves."""
        return self.database_url is None
