# SPDX-License-Identifier: GPL-2.0-or-later
"""The configuration file: checked before it is used, and its mistakes named."""

import os
import re
import signal
import socket

from lab.kernel import kernel_state
from lab.peers.sallyportd import Sallyportd, binary
from lab.scenario import Scenario
from lab.waiting import DEFAULT_TIMEOUT

# Exit statuses of sallyportd.
_FAILURE = 1
_BAD_CONFIGURATION = 2


def check(gateway: Sallyportd, text: str) -> tuple[int, str]:
    """`sallyportd --check` on a text: exit status and output."""
    path = gateway.host.scratch / "candidate.toml"
    path.write_text(text)
    result = gateway.host.run(
        str(binary("daemon", "sallyportd")), "--check", "--config", str(path), check=False
    )
    return result.returncode, result.stdout


def test_check_accepts_the_good_and_names_the_bad(lab: Scenario) -> None:
    gateway = lab.clear_text_gateway(start=False)
    good = (gateway.host.scratch / "sallyport.toml").read_text()
    assert check(gateway, good)[0] == 0

    for mistake, named in (
        (good.replace("host_name", "hots_name"), "hots_name"),
        (good.replace('"10.64.0.0/16"', '"10.64.0.0/99"'), "10.64.0.0/99"),
        (good.replace('"mschapv2"', '"mschapv9"'), "mschapv9"),
        (good + "\n[l2tp", "candidate.toml"),
    ):
        assert mistake != good
        status, output = check(gateway, mistake)
        assert status == _BAD_CONFIGURATION and named in output, (named, output)
        assert re.search(r"candidate\.toml:\d+:\d+: ", output), output


def test_daemon_refuses_to_start_with_a_bad_configuration(lab: Scenario) -> None:
    gateway = lab.clear_text_gateway(start=False, ppp={"auth": ["none-such"]})
    before = kernel_state(lab.net.gateway)
    process = gateway.launch()
    assert process.wait() == _BAD_CONFIGURATION
    process.wait_for("none-such")
    assert not before.difference(kernel_state(lab.net.gateway))


def test_missing_kernel_part_is_named(lab: Scenario) -> None:
    # A machine with Debian's cloud kernel: no PPP, so nothing behind /dev/ppp.
    gateway = lab.clear_text_gateway(start=False)
    before = kernel_state(lab.net.gateway)
    process = gateway.launch(
        "unshare", "-m", "sh", "-c", 'mount -t tmpfs none /dev && exec "$@"', "sh"
    )
    assert process.wait() == _FAILURE
    process.wait_for("ppp_generic.*linux-image-amd64")
    assert not before.difference(kernel_state(lab.net.gateway))


def test_service_manager_is_told(lab: Scenario) -> None:
    gateway = lab.clear_text_gateway(start=False)
    path = gateway.host.path("/run/notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        manager.settimeout(DEFAULT_TIMEOUT)
        gateway.launch("env", "NOTIFY_SOCKET=/run/notify")
        assert b"READY=1" in manager.recv(4096)
        assert gateway.status()["state"] == "running"
        # A terminal that goes away, or a service manager's reload: the daemon lives on, with the users and the
        # configuration as they are now.
        assert gateway.process is not None
        os.kill(gateway.process.pid, signal.SIGHUP)
        assert b"RELOADING=1\nMONOTONIC_USEC=" in manager.recv(4096)
        gateway.process.wait_for("users_file_read")
        assert manager.recv(4096) == b"READY=1"
        gateway.stop()
        assert b"STOPPING=1" in manager.recv(4096)
