"""What the documents and the house's own files say exists; what they name is spelled as the code has it."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml

from copytaster.newsroom.feeds import feeds_toml
from copytaster.settings import PREFIX, SECRETS, Settings
from tests.support import ROOT

DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), ROOT / ".env.example"])

SETTINGS = {PREFIX + name.upper(): field for name, field in Settings.model_fields.items()}
KNOWN_VARIABLES = {*SETTINGS, *(f"{PREFIX}{name.upper()}_FILE" for name in SECRETS)}

LOCKS = ("requirements.lock", "requirements-dev.lock")


def _compose(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
    return loaded


STACK = _compose("docker-compose.yml")["services"]
DEMO = _compose("deploy/demo.yml")["services"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_setting_that_a_document_names_exists(document: Path) -> None:
    """A variable that the services would refuse as unknown is in no document."""
    named = set(re.findall(rf"\b{PREFIX}[A-Z0-9_]+\b", document.read_text(encoding="utf-8")))

    assert named <= KNOWN_VARIABLES


@pytest.mark.parametrize("services", [STACK, DEMO], ids=["docker-compose.yml", "deploy/demo.yml"])
def test_compose_sets_only_settings_that_exist(services: dict[str, Any]) -> None:
    """An unknown variable would stop a service at its start."""
    for name, service in services.items():
        variables = {key for key in service.get("environment", {}) if key.startswith(PREFIX)}
        assert variables <= KNOWN_VARIABLES, name


def test_compose_passes_every_setting_on() -> None:
    """A setting in .env that compose held back would be ignored in silence."""
    passed = {key for key in STACK["fetcher"]["environment"] if key.startswith(PREFIX)}
    fixed_in_the_image = {"COPYTASTER_HEALTH_PORT"}
    only_as_a_file = {"COPYTASTER_REDIS_PASSWORD", "COPYTASTER_REDIS_SENTINEL_PASSWORD"}

    assert passed == KNOWN_VARIABLES - fixed_in_the_image - only_as_a_file


@pytest.mark.parametrize(
    ("name", "service"),
    [
        *((name, service) for name, service in STACK.items()),
        pytest.param("newsroom", DEMO["newsroom"], id="newsroom"),
    ],
)
def test_every_service_is_locked_down_and_restarted(name: str, service: dict[str, Any]) -> None:
    """Read-only, no capability, no new privilege, bounded memory and logs, a health check; can be scaled.

    What ends by itself (`init`, and a person's command) is not restarted and has no health.
    """
    assert service["read_only"] is True, name
    assert service["tmpfs"] == ["/tmp"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["init"] is True
    assert service["mem_limit"]
    if name in ("init", "cli"):
        assert service["restart"] == "no"
    else:
        assert service["restart"] == "unless-stopped"
        assert service["healthcheck"]["test"]
    assert set(service["logging"]["options"]) == {"max-size", "max-file"}
    assert not {"container_name", "privileged", "ports", "cap_add"} & set(service)


def test_the_demo_allows_the_fetcher_one_private_address() -> None:
    """The newsroom's own address and no network around it."""
    environment = DEMO["fetcher"]["environment"]
    (address,) = (network["ipv4_address"] for network in DEMO["newsroom"]["networks"].values())

    assert environment["COPYTASTER_FETCH_ALLOW_NETWORKS"] == f"{address}/32"


def test_the_demo_feeds_are_those_of_the_newsroom() -> None:
    """deploy/demo-feeds.toml is what `copytaster newsroom feeds --port 8800` prints."""
    command = DEMO["newsroom"]["command"]
    port = int(command[command.index("--port") + 1])

    assert (ROOT / "deploy" / "demo-feeds.toml").read_text(encoding="utf-8") == feeds_toml(port)


def test_the_images_are_built_on_the_two_base_images_alone() -> None:
    """No other image is pulled, no frontend is asked for."""
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    stages = re.findall(r"^FROM \S+ AS (\S+)", dockerfile, re.MULTILINE)
    bases = set(re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)) - set(stages)

    assert bases == {"python:3.13-slim"}
    assert STACK["redis"]["image"] == "redis:8"
    assert "syntax=" not in dockerfile


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_names_no_index_and_hashes_everything(name: str) -> None:
    """Whoever installs takes the packages from the index of their own configuration, and gets the same bytes."""
    text = (ROOT / name).read_text(encoding="utf-8")
    pinned = re.findall(r"^[a-z0-9-]+==[^\s;]+(?: ; [^\\\n]+)? \\\n    --hash=sha256:", text, re.MULTILINE)

    assert "://" not in text
    assert len(pinned) == text.count("==") - len(re.findall(r" ; .*==", text))


