"""The real images as docker compose starts them, fed by the demo newsroom."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

from copytaster.newsroom.catalogue import load_catalogue
from copytaster.newsroom.verdict import Verdict, judge
from copytaster_schemas import ClusterChanged, ItemDropped
from tests.stack.composed import Stack, free_subnet

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SERVICES: Final = ("fetcher", "extractor", "deduplicator")
LOG_FIELDS: Final = frozenset({"timestamp", "level", "event", "service", "instance", "desk", "version"})

CLUSTERS_SECONDS: Final = 240
"""The newsroom lets its items out within half a minute; a busy two-core machine takes a minute more for all of them."""

DROPS_SECONDS: Final = 30
"""All items are out when the clusters stand; one that failed is tried again some seconds later."""

CATALOGUE: Final = load_catalogue()

REPLICAS: Final = 2
"""Of every service: two share the work as any number does."""

BUILD_TOOLS: Final = ("gcc", "cc", "g++", "make", "ld", "git", "pip", "pip3", "uv")


@pytest.fixture(scope="module")
def stack(docker: str, request: pytest.FixtureRequest) -> Iterator[Stack]:
    """The stack, up and healthy; taken down afterwards in any case, with its logs printed if a test failed."""
    running = Stack(docker, free_subnet(docker))
    failed_before = request.session.testsfailed
    try:
        running.build()
        running.up(**dict.fromkeys(SERVICES, REPLICAS))
        yield running
    except BaseException:
        _print_logs(running, request)
        raise
    else:
        if request.session.testsfailed > failed_before:
            _print_logs(running, request)
    finally:
        running.down()


def _print_logs(stack: Stack, request: pytest.FixtureRequest) -> None:
    capture = request.config.pluginmanager.getplugin("capturemanager")
    assert capture is not None
    with capture.global_and_fixture_disabled():
        print(f"\n---- {stack.project}", stack.compose("ps", "--all"), sep="\n")
        for service in ("redis", "newsroom", *SERVICES):
            print(f"---- {service}", *stack.log_lines(service, last=30), sep="\n")


@dataclass(frozen=True, slots=True)
class Clusters:
    """The living clusters as their stream says, read at one moment."""

    latest: dict[str, ClusterChanged]
    """Cluster urn to its latest event."""

    def articles(self, urn: str) -> dict[str, str]:
        """Article id of the newsroom's catalogue to the uri of its story, for the members of a cluster."""
        return {
            article.id: member.story
            for member in self.latest[urn].members
            if (article := CATALOGUE.at_address(member.url or ""))
        }

    def verdict(self) -> Verdict:
        """What is right and wrong with them."""
        return judge(CATALOGUE, [list(self.articles(urn)) for urn in self.latest])

    def holding(self, article_id: str) -> str:
        """The urn of the cluster that holds the article."""
        return next(urn for urn in self.latest if article_id in self.articles(urn))


def _read_clusters(stack: Stack) -> Clusters:
    changes = [ClusterChanged.model_validate_json(fields["data"]) for fields in stack.entries("clusters")]
    latest = {change.cluster: change for change in changes}
    return Clusters({urn: change for urn, change in latest.items() if change.state != "merged"})


@pytest.fixture(scope="module")
def clusters(stack: Stack) -> Clusters:
    """The clusters when every copy has joined its original, or when the time for that is over."""
    deadline = time.monotonic() + CLUSTERS_SECONDS
    while not (found := _read_clusters(stack)).verdict().holds and time.monotonic() < deadline:
        time.sleep(1.0)
    return found


def test_every_service_gets_healthy(stack: Stack) -> None:
    """Redis, two of each service and the newsroom pass their health checks; none had to be restarted, `init` ended well."""
    states = sorted(
        (
            container["Config"]["Labels"]["com.docker.compose.service"],
            container["State"].get("Health", {}).get("Status", container["State"]["ExitCode"]),
            container["RestartCount"],
        )
        for container in stack.containers()
    )

    healthy = ["redis", "newsroom", *REPLICAS * SERVICES]
    assert states == sorted(
        [("init", 0, 0), *((name, "healthy", 0) for name in healthy)], key=lambda row: row[0]
    )


def test_two_of_each_service_tell_everything_once(stack: Stack, clusters: Clusters) -> None:
    """No event is there twice, and no address has two stories: replicas share the work instead of doubling it."""
    assert clusters.latest
    for stream in ("stories", "links", "clusters"):
        told = [(fields["ce_source"], fields["ce_id"]) for fields in stack.entries(stream)]
        assert len(told) == len(set(told)), stream
    published = [
        fields["ce_subject"]
        for fields in stack.entries("stories")
        if fields["ce_type"] == "copytaster.story.published.v1"
    ]
    assert len(published) == len(set(published)) == len(CATALOGUE.articles)


def test_no_user_was_refused_anything_it_needed(stack: Stack, clusters: Clusters) -> None:
    """The log of refusals of Redis is empty after everything was fetched, extracted, linked and read."""
    assert clusters.latest
    ask = (
        "import os, pathlib, redis; password = pathlib.Path(os.environ['COPYTASTER_REDIS_PASSWORD_FILE']).read_text().strip();"
        "client = redis.Redis(host='redis', username='operator', password=password, decode_responses=True);"
        "print(client.acl_log())"
    )

    refused = stack.compose("run", "--rm", "--no-TTY", "--entrypoint", "python", "cli", "-c", ask)

    assert refused.strip() == "[]"


