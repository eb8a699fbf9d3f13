#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Records what the documentation's pictures are drawn from: six minutes of a gateway with eight clients and some strangers.

`./dev lab pictures` runs it on the lab's kernel, and draws (drawing/). The recording, build/lab/pictures/recording.json, has
what `sallyport top` wrote to a terminal, and what a real Prometheus answered to every query of the packaged dashboard. Exit
status 0 means that every panel had something to show.
"""

import dataclasses
import json
import os
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lab import topology
from lab.dashboard import queries
from lab.peers.client import Account, VpnClient
from lab.peers.prometheus import Prometheus
from lab.peers.sallyportd import Sallyportd
from lab.scenario import Scenario
from lab.story import Story
from lab.waiting import time_limit, wait_until

# Seconds.
SCRAPES = 8
LENGTH = 360
TOP_AT = 180
DISCONNECTED = {"hanna": 225, "anna": 270}

ROWS, COLUMNS = 14, 118
LOOKS, LOOK_EVERY = 13, 2

FILM = f"http://{topology.INSIDE}:8000/film"
BULK = str(Path(__file__).parent / "programs/tcp_bulk.py")
BULK_PORT, BULK_OCTETS = "7000", "1500000"

USERS = ("anna", "bruno", "chiara", "dmitri", "emeka", "farah", "goro", "hanna")
ACCOUNTS = {user: Account(user, f"{user}'s secret") for user in USERS}


class Day:
    """Who lives how, until the day is over."""

    def __init__(self, lab: Scenario) -> None:
        self.lab = lab
        self.over = threading.Event()
        net = lab.net
        laptops = {
            "anna": net.client1,
            "bruno": net.client2,
            "chiara": net.client3,
            "dmitri": net.public_client(6),
            "emeka": net.private_client(7),
            "farah": net.client4,
            "goro": net.private_client(8),
            "hanna": net.public_client(5),
        }
        clients = {
            user: lab.client(
                host,
                ACCOUNTS[user],
                # One comes over IPv6.
                gateway=topology.GATEWAY_OUTER6 if user == "dmitri" else topology.GATEWAY_OUTER,
            )
            for user, host in laptops.items()
        }
        guesser = lab.client(net.public_client(9), Account("admin", "123456"))
        foreign = lab.client(net.public_client(10), psk="wrong")
        clear, clear_too = (lab.client(net.public_client(n), psk=None) for n in (11, 12))
        # When each begins, in seconds.
        self.lives: dict[str, tuple[int, Callable[[], None]]] = {
            "anna": (5, lambda: self.watch(clients["anna"], "40K", 5, 6)),
            "chiara": (15, lambda: self.watch(clients["chiara"], "120K", 10, 0)),
            "goro": (25, lambda: self.ping(clients["goro"], 2, 56)),
            "dmitri": (35, lambda: self.ping(clients["dmitri"], 0.1, 172)),
            "farah": (50, lambda: self.back_up(clients["farah"])),
            "bruno": (60, lambda: self.vanish(clients["bruno"])),
            "emeka": (70, lambda: self.come_and_go(clients["emeka"])),
            "hanna": (85, lambda: self.watch(clients["hanna"], "60K", 10, 0)),
            "a wrong password": (100, lambda: self.guess(guesser)),
            "a wrong key": (110, lambda: self.try_key(foreign)),
            "clear text": (120, lambda: self.call_in_clear(clear)),
            "clear text too": (210, lambda: self.call_in_clear(clear_too)),
        }

    # -- users

    def watch(self, client: VpnClient, rate: str, seconds: int, pause: int) -> None:
        """Loads for some seconds, looks at it for some seconds, and so on."""
        client.connect()
        limits = ("--limit-rate", rate, "--max-time", str(seconds))
        while not self.over.is_set():
            if not client.lac.up():
                self.dial_again(client)
            client.host.run("curl", "-s", "-o", "/dev/null", *limits, FILM, check=False)
            self.over.wait(pause)

    def ping(self, client: VpnClient, interval: float, size: int) -> None:
        """As a telephone that waits, or one in use."""
        client.connect()
        words = ("ping", "-n", "-q", "-i", str(interval), "-s", str(size), topology.INSIDE)
        client.host.start("ping", *words)
        self.over.wait()

    def back_up(self, client: VpnClient) -> None:
        client.connect()
        while not self.over.is_set():
            words = ("/usr/bin/python3", BULK, "fetch", topology.INSIDE, BULK_PORT, BULK_OCTETS)
            client.host.run(*words, check=False)
            self.over.wait(20)

    def vanish(self, client: VpnClient) -> None:
        """Out of range of its network, and back when the gateway has noticed."""
        client.connect()
        client.host.pings(topology.INSIDE)
        self.over.wait(140)
        client.vanish()
        self.over.wait(45)
        client.reappear()
        client.connect()

    def come_and_go(self, client: VpnClient) -> None:
        client.launch()
        while True:
            client.initiate()
            client.dial()
            client.ping(count=20)
            if self.over.wait(6):
                return
            client.hang_up()
            self.over.wait(3)

    def dial_again(self, client: VpnClient) -> None:
        client.lac.wait_down()
        client.initiate()
        client.dial()

    # -- strangers

    def guess(self, client: VpnClient) -> None:
        client.launch()
        while not self.over.is_set():
            client.initiate(check=False)
            client.lac.dial()
            # The SAs go with the tunnel.
            self.over.wait(25)

    def try_key(self, client: VpnClient) -> None:
        client.launch()
        while not self.over.is_set():
            client.initiate(check=False)
            self.over.wait(10)

    def call_in_clear(self, client: VpnClient) -> None:
        client.launch()
        while not self.over.is_set():
            client.lac.dial()
            self.over.wait(40)  # xl2tpd gives up in between


def serve_inside(lab: Scenario) -> None:
    """What users come for."""
    inside = lab.net.inside
    folder = inside.scratch / "films"
    folder.mkdir()
    with (folder / "film").open("wb") as film:
        film.truncate(1 << 30)
    words = ("-m", "http.server", "8000", "--directory", str(folder))
    inside.start("film", "/usr/bin/python3", "-u", *words).wait_for("Serving HTTP")
    bulk = inside.start("bulk", "/usr/bin/python3", BULK, "serve", "4", BULK_PORT, BULK_OCTETS)
    bulk.wait_for("listening")


def record_top(daemon: Sallyportd) -> dict[str, object]:
    words = ("top", "--interval", str(LOOK_EVERY), "--count", str(LOOKS))
    written = daemon.cli_in_terminal(ROWS, COLUMNS, *words)
    return {"rows": ROWS, "columns": COLUMNS, "interval": LOOK_EVERY, "written": written}


def ask_dashboard(
    story: Story, prometheus: Prometheus, first: int, last: int
) -> list[dict[str, object]]:
    """The answers to all of its queries."""
    answers = []
    for query in queries(prometheus):
        series = prometheus.curves(query.asked, first, last, SCRAPES)
        story.claim(series, f"{query.title} ({query.target}): {len(series)} series", query.asked)
        answers.append({**dataclasses.asdict(query), "series": series})
    return answers


def record(story: Story, lab: Scenario) -> dict[str, object]:
    story.chapter("A gateway, Prometheus beside it, and what users come for")
    lab.wire.stop()  # so much is nobody to look at
    daemon = lab.gateway(
        *ACCOUNTS.values(),
        l2tp={"listen": []},
        ppp={"echo_interval": 8, "echo_failure": 3},
        # So small that it fills up to a half.
        pool=[
            {
                "name": "default",
                "ranges": ["10.64.0.10-10.64.0.25"],
                "gateway": topology.POOL_GATEWAY,
            }
        ],
    )
    serve_inside(lab)
    day = Day(lab)
    prometheus = Prometheus(daemon.host, SCRAPES).start()
    story.fact(True, "Prometheus scrapes")

    story.chapter(f"{LENGTH} seconds of {len(USERS)} users and of strangers")
    start = time.time()

    def wait_for(second: int) -> None:
        day.over.wait(max(0.0, start + second - time.time()))

    def live(begin: int, life: Callable[[], None]) -> None:
        wait_for(begin)
        life()

    with ThreadPoolExecutor(len(day.lives)) as pool:
        lives = {name: pool.submit(live, *life) for name, life in day.lives.items()}
        try:
            wait_for(TOP_AT)
            wait_until("all users", lambda: daemon.status()["sessions"]["up"] == len(USERS))
            top = record_top(daemon)
            story.claim("chiara" in str(top["written"]), "top shows who carries how much")
            for user, second in DISCONNECTED.items():
                wait_for(second)
                daemon.cli("disconnect", "--user", user)
                story.claim(True, f"{user} was disconnected, and dials again")
            wait_for(LENGTH)
        finally:
            day.over.set()
        for name, future in lives.items():
            trouble = future.exception(timeout=120)
            story.claim(trouble is None, f"{name} lived as meant", str(trouble))

    story.chapter("What Prometheus answers to the dashboard")
    # Grafana asks for whole steps.
    first, last = (int(when) // SCRAPES * SCRAPES for when in (start, start + LENGTH))
    answers = ask_dashboard(story, prometheus, first, last)
    return {"start": first, "end": last, "step": SCRAPES, "top": top, "answers": answers}


def main() -> int:
    story = Story()
    story.title(f"Sallyport on Linux {os.uname().release}")
    kept = Path(os.environ["SALLYPORT_LAB_SHARE"]) / "pictures"
    with tempfile.TemporaryDirectory(prefix="sallyport-pictures-") as scratch:
        lab = Scenario(Path(scratch))
        recording = None
        try:
            with time_limit(900):
                recording = record(story, lab)
        except Exception:  # whatever went wrong, the logs are wanted
            story.failed.append("the rest could not be recorded")
            traceback.print_exc(file=sys.stdout)
        finally:
            (lab.net.inside.scratch / "films/film").unlink(missing_ok=True)
            lab.keep(kept)
            lab.close()
    if recording:
        (kept / "recording.json").write_text(json.dumps(recording))
    if story.failed:
        story.title(f"\nDid not hold: {'; '.join(story.failed)}. Logs: {kept}")
        return 1
    story.title(f"\nRecorded: {kept / 'recording.json'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
