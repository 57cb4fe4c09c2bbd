"""Settings of the server, read from the environment in the composition roots and passed down."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from gis.settings import DatabaseSettings


class ServerSettings(BaseSettings):
    """How the server answers. Environment prefix ``FENGQIAO_``; the geodatabase's settings stand beside it."""

    model_config = SettingsConfigDict(env_prefix="FENGQIAO_", frozen=True, extra="ignore")

    language: str = Field(default="zh", description="Language of pages before anybody signed in: zh or en.")
    secure_cookies: bool = Field(
        default=False, description="Cookies over HTTPS only; set by `up` when it serves HTTPS."
    )
    alert_routes: Path | None = Field(
        default=None, description="YAML file of who is told of alerts; unset: alerts/routes.yml, which sends nothing."
    )
    lineage_url: str = Field(
        default="", description="Catalogue that is told of every load, figure and layer (OpenLineage); unset: none."
    )
    lineage_token: SecretStr = Field(default=SecretStr(""), description="Bearer token of that catalogue.")
    geodatabase: DatabaseSettings = Field(default_factory=DatabaseSettings, description="Where the geodatabase is.")

    @property
    def var_dir(self) -> Path:
        """Everything that is kept between runs: certificates, photos, caches."""
        return self.geodatabase.var_dir
