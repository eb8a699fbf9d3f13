# SPDX-License-Identifier: GPL-2.0-or-later
"""RFC 2661's messages and attributes as data: §3.2, §4.4, §6, written from the RFC's text."""

import enum
from collections.abc import Callable
from dataclasses import dataclass

MAX_VALUE = 1017  # an AVP has 10 bits for its length, 6 octets of header (§4.1)


class MessageType(enum.IntEnum):
    """§3.2."""

    SCCRQ = 1
    SCCRP = 2
    SCCCN = 3
    STOP_CCN = 4
    HELLO = 6
    OCRQ = 7
    OCRP = 8
    OCCN = 9
    ICRQ = 10
    ICRP = 11
    ICCN = 12
    CDN = 14
    WEN = 15
    SLI = 16


class Attribute(enum.IntEnum):
    """§4.4."""

    MESSAGE_TYPE = 0
    RESULT_CODE = 1
    PROTOCOL_VERSION = 2
    FRAMING_CAPABILITIES = 3
    BEARER_CAPABILITIES = 4
    TIE_BREAKER = 5
    FIRMWARE_REVISION = 6
    HOST_NAME = 7
    VENDOR_NAME = 8
    ASSIGNED_TUNNEL_ID = 9
    RECEIVE_WINDOW_SIZE = 10
    CHALLENGE = 11
    Q931_CAUSE_CODE = 12
    CHALLENGE_RESPONSE = 13
    ASSIGNED_SESSION_ID = 14
    CALL_SERIAL_NUMBER = 15
    MINIMUM_BPS = 16
    MAXIMUM_BPS = 17
    BEARER_TYPE = 18
    FRAMING_TYPE = 19
    CALLED_NUMBER = 21
    CALLING_NUMBER = 22
    SUB_ADDRESS = 23
    TX_CONNECT_SPEED = 24
    PHYSICAL_CHANNEL_ID = 25
    INITIAL_RECEIVED_LCP_CONFREQ = 26
    LAST_SENT_LCP_CONFREQ = 27
    LAST_RECEIVED_LCP_CONFREQ = 28
    PROXY_AUTHEN_TYPE = 29
    PROXY_AUTHEN_NAME = 30
    PROXY_AUTHEN_CHALLENGE = 31
    PROXY_AUTHEN_ID = 32
    PROXY_AUTHEN_RESPONSE = 33
    CALL_ERRORS = 34
    ACCM = 35
    RANDOM_VECTOR = 36
    PRIVATE_GROUP_ID = 37
    RX_CONNECT_SPEED = 38
    SEQUENCING_REQUIRED = 39


def _fine(_value: bytes) -> str:
    return ""


def _not_zero(value: bytes) -> str:
    return "" if any(value) else "zero"


def _only(bits: int) -> Callable[[bytes], str]:
    def complaint(value: bytes) -> str:
        return "reserved bits" if int.from_bytes(value, "big") & ~bits else ""

    return complaint


def _version(value: bytes) -> str:
    return "" if value == b"\x01\x00" else "not version 1, revision 0"


def _name(value: bytes) -> str:
    return "" if value.isascii() and value.decode("ascii").isprintable() else "no readable name"


@dataclass(frozen=True)
class AttributeRule:
    """What an attribute is like in a message of a good implementation. Sizes are of the value, unhidden."""

    name: str
    shortest: int
    longest: int
    mandatory: bool
    may_be_hidden: bool
    complaint: Callable[[bytes], str] = _fine
    mandatory_is_fixed: bool = True  # the RFC says "MUST be set to"


_M, _O = True, False  # the M bit: mandatory, optional
_H, _CLEAR = True, False  # hiding: "may be hidden", "MUST NOT be hidden"

