"""`copytaster healthcheck`: the health check of compose, without curl in the image."""

from __future__ import annotations

import http.client
import sys

import click

from copytaster.settings import load


@click.command()
@click.option("--ready", is_flag=True, help="Ask whether it is ready for work instead of merely alive.")
@click.option(
    "--port", type=int, default=None, help="Port of the health routes [default: COPYTASTER_HEALTH_PORT]."
)
def command(ready: bool, port: int | None) -> None:
    """Ask the service on this machine whether it is alive; exit code 0 if so, else 1 with the reason.

    \b
    Example (docker-compose.yml):
      healthcheck: {test: [CMD, copytaster, healthcheck]}
    """
    asked = port if port is not None else load().health_port
    connection = http.client.HTTPConnection("127.0.0.1", asked, timeout=4)
    try:
        connection.request("GET", "/health/ready" if ready else "/health/live")
        answer = connection.getresponse()
        text = answer.read(2000).decode(errors="replace")
    except OSError as error:
        click.echo(f"no answer on port {asked}: {error}", err=True)
        sys.exit(1)
    click.echo(text)
    sys.exit(0 if answer.status == http.client.OK else 1)
