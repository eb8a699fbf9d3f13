# SPDX-License-Identifier: GPL-2.0-or-later
"""A server from nothing: `sallyport init`, and a client that is given what it printed."""

import json
import plistlib
import stat
from pathlib import Path

from lab import topology
from lab.peers.client import Account
from lab.peers.sallyportd import binary
from lab.scenario import Scenario


def test_a_server_made_by_init_lets_its_first_user_in(lab: Scenario) -> None:
    gateway = lab.gateway(start=False)
    host = gateway.host
    folder, settings = host.scratch / "etc", host.scratch / "settings"
    init = (
        *(str(binary("cli", "sallyport")), "init", "--yes", "--json"),
        *("--address", topology.GATEWAY_OUTER, "--pool", "10.64.0.0/24", "--dns", topology.INSIDE),
        *("--folder", str(folder), "--settings", str(settings)),
    )
    made = json.loads(host.output(*init))
    files = [Path(path) for path in made["files"]]
    assert {path.name for path in files} >= {"sallyport.toml", "psk", "users", "windows.ps1"}
    for path in files:
        assert stat.S_IMODE(path.stat().st_mode) & 0o137 == 0, path
    # Once more would take away what there is.
    again = host.run(*init, check=False)
    assert again.returncode == 1 and "is there already; --force" in again.stdout
    assert (folder / "psk").read_text() == made["psk"] + "\n"

    config = folder / "sallyport.toml"
    host.run(str(binary("daemon", "sallyportd")), "--check", "--config", str(config))
    gateway.use_config(config)
    gateway.start()
    laptop = lab.client(lab.net.client1, Account(made["user"], made["password"]), psk=made["psk"])
    link = laptop.connect()
    lab.check_both_ways(laptop, link.address)

    # What Apple's systems open is a property list with the same in it.
    (content,) = plistlib.loads((settings / "apple.mobileconfig").read_bytes())["PayloadContent"]
    assert content["IPSec"]["SharedSecret"] == made["psk"].encode()
    assert content["PPP"]["AuthName"] == made["user"]
    assert content["PPP"]["AuthPassword"] == made["password"]