# §4.4.1 to §4.4.6.
ATTRIBUTES: dict[int, AttributeRule] = {
    # The one M bit that is the sender's choice; wire.py wants it for messages of the RFC.
    0: AttributeRule("Message Type", 2, 2, _M, _CLEAR, mandatory_is_fixed=False),
    1: AttributeRule("Result Code", 2, MAX_VALUE, _M, _CLEAR),
    2: AttributeRule("Protocol Version", 2, 2, _M, _CLEAR, _version),
    3: AttributeRule("Framing Capabilities", 4, 4, _M, _H, _only(3)),
    4: AttributeRule("Bearer Capabilities", 4, 4, _M, _H, _only(3)),
    5: AttributeRule("Tie Breaker", 8, 8, _O, _CLEAR),
    6: AttributeRule("Firmware Revision", 2, 2, _O, _H),
    7: AttributeRule("Host Name", 1, MAX_VALUE, _M, _CLEAR, _name),
    8: AttributeRule("Vendor Name", 1, MAX_VALUE, _O, _H, _name),
    9: AttributeRule("Assigned Tunnel ID", 2, 2, _M, _H),
    10: AttributeRule("Receive Window Size", 2, 2, _M, _CLEAR, _not_zero),
    11: AttributeRule("Challenge", 1, MAX_VALUE, _M, _H),
    12: AttributeRule("Q.931 Cause Code", 3, MAX_VALUE, _M, _CLEAR),
    13: AttributeRule("Challenge Response", 16, 16, _M, _H),
    14: AttributeRule("Assigned Session ID", 2, 2, _M, _H),
    15: AttributeRule("Call Serial Number", 4, 4, _M, _H),
    16: AttributeRule("Minimum BPS", 4, 4, _M, _H),
    17: AttributeRule("Maximum BPS", 4, 4, _M, _H),
    18: AttributeRule("Bearer Type", 4, 4, _M, _H, _only(3)),
    19: AttributeRule("Framing Type", 4, 4, _M, _H, _only(3)),
    21: AttributeRule("Called Number", 0, MAX_VALUE, _M, _H),
    22: AttributeRule("Calling Number", 0, MAX_VALUE, _M, _H),
    23: AttributeRule("Sub-Address", 0, MAX_VALUE, _M, _H),
    24: AttributeRule("(Tx) Connect Speed", 4, 4, _M, _H),
    25: AttributeRule("Physical Channel ID", 4, 4, _O, _H),
    26: AttributeRule("Initial Received LCP CONFREQ", 0, MAX_VALUE, _O, _H),
    27: AttributeRule("Last Sent LCP CONFREQ", 0, MAX_VALUE, _O, _H),
    28: AttributeRule("Last Received LCP CONFREQ", 0, MAX_VALUE, _O, _H),
    29: AttributeRule("Proxy Authen Type", 2, 2, _O, _H),
    30: AttributeRule("Proxy Authen Name", 0, MAX_VALUE, _O, _H),
    31: AttributeRule("Proxy Authen Challenge", 0, MAX_VALUE, _O, _H),
    32: AttributeRule("Proxy Authen ID", 2, 2, _O, _H),
    33: AttributeRule("Proxy Authen Response", 0, MAX_VALUE, _O, _H),
    34: AttributeRule("Call Errors", 26, 26, _M, _H),
    35: AttributeRule("ACCM", 10, 10, _M, _H),
    36: AttributeRule("Random Vector", 1, MAX_VALUE, _M, _CLEAR),
    37: AttributeRule("Private Group ID", 0, MAX_VALUE, _O, _H),
    38: AttributeRule("Rx Connect Speed", 4, 4, _O, _H),
    39: AttributeRule("Sequencing Required", 0, 0, _M, _CLEAR),
}


@dataclass(frozen=True)
class MessageRule:
    """Which AVPs stand in a message besides Message Type, and what its header is about."""

    section: str
    for_tunnel: bool  # session id 0 (§3.1)
    must: frozenset[Attribute]
    may: frozenset[Attribute]


def _rule(
    section: str, for_tunnel: bool, must: tuple[Attribute, ...], may: tuple[Attribute, ...] = ()
) -> MessageRule:
    return MessageRule(section, for_tunnel, frozenset(must), frozenset(may))


_A = Attribute

