# SPDX-License-Identifier: GPL-2.0-or-later
"""python3 -m prober --server ADDRESS: probes an L2TPv2 concentrator and its PPP, and tells what it does wrong.

Exit status 0 when every check passed, 1 when one failed, 2 for wrong arguments.
"""

import argparse
import importlib
import json
import sys

from prober import registry
from prober.peer import Settings
from prober.scenarios import CONFIGURATIONS, DEFAULT_SECRET
from prober.wire import place

# In the order in which they are told.
_GROUPS = ("tunnel", "avp", "delivery", "teardown", "calls", "outgoing", "secrets", "limits")
_GROUPS += ("lcp", "login", "network")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="prober", description=__doc__)
    parser.add_argument("--server", required=True, help="address of the concentrator")
    parser.add_argument("--port", type=int, default=1701)
    parser.add_argument("--with", dest="needs", choices=CONFIGURATIONS, default="plain")
    parser.add_argument("--only", action="append", default=[], help="L13, a group or a check")
    parser.add_argument("--except", dest="leave_out", action="append", default=[], help="a check")
    parser.add_argument("--secret", default=DEFAULT_SECRET, help="the default tunnel secret")
    parser.add_argument("--second-source", default="", help="another address of this host")
    parser.add_argument("--hello-interval", type=float, default=60.0, help="seconds")
    parser.add_argument("--patience", type=float, default=1.0, help="factor on all waits")
    parser.add_argument("--json", action="store_true", help="one JSON object a line, and no more")
    parser.add_argument("--list", action="store_true", help="only name the checks")
    return parser.parse_args()


def main() -> int:
    arguments = _arguments()
    for group in _GROUPS:
        importlib.import_module(f"prober.checks_{group}")
    checks = [
        one
        for one in registry.select(arguments.needs, arguments.only)
        if one.name not in arguments.leave_out
    ]
    if not checks:
        print("no such check", file=sys.stderr)
        return 2
    if arguments.list:
        for one in checks:
            print(f"{one.requirement:5} {place(one.section):16} {one.name}: {one.title}")
        return 0
    settings = Settings(
        server=arguments.server,
        port=arguments.port,
        patience=arguments.patience,
        secret=arguments.secret.encode(),
        hello_interval=arguments.hello_interval,
        second_source=arguments.second_source,
    )
    failures = 0
    for result in registry.run(checks, settings):
        failures += not result.passed
        print(json.dumps(result.as_json()) if arguments.json else result, flush=True)
    if not arguments.json:
        print(f"{len(checks) - failures} of {len(checks)} checks passed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
