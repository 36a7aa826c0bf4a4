"""The command `copytaster`: loads a command's module only when it is used, and turns errors into one clear line."""

from __future__ import annotations

import importlib
import sys
from typing import Any, Final

import click

from copytaster import __version__
from copytaster.errors import CopytasterError, Misconfigured

FOLDERS: Final = {
    "feeds": {
        "feeds": "Look at the feeds and change them: add, import, pause, health, and more.",
    },
    "files": {
        "credits": "Find the agency credits in a text.",
        "extract": "Turn a page into a story.",
        "link": "Link the stories of a file into clusters.",
        "parse-feed": "Show what a feed says.",
    },
    "looking": {
        "clusters": "Look at the clusters: list, show, explain.",
        "dead": "Handle the entries that could not be processed: list, show, retry, drop, export.",
        "export": "Export all living clusters and the place on the stream where to go on.",
        "find": "Tell all that is known of an address or a urn.",
        "ledger": "Say what became of every item, by feed and hour, and whether the count balances.",
        "relink": "Say which clusters another policy would change, and why.",
        "status": "Say who runs, what waits, and what needs a person.",
        "tail": "Watch a stream: stories, links, clusters, drops, feeds.",
        "verify": "Decide stored links anew and say which do not hold.",
    },
    "running": {
        "demo": "Show it at work on a small newsroom of its own.",
        "healthcheck": "Ask a running service whether it is alive (for compose).",
        "init-stack": "Make the passwords of a stack and the ACL file of its Redis (for compose).",
        "newsroom": "Serve the demo newsroom.",
        "run": "Run everything on this machine, in one process tree.",
        "serve": "Run one service: fetcher, extractor or deduplicator.",
        "settings": "List all settings, as an .env file.",
    },
}
"""Name and first line of every command, by folder; the module is `copytaster.cli.<folder>.<name with underscores>`."""

COMMANDS: Final = {name: line for commands in FOLDERS.values() for name, line in commands.items()}

_FOLDER_OF: Final = {name: folder for folder, commands in FOLDERS.items() for name in commands}


class LazyGroup(click.Group):
    """Knows its commands by name and imports a module only when its command is called or asked for help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, sorted."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, or None for an unknown name."""
        if cmd_name not in COMMANDS:
            return None
        module = f"copytaster.cli.{_FOLDER_OF[cmd_name]}.{cmd_name.replace('-', '_')}"
        try:
            command: click.Command = importlib.import_module(module).command
        except ModuleNotFoundError as error:
            if (error.name or "").startswith("copytaster"):
                raise
            raise click.UsageError(
                f"{cmd_name} needs the package {error.name}, which is not installed; try: pip install 'copytaster[all]'"
            ) from error
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table of commands, without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.version_option(__version__, prog_name="copytaster")
def command() -> None:
    """Read news feeds, normalise every story, and link the copies of one story, with evidence for every link.

    \b
    copytaster demo                    a first look, without any feed of your own
    copytaster run --feeds feeds.toml  everything on this machine
    copytaster COMMAND --help          what a command takes, with an example
    """


def main(argv: list[str] | None = None) -> Any:
    """Run the command line; exit codes: 0 done, 1 something failed, 2 usage or settings."""
    try:
        return command.main(args=argv, prog_name="copytaster")
    except Misconfigured as error:
        click.echo(f"copytaster: {error}", err=True)
        sys.exit(2)
    except CopytasterError as error:
        click.echo(f"copytaster: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