def test_the_lock_files_meet_every_direct_requirement() -> None:
    """A requirement that was added to pyproject.toml without `make lock` would be missing from images and CI."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project, groups = table["project"], table["dependency-groups"]
    wanted = chain(project["dependencies"], *project["optional-dependencies"].values(), groups["build"])

    assert _names(wanted) - {"copytaster", "copytaster-schemas"} <= _locked("requirements.lock")
    for group in ("dev", "bench"):  # the first includes the second
        assert _names(one for one in groups[group] if isinstance(one, str)) <= _locked(
            "requirements-dev.lock"
        )


def _names(requirements: Iterable[str]) -> set[str]:
    # A dot and a hyphen are one in a distribution's name (backports.zstd).
    names = (re.split(r"[^A-Za-z0-9.-]", requirement)[0] for requirement in requirements)
    return {name.lower().replace(".", "-") for name in names}


def _locked(name: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+)==", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE))


def test_both_distributions_have_one_version() -> None:
    """The application asks for exactly the schemas it was built with."""
    application, schemas = (
        tomllib.loads((ROOT / name).read_text(encoding="utf-8"))["project"]
        for name in ("pyproject.toml", "schemas/pyproject.toml")
    )

    assert application["version"] == schemas["version"]
    assert f"copytaster-schemas=={schemas['version']}" in application["dependencies"]


def test_make_help_lists_every_target_that_the_readme_names() -> None:
    """`make TARGET` in the README is a target, and `make help` explains it."""
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = set(re.findall(r"^  make ([a-z-]+)", listed, re.MULTILINE))
    named = set(re.findall(r"`?\bmake ([a-z-]+)", _code_of(ROOT / "README.md")))

    assert {"setup", "demo", "test", "check", "lint", "types", "lock"} <= targets
    assert named
    assert named <= targets


def test_every_command_that_the_readme_names_exists() -> None:
    """`copytaster COMMAND` in the README is a command of the program."""
    modules = {path.stem for path in (ROOT / "services" / "copytaster" / "cli").rglob("*.py")}
    named = set(re.findall(r"\bcopytaster ([a-z][a-z-]+)\b", _code_of(ROOT / "README.md")))

    assert named
    assert {name.replace("-", "_") for name in named} <= modules


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    """A document links to no file that is not there."""
    targets = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", document.read_text(encoding="utf-8"))

    assert [target for target in targets if not (document.parent / target).exists()] == []


def test_the_readme_has_the_test_command_that_ci_runs() -> None:
    """The code block after the marker starts with a make target."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    match = re.search(r"<!-- test-command -->\s*```\w*\n(.+)\n", readme)

    assert match is not None
    assert match[1].startswith("make ")


def test_the_changelog_has_a_place_for_what_comes_next() -> None:
    """Keep a Changelog: an Unreleased section on top."""
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert headings[0] == "[Unreleased]"


def _code_of(document: Path) -> str:
    """The code of a Markdown document: its fenced blocks and its `spans`."""
    text = document.read_text(encoding="utf-8")
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return "\n".join([*blocks, *re.findall(r"`([^`\n]+)`", text)])
