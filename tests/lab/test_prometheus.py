# SPDX-License-Identifier: GPL-2.0-or-later
"""Prometheus as Debian has it scrapes the monitoring socket by the job that we ship, and evaluates our rules."""

import json
import urllib.parse
from typing import Any

from lab.host import Host
from lab.peers.sallyportd import REPOSITORY
from lab.scenario import Scenario
from lab.waiting import wait_until

PACKAGED = REPOSITORY / "packaging/prometheus"
LISTEN = "127.0.0.1:9090"


def _ask(host: Host, path: str, **query: str) -> Any:
    words = f"http://{LISTEN}/api/v1/{path}?{urllib.parse.urlencode(query)}"
    answer = host.run("curl", "-sf", words, check=False)
    return json.loads(answer.stdout)["data"] if answer.returncode == 0 else None


def _value(host: Host, query: str) -> float | None:
    """The one sample that the query gives."""
    data = _ask(host, "query", query=query)
    results = data["result"] if data else []
    assert len(results) <= 1, results
    return float(results[0]["value"][1]) if results else None


def test_prometheus_scrapes_and_alerts(lab: Scenario) -> None:
    gateway = lab.gateway()
    host = gateway.host
    config = host.scratch / "prometheus.yml"
    config.write_text(
        "global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
        f"rule_files: [{PACKAGED / 'alerts.yml'}]\n" + (PACKAGED / "scrape.yml").read_text()
    )
    # The relay that scrape.yml tells of.
    host.start(
        "socat",
        *("socat", "TCP-LISTEN:9170,bind=127.0.0.1,reuseaddr,fork"),
        "UNIX-CONNECT:/run/sallyport/monitor.sock",
    )
    host.start(
        "prometheus",
        *("prometheus", f"--config.file={config}", f"--web.listen-address={LISTEN}"),
        f"--storage.tsdb.path={host.scratch / 'tsdb'}",
    )
    up = 'up{job="sallyport"}'
    wait_until("the first scrape", lambda: _value(host, up) == 1.0, timeout=120)
    sessions = 'sallyport_sessions{state="up"}'
    assert _value(host, sessions) == 0.0

    laptop = lab.client(lab.net.client3)
    laptop.connect()
    wait_until("the session in Prometheus", lambda: _value(host, sessions) == 1.0)
    # A histogram that arrived whole, as the dashboard and an alert use it.
    wait_until(
        "a quantile of the set-up",
        lambda: (
            _value(host, "histogram_quantile(0.99, sallyport_session_setup_seconds_bucket)") or 0
        )
        > 0,
    )

    rules = [rule for group in _ask(host, "rules")["groups"] for rule in group["rules"]]
    assert len(rules) >= 8
    wait_until(
        "every rule to be evaluated",
        lambda: all(
            rule["health"] == "ok"
            for group in _ask(host, "rules")["groups"]
            for rule in group["rules"]
        ),
    )
    assert not _ask(host, "alerts")["alerts"]
    lab.charon.kill()
    wait_until(
        "the alert that charon is away",
        lambda: [a["labels"]["alertname"] for a in _ask(host, "alerts")["alerts"]]
        == ["SallyportIkeDown"],
    )
    lab.charon.start()
    wait_until("no alert any more", lambda: not _ask(host, "alerts")["alerts"])
