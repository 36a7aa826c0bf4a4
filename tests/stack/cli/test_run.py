"""`copytaster run`: one process tree, data in a folder, a restart that repeats nothing, mistakes in one line."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from copytaster.keys import Keys
from tests.support import wait_until_sync

KEYS = Keys("main")
COPYTASTER = [sys.executable, "-m", "copytaster.cli.main"]


@contextlib.contextmanager
def newsroom() -> Iterator[int]:
    """The demo newsroom, everything on air at once; gives its port."""
    command = [*COPYTASTER, "newsroom", "serve", "--port", "0", "--pace", "0", "--correct-after", "9999"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield int(json.loads(process.stdout.readline())["port"])
        finally:
            process.kill()


def run_newsroom(*words: str) -> bytes:
    """What a command of the newsroom prints."""
    return subprocess.run([*COPYTASTER, "newsroom", *words], capture_output=True, check=True).stdout


class Run:
    """A running `copytaster run` and a client of its server."""

    def __init__(self, folder: Path, feeds: Path, newsroom_port: int) -> None:
        env = {
            **os.environ,
            "COPYTASTER_CONTACT": "test@nordpost.example",
            "COPYTASTER_FETCH_ALLOW_NETWORKS": "127.0.0.1/32",
            "COPYTASTER_FETCH_ALLOW_PORTS": str(newsroom_port),
            "COPYTASTER_FETCH_RESOLVE": "*.example=127.0.0.1",
            "COPYTASTER_HOST_SPACING_SECONDS": "0.05",
        }
        command = [*COPYTASTER, "run", "--feeds", str(feeds), "--data", str(folder), "--port", "0"]
        self.log = folder.parent / f"run-{len(list(folder.parent.glob('run-*.log')))}.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(command, env=env, stderr=log, stdout=log)
        url = wait_until_sync(self._url, description="an address is printed", timeout_seconds=30)
        self.client = redis.Redis.from_url(url)

    def _url(self) -> str | None:
        words = self.log.read_text().split("Streams at ")
        return words[-1].split(" ")[0] if len(words) > 1 else None

    def ids(self, stream: str) -> list[bytes]:
        """`ce_id` of everything on a stream."""
        return [fields[b"ce_id"] for _, fields in self.client.xrange(KEYS.stream(stream))]

    def is_quiet(self) -> bool:
        """Whether the clusterer has nothing left."""
        groups = self.client.xinfo_groups(KEYS.stream("links"))
        return not any(int(group["lag"] or 0) + int(group["pending"]) for group in groups)

    def polls(self) -> int:
        """How many polls the log tells of."""
        return self.log.read_text().count('"feed.polled"')

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait(timeout=20)

    def stop(self) -> int:
        """Ctrl-C; gives the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=60)


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_restart_goes_on_where_it_stopped_and_tells_nothing_twice(tmp_path: Path) -> None:
    """All stories on the first run; after Ctrl-C and a second start the feeds are polled and no event is added."""
    with newsroom() as port:
        feeds = tmp_path / "feeds.toml"
        feeds.write_bytes(run_newsroom("feeds", "--port", str(port)))
        total = len(run_newsroom("expected").splitlines())
        with Run(tmp_path / "data", feeds, port) as first:
            wait_until_sync(
                lambda: len(first.ids("links")) == total, description="all linked", timeout_seconds=120
            )
            wait_until_sync(first.is_quiet, description="all clustered", timeout_seconds=60)
            before = {stream: first.ids(stream) for stream in ("stories", "links", "clusters", "drops")}
            polls = first.polls()
            assert first.stop() == 0
        with Run(tmp_path / "data", feeds, port) as second:
            wait_until_sync(
                lambda: second.polls() >= polls + 9, description="all feeds polled again", timeout_seconds=60
            )
            after = {stream: second.ids(stream) for stream in before}
            assert second.stop() == 0

    assert after == before
    for ids in after.values():
        assert len(set(ids)) == len(ids)
    assert "Traceback" not in first.log.read_text()


def test_a_folder_in_use_is_refused_in_one_line(tmp_path: Path) -> None:
    """Two runs over the same data would be two owners of one server."""
    (tmp_path / "data").mkdir()
    (tmp_path / "feeds.toml").write_text("")
    with Run(tmp_path / "data", tmp_path / "feeds.toml", 8800):
        second = subprocess.run(
            [*COPYTASTER, "run", "--data", str(tmp_path / "data")],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert second.returncode == 2
    assert second.stderr.count("\n") == 1
    assert "in use" in second.stderr


def test_a_killed_run_leaves_no_process_behind(tmp_path: Path) -> None:
    """SIGKILL of the parent: services and server notice and end by themselves, and the folder is free again."""
    (tmp_path / "data").mkdir()
    (tmp_path / "feeds.toml").write_text("")
    with Run(tmp_path / "data", tmp_path / "feeds.toml", 8800) as killed:
        wait_until_sync(
            lambda: killed.log.read_text().count("service.started") == 3,
            description="all services started",
            timeout_seconds=60,
        )
        killed.process.kill()
        wait_until_sync(
            lambda: killed.log.read_text().count("service.stopped") == 3,
            description="all services stopped",
            timeout_seconds=40,
        )

    with Run(tmp_path / "data", tmp_path / "feeds.toml", 8800) as next_one:
        assert next_one.stop() == 0


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (None, "feeds.toml"),
        ("[[feeds]\n", "feeds.toml"),
        ('[[feeds]]\nurl = "ftp://nordpost.example/feed"\n', "ftp"),
        ('[[feeds]]\nurl = "https://nordpost.example/feed"\nintervall = 5\n', "intervall"),
    ],
    ids=["a missing file", "broken TOML", "another scheme", "a misspelt field"],
)
def test_a_bad_feeds_file_is_one_clear_line_and_exit_code_2(
    tmp_path: Path, content: str | None, word: str
) -> None:
    """The line names the file and what is wrong; no traceback, nothing half done."""
    feeds = tmp_path / "feeds.toml"
    if content is not None:
        feeds.write_text(content)
    done = subprocess.run(
        [*COPYTASTER, "run", "--feeds", str(feeds), "--data", str(tmp_path / "data"), "--port", "0"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    said = done.stdout + done.stderr
    assert done.returncode == 2, said
    assert word in said
    assert said.count("\n") == 1


def test_a_wrong_setting_is_one_clear_line_and_exit_code_2() -> None:
    """A misspelt variable and a wrong value are named before anything starts."""
    for variable, value in (("COPYTASTER_REDIS_URI", "redis://x"), ("COPYTASTER_HEALTH_PORT", "many")):
        done = subprocess.run(
            [*COPYTASTER, "serve", "extractor"],
            env={**os.environ, variable: value},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

        assert done.returncode == 2
        assert variable in done.stderr
        assert done.stderr.count("\n") == 1
