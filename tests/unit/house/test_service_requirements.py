"""What goes into the image of each service."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from deploy.service_requirements import requirements_of
from tests.support import ROOT


def _project(path: Path) -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
    return project


@pytest.fixture(scope="module")
def tables() -> tuple[dict[str, Any], dict[str, Any]]:
    """The `[project]` tables of both distributions."""
    return _project(ROOT / "pyproject.toml"), _project(ROOT / "schemas" / "pyproject.toml")


@pytest.mark.parametrize("service", ["fetcher", "extractor", "deduplicator", "newsroom"])
def test_an_image_holds_its_own_extra_and_none_of_ours(
    tables: tuple[dict[str, Any], dict[str, Any]], service: str
) -> None:
    """The common requirements, those of the extra, those of the schemas; our own wheels come separately."""
    application, schemas = tables

    found = requirements_of(service, application, schemas)

    assert set(application["dependencies"][1:]) <= set(found)
    assert set(application["optional-dependencies"][service]) <= set(found)
    assert not any(requirement.startswith("copytaster") for requirement in found)


def test_an_image_holds_nothing_of_another_service(tables: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """Only the fetcher speaks HTTP to the world; the deduplicator needs no HTML parser."""
    deduplicator = " ".join(requirements_of("deduplicator", *tables))

    assert "aiohttp" not in deduplicator
    assert "trafilatura" not in deduplicator


def test_an_extra_made_of_others_holds_what_they_hold(
    tables: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    """The operator's image has the requirements of the fetcher and of the deduplicator, each once."""
    found = requirements_of("cli", *tables)

    parts = (*requirements_of("fetcher", *tables), *requirements_of("deduplicator", *tables))
    assert found == sorted(set(parts))


def test_an_extra_made_of_others_holds_all_of_theirs(tables: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """`all` names the other extras and nothing itself."""
    application, schemas = tables
    others = {name: value for name, value in application["optional-dependencies"].items() if name != "all"}

    found = requirements_of("all", application, schemas)

    wanted = {one for value in others.values() for one in value if not one.startswith("copytaster")}
    assert wanted <= set(found)
