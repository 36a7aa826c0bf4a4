"""The distribution `copytaster-schemas`, built and installed beside pydantic and nothing else."""

from __future__ import annotations

import importlib.metadata
import json
import re
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stack.subscribers.recording import Recorded
from tests.support import ROOT

READER = """
import json, sys
from copytaster_schemas import parse_event
from copytaster_schemas.faststream import cloudevents
for line in sys.stdin:
    envelope, data = parse_event(json.loads(line))
    print(json.dumps({"key": f"{envelope.source} {envelope.id}", "data": data.to_dict()}))
foreign = [name for name in sys.modules if name.split(".")[0] in ("redis", "faststream", "copytaster", "yaml")]
assert not foreign, foreign
"""


def needed_by(requirement: str) -> set[str]:
    """The names of a distribution and of all that it needs without extras, as installed here."""
    name = re.match(r"[\w.-]+", requirement)[0]  # type: ignore[index]
    needs = importlib.metadata.requires(name) or []
    return {name}.union(*(needed_by(need) for need in needs if "extra ==" not in need and _applies(need)))


def _applies(requirement: str) -> bool:
    """Whether a requirement without a marker, or with a marker that is no platform's, is installed here."""
    name = re.match(r"[\w.-]+", requirement)[0]  # type: ignore[index]
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _top_levels(name: str) -> Iterator[Path]:
    """What a distribution put into site-packages, by its highest folders and files."""
    distribution = importlib.metadata.distribution(name)
    for top in {file.parts[0] for file in distribution.files or []} - {"..", "__pycache__"}:
        yield Path(str(distribution.locate_file(top)))


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter of its own with the built wheel and pydantic, and nothing else."""
    folder = tmp_path_factory.mktemp("alone")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT / "schemas", check=True, capture_output=True, timeout=60)
    [wheel] = folder.glob("*.whl")
    venv.create(folder / "venv", with_pip=False)
    [site] = (folder / "venv").glob("lib/python*/site-packages")
    subprocess.run([sys.executable, "-m", "zipfile", "-e", str(wheel), str(site)], check=True, timeout=60)
    [metadata] = site.glob("copytaster_schemas-*.dist-info/METADATA")
    needs = re.findall(r"^Requires-Dist: (.+)$", metadata.read_text(encoding="utf-8"), re.MULTILINE)
    assert [re.match(r"[\w-]+", need)[0] for need in needs] == ["pydantic"]  # type: ignore[index]
    for name in needed_by("pydantic"):
        for path in _top_levels(name):
            (site / path.name).symlink_to(path)
    return folder / "venv" / "bin" / "python"


def test_a_subscriber_needs_pydantic_and_nothing_else(python: Path, recording: list[Recorded]) -> None:
    """The wheel, in an interpreter without any other package, reads every entry of the newsroom."""
    lines = [
        json.dumps({name.decode(): value.decode() for name, value in event.fields.items()})
        for event in recording
    ]

    done = subprocess.run(
        [python, "-I", "-c", READER],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.stderr == ""
    read = [json.loads(line) for line in done.stdout.splitlines()]
    assert read == [{"key": event.key, "data": event.data.to_dict()} for event in recording]


def test_the_wheel_says_that_it_is_typed(python: Path) -> None:
    """`py.typed` is part of it, so that a subscriber's type checker sees the models."""
    script = (
        "from importlib.resources import files; assert (files('copytaster_schemas') / 'py.typed').is_file()"
    )

    subprocess.run([python, "-I", "-c", script], check=True, timeout=60)