# §6.1 to §6.14.
MESSAGES: dict[int, MessageRule] = {
    MessageType.SCCRQ: _rule(
        "6.1",
        True,
        (_A.PROTOCOL_VERSION, _A.HOST_NAME, _A.FRAMING_CAPABILITIES, _A.ASSIGNED_TUNNEL_ID),
        (
            _A.BEARER_CAPABILITIES,
            _A.RECEIVE_WINDOW_SIZE,
            _A.CHALLENGE,
            _A.TIE_BREAKER,
            _A.FIRMWARE_REVISION,
            _A.VENDOR_NAME,
        ),
    ),
    MessageType.SCCRP: _rule(
        "6.2",
        True,
        (_A.PROTOCOL_VERSION, _A.FRAMING_CAPABILITIES, _A.HOST_NAME, _A.ASSIGNED_TUNNEL_ID),
        (
            _A.BEARER_CAPABILITIES,
            _A.FIRMWARE_REVISION,
            _A.VENDOR_NAME,
            _A.RECEIVE_WINDOW_SIZE,
            _A.CHALLENGE,
            _A.CHALLENGE_RESPONSE,
        ),
    ),
    MessageType.SCCCN: _rule("6.3", True, (), (_A.CHALLENGE_RESPONSE,)),
    MessageType.STOP_CCN: _rule("6.4", True, (_A.ASSIGNED_TUNNEL_ID, _A.RESULT_CODE)),
    MessageType.HELLO: _rule("6.5", True, ()),
    MessageType.OCRQ: _rule(
        "6.9",
        False,
        (
            _A.ASSIGNED_SESSION_ID,
            _A.CALL_SERIAL_NUMBER,
            _A.MINIMUM_BPS,
            _A.MAXIMUM_BPS,
            _A.BEARER_TYPE,
            _A.FRAMING_TYPE,
            _A.CALLED_NUMBER,
        ),
        (_A.SUB_ADDRESS,),
    ),
    MessageType.OCRP: _rule("6.10", False, (_A.ASSIGNED_SESSION_ID,), (_A.PHYSICAL_CHANNEL_ID,)),
    MessageType.OCCN: _rule(
        "6.11",
        False,
        (_A.TX_CONNECT_SPEED, _A.FRAMING_TYPE),
        (_A.RX_CONNECT_SPEED, _A.SEQUENCING_REQUIRED),
    ),
    MessageType.ICRQ: _rule(
        "6.6",
        False,
        (_A.ASSIGNED_SESSION_ID, _A.CALL_SERIAL_NUMBER),
        (
            _A.BEARER_TYPE,
            _A.PHYSICAL_CHANNEL_ID,
            _A.CALLING_NUMBER,
            _A.CALLED_NUMBER,
            _A.SUB_ADDRESS,
        ),
    ),
    MessageType.ICRP: _rule("6.7", False, (_A.ASSIGNED_SESSION_ID,)),
    MessageType.ICCN: _rule(
        "6.8",
        False,
        (_A.TX_CONNECT_SPEED, _A.FRAMING_TYPE),
        (
            _A.INITIAL_RECEIVED_LCP_CONFREQ,
            _A.LAST_SENT_LCP_CONFREQ,
            _A.LAST_RECEIVED_LCP_CONFREQ,
            _A.PROXY_AUTHEN_TYPE,
            _A.PROXY_AUTHEN_NAME,
            _A.PROXY_AUTHEN_CHALLENGE,
            _A.PROXY_AUTHEN_ID,
            _A.PROXY_AUTHEN_RESPONSE,
            _A.PRIVATE_GROUP_ID,
            _A.RX_CONNECT_SPEED,
            _A.SEQUENCING_REQUIRED,
        ),
    ),
    MessageType.CDN: _rule(
        "6.12", False, (_A.RESULT_CODE, _A.ASSIGNED_SESSION_ID), (_A.Q931_CAUSE_CODE,)
    ),
    MessageType.WEN: _rule("6.13", False, (_A.CALL_ERRORS,)),
    MessageType.SLI: _rule("6.14", False, (_A.ACCM,)),
}
