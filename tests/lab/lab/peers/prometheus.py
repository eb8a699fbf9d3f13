# SPDX-License-Identifier: GPL-2.0-or-later
"""Prometheus as Debian has it. It scrapes the monitoring socket by the job that we ship, and evaluates our rules."""

import json
import urllib.parse
from typing import Any

from lab.host import Host
from lab.peers.sallyportd import REPOSITORY
from lab.waiting import wait_until

_PACKAGED = REPOSITORY / "packaging/prometheus"
_LISTEN = "127.0.0.1:9090"


class Prometheus:
    """On the gateway itself, as scrape.yml wants it."""

    def __init__(self, host: Host, interval: int = 1) -> None:
        """`interval`: seconds from one scrape to the next."""
        self.host = host
        self.interval = interval
        self._config = host.scratch / "prometheus.yml"
        self._config.write_text(
            f"global: {{scrape_interval: {interval}s, evaluation_interval: {interval}s}}\n"
            f"rule_files: [{_PACKAGED / 'alerts.yml'}]\n" + (_PACKAGED / "scrape.yml").read_text()
        )

    def start(self) -> "Prometheus":
        """Until the first scrape."""
        # The relay that scrape.yml tells of.
        self.host.start(
            "socat",
            *("socat", "TCP-LISTEN:9170,bind=127.0.0.1,reuseaddr,fork"),
            "UNIX-CONNECT:/run/sallyport/monitor.sock",
        )
        self.host.start(
            "prometheus",
            *("prometheus", f"--config.file={self._config}", f"--web.listen-address={_LISTEN}"),
            f"--storage.tsdb.path={self.host.scratch / 'tsdb'}",
        )
        up = 'up{job="sallyport"}'
        wait_until("the first scrape", lambda: self.value(up) == 1.0, timeout=120)
        return self

    def ask(self, path: str, **query: str) -> Any:
        """What its HTTP API answers, as far as it does."""
        answer = self._ask(path, query)
        return answer["data"] if answer.get("status") == "success" else None

    def value(self, query: str) -> float | None:
        """The one sample that the query gives."""
        data = self.ask("query", query=query)
        results = data["result"] if data else []
        assert len(results) <= 1, results
        return float(results[0]["value"][1]) if results else None

    def curves(self, query: str, start: float, end: float, step: int) -> list[Any]:
        """The series that the query gives over a time."""
        words = {"query": query, "start": str(start), "end": str(end), "step": str(step)}
        answer = self._ask("query_range", words)
        assert answer.get("status") == "success", f"{query}: {answer}"
        return list(answer["data"]["result"])

    def _ask(self, path: str, query: dict[str, str]) -> Any:
        words = f"http://{_LISTEN}/api/v1/{path}?{urllib.parse.urlencode(query)}"
        # Of a query that is wrong it says why.
        answer = self.host.run("curl", "-s", words, check=False).stdout
        return json.loads(answer) if answer.startswith("{") else {}
