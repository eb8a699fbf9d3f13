# SPDX-License-Identifier: GPL-2.0-or-later
"""An operator's day: every endpoint and command with a live client, reload under traffic, drain."""

import json
import os
import signal
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as plain_text

from lab import openapi, topology
from lab.host import Process
from lab.peers.sallyportd import Json, Sallyportd, binary, merged, to_toml
from lab.scenario import ALICE, BOB, Scenario
from lab.waiting import wait_until

MONITOR_SOCKET = "/run/sallyport/monitor.sock"


def check_openapi(gateway: Sallyportd, session_id: str) -> None:
    """What the daemon answers is what docs/openapi.json says; neither has a call that the other lacks."""
    assert openapi.calls() == set(gateway.checked("GET", "/v1")["endpoints"])
    gets = [
        call.split()[1].replace("{id}", session_id) for call in openapi.calls() if "GET " in call
    ]
    for path in gets:
        if path not in ("/v1/metrics", "/v1/events", "/v1/trace"):
            gateway.checked("GET", path)
    for path, body in (
        ("/v1/sessions:disconnect", {"all": True, "dry_run": True}),
        ("/v1/drain", None),
        ("/v1/undrain", {}),
        ("/v1/reload", None),
        ("/v1/log-level", {"level": "info"}),
    ):
        gateway.checked("POST", path, body)
    bad = [f"{path}?usr=x" for path in gets]
    for target in (*bad, "/v1/nothing", "/v1/sessions?limit=0", "/v1/sessions/none"):
        code, answer = gateway.request("GET", target)
        assert code in (400, 404), target
        openapi.check("GET", target, code, answer)


def check_metrics(gateway: Sallyportd) -> None:
    """Strict parsers of both formats take the metrics, which count the one client."""

    def scrape(accept: str) -> str:
        socket = ("curl", "-sf", "--unix-socket", MONITOR_SOCKET, "-H", f"Accept: {accept}")
        return gateway.host.output(*socket, "http://localhost/v1/metrics")

    families = {
        family.name: family for family in openmetrics(scrape("application/openmetrics-text"))
    }
    up = [s for s in families["sallyport_sessions"].samples if s.labels["state"] == "up"]
    assert [sample.value for sample in up] == [1.0]
    phases = {
        sample.labels["phase"]: sample.value
        for sample in families["sallyport_session_phase_seconds"].samples
        if sample.name.endswith("_count")
    }
    assert phases == {"l2tp": 1, "lcp": 1, "auth": 1, "ncp": 1, "dataplane": 1}
    assert families["sallyport_session_setup_seconds"].type == "histogram"
    users = [s for f in families.values() for s in f.samples if ALICE.user in s.labels.values()]
    assert not users, "no series names a user"
    older = {family.name for family in plain_text(scrape("text/plain;version=0.0.4"))}
    assert "sallyport_client_bytes" in older and "sallyport_build_info" in older


def check_monitoring(gateway: Sallyportd) -> None:
    """The second socket tells nobody's name and changes nothing."""
    curl = ("curl", "-s", "--unix-socket", MONITOR_SOCKET)
    (session,) = json.loads(gateway.host.output(*curl, "http://localhost/v1/sessions"))["sessions"]
    assert session["user"] is None and session["peer"]["host_name"] is None
    for command in (("drain",), ("why",), ("config", "show")):
        refused = gateway.cli("--socket", MONITOR_SOCKET, *command, check=False)
        assert refused.returncode == 6 and "for monitoring" in refused.stdout, command
    assert gateway.status()["state"] == "running"


def check_commands(gateway: Sallyportd, session: Json) -> None:
    """Each command shows the one client in its way."""
    assert "1 up of 1" in gateway.cli("status").stdout
    row = gateway.cli("sessions", "-o", "user,address,nat,state", "--no-header").stdout.split()
    assert row == [ALICE.user, session["address"], "yes", "up"]
    for command, text in (
        (("session", session["id"]), session["ipsec"]["spi_in"]),
        (("tunnels",), str(session["l2tp"]["tunnel"])),
        (("sas",), session["ipsec"]["spi_out"]),
        (("pools",), topology.POOL_NET),
        (("config", "show"), "[[pool]]"),
        (("config", "show", "--all"), "hello_interval = 60  # default"),
        (("config", "explain", "ppp.mtu"), "takes effect with a reload"),
        (("top", "--count", "2"), ALICE.user),
        (("disconnect", "--user", ALICE.user, "--dry-run"), session["id"]),
        (("log-level", "info"), "info"),
    ):
        assert text in gateway.cli(*command).stdout, command
    for command in ("status", "sessions", "tunnels", "sas", "pools", "dials", "why"):
        answer = gateway.cli(command, "--json", check=command != "why")
        assert json.loads(answer.stdout)["api"] == "sallyport/v1"
    # The PSK is in a file of its own; nothing shows it.
    psk = Path(gateway.config["ipsec"]["psk_file"]).read_text().strip()
    assert psk not in gateway.cli("config", "show", "--all").stdout
    report = json.loads(gateway.cli("doctor", "--json", check=False).stdout)["findings"]
    assert {"grade": "ok", "what": "sallyportd runs", "advice": ""} in report