def test_all_copies_join_their_original_and_look_alikes_stay_apart(clusters: Clusters) -> None:
    """Each cluster on the stream holds the copies, edits and excerpts of one news point and of no other."""
    verdict = clusters.verdict()

    assert (verdict.absent, verdict.apart, verdict.mixed) == ((), (), ())


def test_what_is_no_article_is_dropped_with_its_reason(stack: Stack, clusters: Clusters) -> None:
    """The consent wall, the list page, the dead link and the forbidden page are on `drops`, and in no cluster."""
    expected = {item.path: item.dropped_as for item in CATALOGUE.oddities}

    deadline = time.monotonic() + DROPS_SECONDS
    while (found := _drop_codes(stack)) != expected and time.monotonic() < deadline:
        time.sleep(1.0)

    assert found == expected
    members = [member.url or "" for change in clusters.latest.values() for member in change.members]
    assert not {urlsplit(url).path for url in members} & set(expected)


def _drop_codes(stack: Stack) -> dict[str, str]:
    """The path of each dropped item's page, and why it was dropped."""
    drops = (ItemDropped.model_validate(data) for data in stack.events("drops"))
    return {urlsplit(drop.url).path: drop.code for drop in drops if drop.url}


def test_one_article_can_be_followed_through_the_logs_from_feed_to_cluster(
    stack: Stack, clusters: Clusters
) -> None:
    """One correlation id leads from the fetch over the story and its comparison to the cluster's event."""
    copy = next(article.id for article in CATALOGUE.articles.values() if article.kind == "verbatim")
    uri = clusters.articles(clusters.holding(copy))[copy]
    story = next(fields for fields in stack.entries("stories") if fields["ce_subject"] == uri)
    correlation_id = story["ce_correlationid"]

    lines = {name: _lines_about(stack, name, correlation_id) for name in SERVICES}

    assert "article.fetched" in {line["event"] for line in lines["fetcher"]}
    assert _streams_done(lines["extractor"]) >= {"articles"}
    assert _streams_done(lines["deduplicator"]) >= {"stories", "links"}
    assert correlation_id in {fields["ce_correlationid"] for fields in stack.entries("clusters")}


def _lines_about(stack: Stack, service: str, correlation_id: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in stack.log_lines(service)]
    return [line for line in lines if line.get("correlation_id") == correlation_id]


def _streams_done(lines: list[dict[str, Any]]) -> set[str]:
    """Names of the streams whose entry was processed to its end, with a status."""
    return {str(line["stream"]).rpartition(":")[2] for line in lines if "stream" in line and "status" in line}


@pytest.mark.usefixtures("clusters")
@pytest.mark.parametrize("service", SERVICES)
def test_every_log_line_is_json_with_the_same_fields(stack: Stack, service: str) -> None:
    """No line of another form, none without its service, and no sentence of an article."""
    lines = stack.log_lines(service)
    sentences = [
        paragraph.text
        for article in CATALOGUE.articles.values()
        for paragraph in article.paragraphs
        if len(paragraph.text) > 60 and "{" not in paragraph.text
    ]

    parsed = [json.loads(line) for line in lines]

    assert parsed
    assert [line for line in parsed if not line.keys() >= LOG_FIELDS] == []
    assert {line["service"] for line in parsed} == {service}
    assert sentences
    assert [line for line in lines if any(sentence in line for sentence in sentences)] == []


@pytest.mark.parametrize("service", [*SERVICES, "newsroom"])
def test_a_service_has_no_rights_that_it_does_not_need(stack: Stack, service: str) -> None:
    """It runs as a plain user, can write nowhere but to /tmp, and holds no capability."""
    probe = "id -u; touch /opt/copytaster/x 2>/dev/null || echo read-only; grep CapEff /proc/self/status"

    uid, written, capabilities = stack.compose("exec", "-T", service, "sh", "-c", probe).splitlines()

    assert (uid, written) == ("10001", "read-only")
    assert int(capabilities.split()[1], 16) == 0


@pytest.mark.parametrize("service", [*SERVICES, "newsroom"])
def test_an_image_has_no_tools_to_build_with(stack: Stack, service: str) -> None:
    """Neither compiler nor installer, nor what one left behind."""
    probe = (
        f"for tool in {' '.join(BUILD_TOOLS)}; do command -v $tool; done;"
        "python -c 'import pip' 2>/dev/null && echo the module pip;"
        "python -c 'import ensurepip' 2>/dev/null && echo the module ensurepip;"
        "find /root/.cache/pip /wheels /dist -type f 2>/dev/null; true"
    )

    assert stack.compose("exec", "-T", service, "sh", "-c", probe).split("\n") == [""]


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_sees_its_own_password_alone(stack: Stack, service: str) -> None:
    """One file, readable by its owner only, on a volume that cannot be written."""
    probe = "ls /run/copytaster; stat -c '%a %u' /run/copytaster/password; touch /run/copytaster/x 2>/dev/null || echo read-only"

    found = stack.compose("exec", "-T", service, "sh", "-c", probe).splitlines()

    assert found == ["password", "400 10001", "read-only"]
