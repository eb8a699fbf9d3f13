# SPDX-License-Identifier: GPL-2.0-or-later
"""Prometheus as Debian has it scrapes the monitoring socket by the job that we ship, evaluates our rules, and has an answer to
every question of our dashboard."""

import time

from lab.dashboard import queries
from lab.peers.prometheus import Prometheus
from lab.scenario import Scenario
from lab.waiting import wait_until

# What shows nothing before the first of its kind.
FIRST_MUST_HAPPEN = {
    "Ends of sessions by cause",
    "Clients that did not get in",
    "Dropped, by reason",
}


def test_prometheus_scrapes_and_alerts(lab: Scenario) -> None:
    gateway = lab.gateway()
    prometheus = Prometheus(gateway.host).start()
    sessions = 'sallyport_sessions{state="up"}'
    assert prometheus.value(sessions) == 0.0

    laptop = lab.client(lab.net.client3)
    laptop.connect()
    wait_until("the session in Prometheus", lambda: prometheus.value(sessions) == 1.0)
    # A histogram that arrived whole, as the dashboard and an alert use it.
    wait_until(
        "a quantile of the set-up",
        lambda: (
            prometheus.value("histogram_quantile(0.99, sallyport_session_setup_seconds_bucket)")
            or 0
        )
        > 0,
    )
    now = time.time()
    empty = {
        query.title
        for query in queries(prometheus)
        if not prometheus.curves(query.asked, now - 60, now, prometheus.interval)
    }
    assert empty <= FIRST_MUST_HAPPEN, empty

    rules = [rule for group in prometheus.ask("rules")["groups"] for rule in group["rules"]]
    assert len(rules) >= 8
    wait_until(
        "every rule to be evaluated",
        lambda: all(
            rule["health"] == "ok"
            for group in prometheus.ask("rules")["groups"]
            for rule in group["rules"]
        ),
    )
    # Some are about to: under emulation a set-up may take its ten seconds.
    assert not [alert for alert in prometheus.ask("alerts")["alerts"] if alert["state"] == "firing"]

    def ike_down() -> bool:
        names = [alert["labels"]["alertname"] for alert in prometheus.ask("alerts")["alerts"]]
        return "SallyportIkeDown" in names

    assert not ike_down()
    lab.charon.kill()
    wait_until("the alert that charon is away", ike_down)
    lab.charon.start()
    wait_until("its end", lambda: not ike_down())
