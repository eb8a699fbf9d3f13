# SPDX-License-Identifier: GPL-2.0-or-later
"""The configuration file: checked before it is used, and its mistakes named."""

from lab.peers.sallyportd import Sallyportd, binary
from lab.scenario import Scenario


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
        assert status != 0 and named in output, (named, output)


def test_daemon_refuses_to_start_with_a_bad_configuration(lab: Scenario) -> None:
    gateway = lab.clear_text_gateway(start=False, ppp={"auth": ["none-such"]})
    process = gateway.launch()
    assert process.wait() > 0
    process.wait_for("none-such")
