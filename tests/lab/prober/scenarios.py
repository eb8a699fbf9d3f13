# SPDX-License-Identifier: GPL-2.0-or-later
"""What the server must be told for the checks that need more than a plain LNS. The one place where it is written down."""

from dataclasses import dataclass

# A check's `needs` is one of these:
#   plain      no secret, no limits within reach, HELLO as often as Settings.hello_interval says
#   secrets    DEFAULT_SECRET for everybody, and PEERS
#   limits     the limits below, and data without sequence numbers alone
#   outgoing   plain, and peers may have it place calls
#   ppp        PPP's values below, for sessions that are to be used; IPv6 and CCP off
#   shutdown   somebody stops the server when the check says that it is ready
#   patience   plain, and minutes of time
CONFIGURATIONS = ("plain", "secrets", "limits", "outgoing", "ppp", "shutdown", "patience")

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

# PPP: the methods in order of preference; who may log in: the user of all sessions but one, the user of that one, and a
# user who may not have an address; what clients are told (one name server, no WINS); the echoes: how often, in seconds,
# and how many unanswered ones end a session.
AUTHENTICATION = ("mschapv2", "chap", "pap")
USER, LONE_USER, PASSWORD = "alice", "cheshire", "looking-glass"
USER_WITHOUT_ADDRESS = "humpty"
NAME_SERVER = "10.0.0.53"
ECHO_INTERVAL, ECHO_FAILURE = 5, 4