def check_mistakes(gateway: Sallyportd) -> None:
    """What goes wrong has an exit code of its own and says what to do."""
    for command, code, text in (
        (("session", "none"), 5, "It may have ended"),
        (("sessions", "--user", "nobody"), 5, ""),
        (("sessions", "-o", "size"), 2, "--columns"),
        (("drain", "now"), 2, "now"),
        (("--socket", "/run/nothing", "status"), 3, "systemctl status"),
        (("config", "check", "/nothing.toml"), 2, "/nothing.toml"),
        (("config", "check", "/nothing.toml", "--json"), 2, '"valid":false'),
        (("session", "none", "--json"), 5, '"code":"session_not_found"'),
        (("config", "explain", "ppp.mut"), 2, "did you mean mtu?"),
    ):
        outcome = gateway.cli(*command, check=False)
        assert outcome.returncode == code, (command, outcome)
        assert text in outcome.stdout, (command, outcome.stdout)


def check_rates(gateway: Sallyportd, session_id: str) -> None:
    """While pings pass, the session's record and the table say how much flows, both ways."""

    def flowing() -> Json | None:
        rates: Json = gateway.request("GET", f"/v1/sessions/{session_id}")[1]["rates"]
        return rates if rates and all(rates.values()) else None

    rates = wait_until("rates of the pings", flowing)
    # Five pings a second, of 84 octets each; far from what the counters have in all, or in a millisecond.
    for direction in ("rx_bytes_per_second", "tx_bytes_per_second"):
        assert rates[direction] < 10 * 5 * 84, rates
        assert direction in gateway.cli("session", session_id).stdout
    row = gateway.cli("sessions", "-o", "rx_rate,tx_rate", "--no-header").stdout
    assert row.count("B/s") == 2, row


def check_reload(lab: Scenario, gateway: Sallyportd, ping: Process) -> None:
    """A new configuration holds without a lost packet; a wrong one changes nothing."""
    conf = lab.net.gateway.scratch / "sallyport.toml"
    good = conf.read_text()
    changed = merged(gateway.config, {"ppp": {"dns": ["10.0.0.99"]}, "l2tp": {"port": 1702}})
    conf.write_text(to_toml(changed))
    answer = json.loads(gateway.cli("reload", "--json").stdout)
    assert answer["changed"] == ["ppp.dns"] and answer["restart"] == ["l2tp.port"]

    conf.write_text(to_toml(merged(changed, {"ppp": {"mtu": 1}})))
    outcome = gateway.cli("reload", check=False)
    assert (
        outcome.returncode == 1
        and "ppp.mtu" in outcome.stdout
        and "stays in force" in outcome.stdout
    )
    _, config = gateway.request("GET", "/v1/config")
    assert (
        config["config"]["ppp"]["dns"] == ["10.0.0.99"] and config["config"]["ppp"]["mtu"] == 1400
    )
    assert config["config"]["l2tp"]["port"] == 1701, "what waits is not shown as in force"

    conf.write_text(good)
    assert gateway.process is not None
    os.kill(gateway.process.pid, signal.SIGHUP)
    gateway.process.wait_for(r"reloaded: changed: ppp.dns; waiting for a restart: nothing")
    os.kill(ping.pid, signal.SIGINT)
    ping.wait()
    assert " 0% packet loss" in ping.log, ping.tail()


@pytest.mark.limit(900)
def test_operator_sees_and_steers_everything(lab: Scenario) -> None:
    gateway = lab.gateway(ALICE, BOB)
    events = gateway.host.start("events", str(binary("cli", "sallyport")), "events", "--json")
    events.wait_for(r'"type":"snapshot"')

    laptop = lab.client(lab.net.client1, ALICE)
    laptop.connect()
    session = gateway.session(ALICE.user)
    events.wait_for(r'"type":"session.up","id":"' + session["id"])

    check_openapi(gateway, session["id"])
    check_metrics(gateway)
    check_monitoring(gateway)
    check_commands(gateway, session)
    check_mistakes(gateway)

    ping = lab.net.client1.start("ping", "ping", "-i", "0.2", topology.INSIDE)
    check_rates(gateway, session["id"])
    check_reload(lab, gateway, ping)

    waiting = gateway.host.start(
        "drain", str(binary("cli", "sallyport")), "--timeout", "100", "drain", "--wait"
    )
    wait_until("draining", lambda: gateway.status()["state"] == "draining")
    stranger = lab.client(lab.net.client3, BOB).launch()
    stranger.initiate()
    stranger.lac.dial()
    assert gateway.process is not None
    gateway.process.wait_for(r"tunnel_refused: .*result 2 error 7")
    assert "we refused the tunnel" in gateway.cli("why", topology.OUTER_ADDRESS["client3"]).stdout
    stranger.hang_up()
    assert waiting.running and gateway.status()["sessions"]["up"] == 1

    laptop.hang_up()
    assert waiting.wait() == 0 and "No client is left." in waiting.log
    gateway.cli("undrain")
    gateway.process.wait_for(r"draining_ended")

    events.wait_for(r'"type":"drain.end"')
    events.stop()
    lines = [json.loads(line) for line in events.log.splitlines() if line.startswith("{")]
    for line in lines:
        openapi.check("GET", "/v1/events", 200, line)
    assert gateway.checked("GET", "/v1/attempts")["attempts"], "the stranger's"
    numbers = [line["seq"] for line in lines if line["type"] not in ("heartbeat", "overflow")]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "without a gap"
    kinds = [line["type"] for line in lines]
    for kind in (
        "sa.up",
        "tunnel.up",
        "session.start",
        "session.end",
        "reload.done",
        "reload.failed",
        "drain.begin",
        "tunnel.refused",
        "attempt.failed",
        "drain.empty",
    ):
        assert kind in kinds, (kind, kinds)
