# SPDX-License-Identifier: GPL-2.0-or-later
"""What the server must be told for the checks that need more than a plain LNS. The one place where it is written down."""

from dataclasses import dataclass

# A check's `needs` is one of these:
#   plain      no secret, no limits within reach, HELLO as often as Settings.hello_interval says
#   secrets    DEFAULT_SECRET for everybody, and PEERS
#   limits     the limits below
#   outgoing   plain, and peers may have it place calls
#   shutdown   somebody stops the server when the check says that it is ready
#   patience   plain, and minutes of time
CONFIGURATIONS = ("plain", "secrets", "limits", "outgoing", "shutdown", "patience")

HALF_OPEN_LIMIT = 20  # tunnels between SCCRQ and SCCCN
CALLS_LIMIT = 3  # sessions in a tunnel


@dataclass(frozen=True)
class Peer:
    """A peer that the server knows, by its Host Name or, where that is empty, by its address."""

    host_name: str
    secret: str
    challenge: bool = False  # the server challenges it
    hide_avps: bool = False  # the server hides AVPs from others' eyes


DEFAULT_SECRET = "drink me"
CHALLENGED = Peer("challenged.example", "curiouser and curiouser", challenge=True)
HIDING = Peer("hiding.example", "we are all mad here", hide_avps=True)
# Known by the prober's second source address.
BY_ADDRESS = Peer("", "off with their heads", challenge=True)

PEERS = (CHALLENGED, HIDING, BY_ADDRESS)
