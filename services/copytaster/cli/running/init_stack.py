"""`copytaster init-stack`: makes the passwords of a stack and the ACL file of its Redis; safe to repeat.

A user's password lies alone in a folder of its own, so that a stack can give each service its own folder and no other. No
password is printed, and the ACL file holds digests only.
"""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from copytaster.errors import CopytasterError
from copytaster.streams.acl import HEALTH, OF_REDIS, SUBSCRIBER, USERS, User, acl_file

PASSWORD_BYTES: Final = 32
"""256 bits of the system's randomness: not to be guessed from the unsalted digest that an ACL file holds."""

REDIS_FOLDER: Final = "redis"
"""What Redis, its health check and its Sentinels read: the ACL file and the passwords of the servers' own users."""

ACL_NAME: Final = "users.acl"
PASSWORD_NAME: Final = "password"

OWNER_ONLY: Final = 0o400
EVERYBODY: Final = 0o444
"""For readers whose uid is not known here: Redis, and subscribers of other projects. Their folder is the protection."""


@dataclass(slots=True)
class Made:
    """What one run did: the users that got a new password, and whether the ACL file is another one now."""

    passwords: list[str]
    acl_changed: bool


@click.command()
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Where the folders of the users are; made if they are not there.",
)
@click.option("--rotate", is_flag=True, help="Give new passwords to all users, or to those of --user.")
@click.option(
    "--user",
    "names",
    multiple=True,
    type=click.Choice([user.name for user in USERS]),
    help="With --rotate: only this user. May be repeated.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be done, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Say what was done as one JSON object.")
def command(folder: Path, rotate: bool, names: tuple[str, ...], dry_run: bool, as_json: bool) -> None:
    """Make what a safe stack needs, where it is missing: a password for each Redis user, and the ACL file.

    What is there is kept, so it can be repeated at every start. A password lies in FOLDER/<user>/password, the ACL file in
    FOLDER/redis/users.acl; Redis reads it when it starts, and so do the services their passwords.

    \b
    Example (what docker-compose.yml runs, and how to change all passwords):
      copytaster init-stack --folder /secrets
      docker compose run --rm init --rotate && docker compose restart
    """
    if names and not rotate:
        raise click.UsageError("--user goes with --rotate")
    renewed = frozenset(names or (user.name for user in USERS)) if rotate else frozenset()
    try:
        made = make(folder, renewed=renewed, dry_run=dry_run)
    except OSError as error:
        raise CopytasterError(
            f"{error.filename or folder}: {error.strerror or error}; mended, it can be repeated"
        ) from error
    _tell(made, as_json=as_json, dry_run=dry_run)


def make(folder: Path, *, renewed: frozenset[str] = frozenset(), dry_run: bool = False) -> Made:
    """Make what is missing below `folder`, and new passwords for the users named in `renewed`.

    Each file is replaced as a whole. Raises OSError when something cannot be read or written, and CopytasterError for a
    password file that holds no password.
    """
    passwords: dict[str, str] = {}
    fresh: list[User] = []
    for user in USERS:
        stored = None if user.name in renewed else _stored(password_file(folder, user))
        if stored is None:
            fresh.append(user)
        passwords[user.name] = stored or secrets.token_urlsafe(PASSWORD_BYTES)
    acl_path = folder / REDIS_FOLDER / ACL_NAME
    content = acl_file(passwords)
    acl_changed = _text(acl_path) != content
    if not dry_run:
        for user in fresh:
            mode = EVERYBODY if user in (*OF_REDIS, SUBSCRIBER) else OWNER_ONLY
            _replace(password_file(folder, user), passwords[user.name] + "\n", mode)
        if acl_changed:
            _replace(acl_path, content, EVERYBODY)
    return Made([user.name for user in fresh], acl_changed)


def password_file(folder: Path, user: User) -> Path:
    """Where the password of `user` lies; those of the servers' own users with Redis, the health check's first of all."""
    if user in OF_REDIS:
        return folder / REDIS_FOLDER / (PASSWORD_NAME if user is HEALTH else f"{user.name}-{PASSWORD_NAME}")
    return folder / user.name / PASSWORD_NAME


def _stored(path: Path) -> str | None:
    text = _text(path)
    if text is not None and not text.strip():
        raise CopytasterError(f"{path} is empty; remove it or use --rotate")
    return text.strip() if text is not None else None


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise CopytasterError(f"{path} holds no password of ours; remove it or use --rotate") from None


def _replace(path: Path, content: str, mode: int) -> None:
    """Write beside and rename: whoever reads meanwhile sees the old file or the new one, after a crash too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _tell(made: Made, *, as_json: bool, dry_run: bool) -> None:
    if as_json:
        told = {"newPasswords": made.passwords, "aclChanged": made.acl_changed}
        click.echo(json.dumps({**told, "dryRun": True} if dry_run else told))
        return
    would = "would be " if dry_run else ""
    if made.passwords:
        click.echo(f"new passwords {would}made for: {', '.join(made.passwords)}")
    if made.acl_changed:
        click.echo(
            f"the ACL file {would}written; a Redis that runs already takes it over when it is restarted"
        )
    if not made.passwords and not made.acl_changed:
        click.echo("passwords and ACL file are there; nothing to do")
