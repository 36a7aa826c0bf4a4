"""Prints what one service needs, a requirement a line, for the image build. Versions come from requirements.lock.

    python deploy/service_requirements.py SERVICE

SERVICE is the name of an extra in pyproject.toml, which may be made of others. Nothing of the project is imported: it is
not installed yet.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path
from typing import Any


def requirements_of(service: str, application: dict[str, Any], schemas: dict[str, Any]) -> list[str]:
    """The requirements of the application, of its extra `service` and of the schemas, without our own packages.

    `application` and `schemas` are the `[project]` tables of the two distributions. Raises KeyError for a
    service that is no extra.
    """
    extras = application["optional-dependencies"]
    wanted = {*application["dependencies"], *schemas["dependencies"], *_expanded(service, extras)}
    return sorted(requirement for requirement in wanted if not requirement.startswith("copytaster"))


def _expanded(extra: str, extras: dict[str, list[str]]) -> set[str]:
    """The requirements of an extra and of the extras it names: `copytaster[a,b]`."""
    own = re.compile(r"copytaster\[(.+)\]")
    named = [match[1].split(",") for requirement in extras[extra] if (match := own.fullmatch(requirement))]
    return {*extras[extra], *(one for names in named for name in names for one in _expanded(name, extras))}


def main() -> None:
    """Print the requirements of the service named on the command line; exit 2 if there is none of that name."""
    application, schemas = (
        tomllib.loads(Path(name).read_text(encoding="utf-8"))["project"]
        for name in ("pyproject.toml", "schemas/pyproject.toml")
    )
    service = sys.argv[1] if len(sys.argv) == 2 else ""
    if service not in application["optional-dependencies"]:
        known = ", ".join(application["optional-dependencies"])
        sys.exit(f"SERVICE={service!r} is not one of: {known}")
    print("\n".join(requirements_of(service, application, schemas)))


if __name__ == "__main__":
    main()
