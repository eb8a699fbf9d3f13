# SPDX-License-Identifier: GPL-2.0-or-later
"""The packaged Grafana dashboard: what it asks Prometheus for, in the words that Grafana would use."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lab.peers.prometheus import Prometheus
from lab.peers.sallyportd import REPOSITORY

DASHBOARD = REPOSITORY / "packaging/grafana/sallyport.json"


@dataclass(frozen=True)
class Query:
    """One target of one panel."""

    panel: int
    title: str
    target: str
    expression: str  # as the dashboard has it
    asked: str  # as Prometheus gets it


def dashboard() -> Any:
    return json.loads(DASHBOARD.read_text())


def instances(prometheus: Prometheus) -> list[str]:
    """The values of the variable `instance`."""
    (variable,) = [v for v in dashboard()["templating"]["list"] if v["name"] == "instance"]
    found = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["query"]["query"])
    assert found, variable
    return list(prometheus.ask(f"label/{found[2]}/values", **{"match[]": found[1]}) or [])


def queries(prometheus: Prometheus) -> Iterator[Query]:
    """Every query, with "All" for the instance, and a step as long as the time between two scrapes."""
    values = [re.escape(value).replace("\\", "\\\\") for value in instances(prometheus)]
    assert values, "the dashboard's variable finds no instance"
    words = {
        "$instance": values[0] if len(values) == 1 else f"({'|'.join(values)})",
        # Grafana: the longer of a step and a scrape, or four scrapes.
        "$__rate_interval": f"{4 * prometheus.interval}s",
    }
    for panel in dashboard()["panels"]:
        for target in panel["targets"]:
            asked = target["expr"]
            for variable, value in words.items():
                asked = asked.replace(variable, value)
            assert "$" not in asked, asked
            yield Query(panel["id"], panel["title"], target["refId"], target["expr"], asked)
