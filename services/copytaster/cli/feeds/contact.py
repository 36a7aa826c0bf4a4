"""The reminder of the commands that list feeds: without a contact nobody polls them (docs/decisions/0010)."""

from __future__ import annotations

import click

from copytaster.settings import load


def remind_of_contact() -> None:
    """One line on standard error where COPYTASTER_CONTACT is not set; the fetchers' own setting may be another."""
    if load().contact is None:
        click.echo("note: COPYTASTER_CONTACT is not set here; a fetcher without it polls nothing", err=True)
