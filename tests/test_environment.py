"""environment.yml gives conda only what pip cannot; the Python packages stay pyproject's."""

import tomllib
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parent.parent
#: of Debian 12, the machine that `make run` is promised on
OLDEST_PYTHON = "3.11.2"


def conda_dependencies() -> list[object]:
    return list(yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"])


def test_every_python_package_comes_from_pyproject_by_pip():
    pip_lists = [entry["pip"] for entry in conda_dependencies() if isinstance(entry, dict)]

    assert pip_lists == [["-e ."]]


def test_conda_names_no_package_that_pyproject_requires():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    required = {Requirement(line).name.lower() for line in project["dependencies"]}
    conda = {str(entry).split("=")[0].lower() for entry in conda_dependencies() if isinstance(entry, str)}

    assert not conda & required
    assert {"python", "postgresql", "postgis"} <= conda


def test_conda_python_is_one_that_pyproject_allows():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    python = next(str(entry) for entry in conda_dependencies() if str(entry).startswith("python="))

    assert python.split("=")[1] in Requirement(f"python{project['requires-python']}").specifier


def pinned_versions(lock: str) -> dict[str, str]:
    pinned = {}
    for line in (ROOT / lock).read_text(encoding="utf-8").splitlines():
        if "==" in line and not line.startswith((" ", "#")):
            requirement = Requirement(line.split(";")[0].strip())
            pinned[requirement.name.lower().replace("_", "-")] = next(iter(requirement.specifier)).version
    return pinned


def test_lock_pins_every_required_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pinned = pinned_versions("requirements.lock")
    for line in project["dependencies"]:
        requirement = Requirement(line)
        version = pinned.get(requirement.name.lower().replace("_", "-"))
        assert version is not None, f"{requirement.name} is not in requirements.lock"
        assert version in requirement.specifier, f"{requirement.name} {version} in the lock does not fit {line}"


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_locked_versions_install_on_debians_own_python(lock):
    # the installed packages say which Python they want; where one is not at its pin, that one cannot be asked
    too_new, asked = [], 0
    for name, version in pinned_versions(lock).items():
        try:
            about = metadata(name)
        except PackageNotFoundError:
            continue
        if about["Version"] != version:
            continue
        asked += 1
        wanted = about.get("Requires-Python") or ""
        if not SpecifierSet(wanted).contains(OLDEST_PYTHON):
            too_new.append(f"{name} {version} wants Python {wanted}")

    assert not too_new
    assert asked > 100
