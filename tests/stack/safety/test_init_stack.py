"""`copytaster init-stack`: what is missing is made, what is there stays, and no password is shown."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from copytaster.cli.running.init_stack import ACL_NAME, REDIS_FOLDER, command, password_file
from copytaster.errors import CopytasterError
from copytaster.streams.acl import USERS


def run(folder: Path, *arguments: str) -> Result:
    """The command on `folder`; an error of ours is raised."""
    result = CliRunner().invoke(command, ["--folder", str(folder), *arguments])
    if isinstance(result.exception, CopytasterError):
        raise result.exception
    return result


def passwords(folder: Path) -> dict[str, str]:
    """The password of each user."""
    return {user.name: password_file(folder, user).read_text() for user in USERS}


def acl(folder: Path) -> str:
    """The ACL file."""
    return (folder / REDIS_FOLDER / ACL_NAME).read_text()


def test_it_makes_what_is_missing_and_shows_no_password(tmp_path: Path) -> None:
    """A password for each user, the ACL file, and an output without any of them."""
    result = run(tmp_path)

    made = passwords(tmp_path)
    assert result.exit_code == 0
    assert len(set(made.values())) == len(USERS)
    assert not [one for one in made.values() if one.strip() in result.output + acl(tmp_path)]


@pytest.mark.parametrize(
    ("user", "mode"),
    [
        ("fetcher", 0o400),
        ("extractor", 0o400),
        ("deduplicator", 0o400),
        ("operator", 0o400),
        ("subscriber", 0o444),
    ],
)
def test_a_password_is_for_its_owner(tmp_path: Path, user: str, mode: int) -> None:
    """Only the subscriber's may be read by all who have its folder: they come from other projects, with any uid."""
    run(tmp_path)

    assert stat.S_IMODE((tmp_path / user / "password").stat().st_mode) == mode


def test_it_is_safe_to_repeat(tmp_path: Path) -> None:
    """The second run changes nothing and says so."""
    run(tmp_path)
    before = (passwords(tmp_path), acl(tmp_path))

    result = run(tmp_path)

    assert (passwords(tmp_path), acl(tmp_path)) == before
    assert "nothing to do" in result.output


def test_one_missing_password_is_made_and_the_others_stay(tmp_path: Path) -> None:
    """After a lost volume that user alone has a new one, in the ACL file, too."""
    run(tmp_path)
    before, rules = passwords(tmp_path), acl(tmp_path)
    (tmp_path / "extractor" / "password").unlink()

    result = run(tmp_path, "--json")

    after = passwords(tmp_path)
    assert {name for name in after if after[name] != before[name]} == {"extractor"}
    assert json.loads(result.output) == {"newPasswords": ["extractor"], "aclChanged": True}
    assert acl(tmp_path) != rules


def test_rotate_gives_new_passwords_to_all_or_to_one(tmp_path: Path) -> None:
    """All without --user; with it that one alone."""
    run(tmp_path)
    first = passwords(tmp_path)
    run(tmp_path, "--rotate")
    second = passwords(tmp_path)

    run(tmp_path, "--rotate", "--user", "subscriber")

    third = passwords(tmp_path)
    assert not set(first.values()) & set(second.values())
    assert {name for name in third if third[name] != second[name]} == {"subscriber"}


def test_a_dry_run_changes_nothing(tmp_path: Path) -> None:
    """Not even a folder is made."""
    result = run(tmp_path, "--rotate", "--dry-run")

    assert list(tmp_path.iterdir()) == []
    assert "would be made" in result.output


def test_new_rules_come_with_a_new_version_of_the_program(tmp_path: Path) -> None:
    """An ACL file of other rules is replaced, the passwords stay."""
    run(tmp_path)
    path = tmp_path / REDIS_FOLDER / ACL_NAME
    rules, before = acl(tmp_path), passwords(tmp_path)
    path.chmod(0o600)
    path.write_text("user old on nopass ~* +@all\n")

    run(tmp_path)

    assert (acl(tmp_path), passwords(tmp_path)) == (rules, before)


@pytest.mark.parametrize(
    ("content", "word"),
    [(b"", "empty"), (b" \n", "empty"), (b"\xff\xfe", "no password")],
    ids=["empty", "blank", "binary"],
)
def test_a_broken_password_file_is_one_clear_line(tmp_path: Path, content: bytes, word: str) -> None:
    """Nothing is changed, and the line names the file and the way out."""
    run(tmp_path)
    path = tmp_path / "fetcher" / "password"
    rules = acl(tmp_path)
    path.chmod(0o600)
    path.write_bytes(content)

    with pytest.raises(CopytasterError, match=word) as error:
        run(tmp_path)

    assert str(path) in str(error.value)
    assert "--rotate" in str(error.value)
    assert acl(tmp_path) == rules


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    """A file where a folder should be, for example."""
    (tmp_path / "fetcher").write_text("")

    with pytest.raises(CopytasterError, match="fetcher"):
        run(tmp_path)


def test_a_user_without_rotate_is_a_wrong_use(tmp_path: Path) -> None:
    """Exit code 2, and nothing is made."""
    result = run(tmp_path, "--user", "fetcher")

    assert result.exit_code == 2
    assert list(tmp_path.iterdir()) == []
