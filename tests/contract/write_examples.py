"""Writes `schemas/examples` from the samples: `python -m tests.contract.write_examples`."""

from __future__ import annotations

import json

from tests.contract.samples import SAMPLES
from tests.support import ROOT

if __name__ == "__main__":
    folder = ROOT / "schemas" / "examples"
    folder.mkdir(exist_ok=True)
    for name, sample in SAMPLES.items():
        text = json.dumps(sample.to_dict(), indent=2, ensure_ascii=False) + "\n"
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
