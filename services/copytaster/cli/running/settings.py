"""`copytaster settings`: every setting with its default and what it means, in the form of an .env file."""

from __future__ import annotations

from typing import Final

import click

from copytaster.settings import PREFIX, SECRETS, Settings


def env_example() -> str:
    """The text of `.env.example`: one commented line a setting; a test compares the committed file."""
    lines = list(_HEAD)
    for name, field in Settings.model_fields.items():
        variable = PREFIX + name.upper()
        if name in SECRETS:
            variable += "_FILE"
        lines += ["", f"# {field.description}", f"#{variable}={_shown(field.default)}"]
    return "\n".join(lines) + "\n"


_HEAD: Final = (
    "# The settings of Copytaster, as `copytaster settings` prints them. Every one is optional; what is given is the",
    "# default. docker compose reads them from .env, `copytaster run` and `copytaster serve` from the environment.",
)


def _shown(default: object) -> str:
    if default is None:
        return ""
    if isinstance(default, tuple):
        return ",".join(str(part) for part in default)
    return f"{default:g}" if isinstance(default, float) else str(default)


@click.command()
def command() -> None:
    """List all settings with their defaults, ready to be saved as .env.

    \b
    Example:
      copytaster settings > .env
    """
    click.echo(env_example(), nl=False)
