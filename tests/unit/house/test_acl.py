"""The users of Redis as rules: their keys are those of the table, their passwords are digests."""

from __future__ import annotations

import hashlib
import re

import pytest

from copytaster.keys import row_of
from copytaster.streams.acl import PUBLIC_STREAMS, SUBSCRIBER, USERS, User, acl_file, key_pattern


@pytest.mark.parametrize("user", USERS, ids=lambda user: user.name)
def test_every_key_of_a_user_is_in_the_table_of_keys(user: User) -> None:
    """A key that is renamed in `copytaster.keys` and not here would be refused on the first day."""
    names = {name for grant in user.grants for name in grant.keys} - {"*"}

    unknown = {name for name in names if row_of("copytaster:{desk}:" + re.sub(r"<\w+>", "x", name)) is None}

    assert unknown == set()


@pytest.mark.parametrize("user", USERS, ids=lambda user: user.name)
def test_no_user_has_a_key_or_a_command_beside_its_grants(user: User) -> None:
    """Commands without a selector are those that touch no key; only the operator has a whole category, to read."""
    categories = [name for grant in user.grants for name in grant.commands if name.startswith("@")]

    assert categories == (["@read"] if user.name == "operator" else [])
    assert not {"eval", "evalsha", "set", "del", "xadd"} & set(user.commands)


def test_a_subscriber_names_the_public_streams_long_bodies_and_its_losses_alone() -> None:
    """What is not said in public is not readable, and what writes is not among the commands."""
    names = {name for grant in SUBSCRIBER.grants for name in grant.keys}
    commands = {name for grant in SUBSCRIBER.grants for name in grant.commands}

    assert names == {*PUBLIC_STREAMS, "body:<story>:<version>", "passed"}
    assert not {"xadd", "xtrim", "xdel", "del", "set", "unlink", "eval", "evalsha"} & commands


def test_a_pattern_covers_every_desk_and_stays_within_the_row() -> None:
    """The placeholders of a row become globs; the desk is one, too."""
    assert key_pattern("pairs:<story>") == "copytaster:{*}:pairs:*"


def test_the_file_holds_digests_and_no_password() -> None:
    """A reader of the ACL file learns no password from it."""
    passwords = {user.name: f"the password of {user.name}" for user in USERS}

    text = acl_file(passwords)

    assert not [password for password in passwords.values() if password in text]
    assert all(hashlib.sha256(password.encode()).hexdigest() in text for password in passwords.values())
    assert text.startswith("user default off resetpass ")
