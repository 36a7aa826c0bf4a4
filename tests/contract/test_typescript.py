"""The TypeScript types: they compile, the examples fit them, and the reader beside them reads our entries."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from copytaster_schemas import __version__, make_envelope
from copytaster_schemas.typescript import NotUnderstood, typescript_of
from tests.contract.conftest import TYPESCRIPT
from tests.contract.samples import NOON, SAMPLES
from tests.support import ROOT

SIBLINGS: Final = ("events.ts", "reader.ts", "tsconfig.json", "package.json")

pytestmark = pytest.mark.timeout(240)  # the first test of a fresh checkout installs the tools


def compile_with(program: str, folder: Path, node: str, node_tools: Path) -> subprocess.CompletedProcess[str]:
    """Compiles `program` beside the types, under the strict settings that are committed with them."""
    for name in SIBLINGS:
        shutil.copyfile(TYPESCRIPT / name, folder / name)
    shutil.copytree(ROOT / "schemas" / "examples", folder / "examples")
    (folder / "program.ts").write_text(program, encoding="utf-8")
    settings = json.loads((folder / "tsconfig.json").read_text(encoding="utf-8"))
    settings["files"].append("program.ts")
    (folder / "tsconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    compiler = node_tools / "node_modules" / "typescript" / "bin" / "tsc"
    command = [node, str(compiler), "--project", str(folder), "--outDir", str(folder / "out")]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)


def test_the_types_take_every_example_and_the_reader_reads_every_entry(
    tmp_path: Path, node: str, node_tools: Path
) -> None:
    """A program over all examples compiles without a complaint, and gets back from the entries what was put in."""
    lines = [
        'import { readEvent, type ReadEvent } from "./reader.ts";',
        'import type * as e from "./events.ts";',
    ]
    for number, name in enumerate(SAMPLES):
        lines.append(f'import example{number} from "./examples/{name}.json" with {{ type: "json" }};')
        lines.append(f'const typed{number}: e.EventData["{name}"] = example{number};')
    lines += [
        "declare const process: { argv: string[]; stdout: { write(text: string): void } };",
        "const entries: Record<string, string>[] = JSON.parse(process.argv[2] ?? '[]');",
        "const events: (ReadEvent | undefined)[] = entries.map(readEvent);",
        f"const typed: unknown[] = [{', '.join(f'typed{number}' for number in range(len(SAMPLES)))}];",
        "process.stdout.write(JSON.stringify({ events, typed }));",
    ]
    envelopes = {
        name: make_envelope(name, "urn:x", 1, source="/copytaster/main/test", time=NOON) for name in SAMPLES
    }
    entries = [
        {key.decode(): value.decode() for key, value in envelopes[name].to_fields(sample.to_json()).items()}
        for name, sample in SAMPLES.items()
    ]
    unknown = {**entries[0], "ce_type": "copytaster.cluster.painted.v1"}

    compiled = compile_with("\n".join(lines), tmp_path, node, node_tools)
    assert compiled.stdout == ""
    program = [node, str(tmp_path / "out" / "program.js"), json.dumps([*entries, unknown])]
    done = subprocess.run(program, capture_output=True, text=True, timeout=30, check=True)

    events = json.loads(done.stdout)["events"]
    assert events.pop() is None
    assert events == [
        {
            "id": envelopes[name].id,
            "source": "/copytaster/main/test",
            "subject": "urn:x",
            "time": "2026-03-01T12:00:00Z",
            "type": name,
            "data": sample.to_dict(),
        }
        for name, sample in SAMPLES.items()
    ]
    assert json.loads(done.stdout)["typed"] == [sample.to_dict() for sample in SAMPLES.values()]


def test_the_compiler_refuses_what_the_types_do_not_say(tmp_path: Path, node: str, node_tools: Path) -> None:
    """The check above can fail: a misspelt field, a wrong type, a field that may be absent, a missing field."""
    program = """
import { readEvent } from "./reader.ts";
import type { Counts } from "./events.ts";
const event = readEvent({});
if (event?.type === "copytaster.cluster.changed.v1") {
  const misspelt = event.data.hedline;
  const wrong: string = event.data.revision;
  const absent: string = event.data.headline;
}
const missing: Counts = { members: 1, outlets: 1, families: 1, independent: 1 };
"""

    compiled = compile_with(program, tmp_path, node, node_tools)

    places = [line for line in compiled.stdout.splitlines() if "program.ts(" in line]
    assert compiled.returncode != 0
    assert len(places) == 4, compiled.stdout
    for word in ("'hedline'", "'number'", "'undefined'", "'languages'"):
        assert word in compiled.stdout


@pytest.mark.parametrize(
    ("part", "word"),
    [
        ({"oneOf": [{"type": "string"}]}, "oneOf"),
        ({"type": "null"}, "null"),
        ({"type": "array", "items": {"const": 1}}, "const"),
    ],
    ids=["an alternative", "null", "inside a list"],
)
def test_what_has_no_form_yet_is_refused_and_not_passed_over(part: dict[str, Any], word: str) -> None:
    """A new kind of schema stops the generator, instead of coming out as `any`."""
    schema = {"title": "Thing", "type": "object", "properties": {"a": part}}

    with pytest.raises(NotUnderstood, match=word):
        typescript_of({"x.v1": schema})


def test_two_objects_of_one_name_are_refused() -> None:
    """An interface stands for one object; a second, different one of its name would be lost."""
    one = {"title": "Thing", "type": "object", "properties": {"a": {"type": "string"}}}
    other = {"title": "Thing", "type": "object", "properties": {"a": {"type": "integer"}}}

    with pytest.raises(NotUnderstood, match="called Thing"):
        typescript_of({"x.v1": one, "y.v1": other})


def test_the_lock_file_names_no_registry() -> None:
    """Whoever installs the tools uses the registry that they have set up; every package has its checksum."""
    lock = json.loads((TYPESCRIPT / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: package for name, package in lock["packages"].items() if name}

    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert [name for name, package in packages.items() if "integrity" not in package] == []
    assert lock["packages"][""]["version"] == __version__
