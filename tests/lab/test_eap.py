# SPDX-License-Identifier: GPL-2.0-or-later
"""pppd and EAP: as a client whom we ask, by each method that it speaks, and one that speaks none of ours. CHAP, asked again."""

import pytest

from lab.peers.client import Account
from lab.scenario import ALICE, BOB, Scenario
from lab.waiting import wait_until

EAP = Account(ALICE.user, ALICE.password, "eap")


@pytest.mark.parametrize("offered, used", [(["mschapv2", "md5"], "mschapv2"), (["md5"], "md5")])
def test_eap(lab: Scenario, offered: list[str], used: str) -> None:
    gateway = lab.clear_text_gateway(
        EAP, ppp={"auth": ["eap"], "eap_methods": offered, "login_delay": 0}
    )
    laptop = lab.client(lab.net.client3, EAP, psk=None)
    link = laptop.connect()
    laptop.lac.wait_ppp_log(r"rcvd \[LCP ConfReq .*<auth eap>")
    assert gateway.session(EAP.user)["ppp"]["auth"] == f"eap-{used}"
    lab.check_both_ways(laptop, link.address)

    # A wrong password.
    stranger = lab.client(lab.net.client4, Account(EAP.user, "guess", "eap"), psk=None).launch()
    stranger.lac.dial()
    wait_until("a refusal", lambda: gateway.status()["auth"]["rejected"] >= 1)
    wait_until("its end", lambda: gateway.status()["sessions"]["total"] == 1)
    assert f"refused (eap-{used}): wrong password" in gateway.log
    for secret in (EAP.password, "guess"):
        assert secret not in gateway.log
    stranger.lac.stop()


def test_client_that_refuses_every_method(lab: Scenario) -> None:
    gateway = lab.clear_text_gateway(ppp={"auth": ["eap", "mschapv2", "chap", "pap"]})
    laptop = lab.client(lab.net.client3, Account(ALICE.user, ALICE.password, "none"), psk=None)
    laptop.launch()
    laptop.lac.dial()
    laptop.lac.wait_ppp_log(r"sent \[LCP ConfRej .*<auth ")
    wait_until("its end", lambda: "refuses every authentication method" in gateway.log)
    gateway.wait_no_sessions()


def test_chap_is_asked_again(lab: Scenario) -> None:
    account = Account(ALICE.user, ALICE.password, "chap")
    gateway = lab.clear_text_gateway(account, ppp={"auth": ["chap"], "chap_interval": 2})
    laptop = lab.client(lab.net.client3, account, psk=None)
    link = laptop.connect()
    wait_until("two more logins", lambda: gateway.status()["auth"]["accepted"] >= 3)
    lab.check_both_ways(laptop, link.address)

    # The user is taken off the list: the next challenge ends the session.
    gateway.write_users([BOB])
    wait_until("the end", lambda: gateway.status()["auth"]["rejected"] == 1)
    gateway.wait_no_sessions()
    laptop.lac.wait_down()
