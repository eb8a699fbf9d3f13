# SPDX-License-Identifier: GPL-2.0-or-later
"""A virtual PPP client in one session of a virtual LAC. Like that it does nothing by itself, but for the echoes that it
answers, and judges every frame that comes: Identifiers, copies, sizes, and what may come in which phase."""

import hashlib
import os
import random
import struct
import time
from collections.abc import Callable

from prober import mschap, ppp
from prober.peer import Call, Failure, Lac
from prober.ppp import ANSWERS, ChapCode, Code, Packet, PapCode, Protocol
from prober.tables import MessageType
from prober.wire import Violation, data, u32

METHODS = {
    "mschapv2": ppp.MSCHAPV2_VALUE,
    "chap": ppp.CHAP_VALUE,
    "pap": ppp.PAP_VALUE,
    "eap": ppp.EAP_VALUE,
}


class PppClient:
    """The client's end of one session."""

    def __init__(self, lac: Lac, call: Call, company: "list[PppClient]") -> None:
        """`company`: the clients of the same LAC, among whom this one takes its place."""
        self.lac, self.call, self.settings = lac, call, lac.settings
        self._company = company
        company.append(self)
        self.answers_echoes = True
        self.inbox: list[Packet] = []  # what nobody has taken yet
        self.mru = ppp.DEFAULT_MRU  # what we said that we take, and the server acknowledged
        self.magic = random.randrange(1, 1 << 32)
        self._identifier = random.randrange(256)
        self._read = 0  # frames of the LAC that were looked at
        self._posted: list[bytes] = []  # all frames of ours, from the Protocol field on
        self._asked: dict[tuple[int, int], bytes] = {}  # our Configure-Requests
        self._theirs: dict[tuple[int, int], bytes] = {}  # theirs
        self._answered: dict[tuple[int, int], int] = {}  # those that we answered, and copies since
        self._last: dict[int, Packet] = {}  # their last Configure-Request of each protocol
        self._lcp_agreed: set[str] = set()  # which sides' requests were acknowledged
        self._lcp_was_open = self._logged_in = False

    # -- out

    def post(self, raw: bytes) -> None:
        """Sends a frame, from the Protocol field on, as it is."""
        self._posted.append(raw)
        self.post_payload(ppp.ADDRESS_AND_CONTROL + raw)

    def post_payload(self, payload: bytes) -> None:
        """Sends the payload of a data message, of which no answer is expected."""
        tunnel, session = self.lac.state.theirs, self.call.theirs
        self.lac.post(data(payload, tunnel=tunnel, session=session))

    def fresh_identifier(self) -> int:
        self._identifier = (self._identifier + 1) & 0xFF
        return self._identifier

    def send(
        self,
        protocol: int,
        code: int,
        content: bytes = b"",
        identifier: int | None = None,
        padding: bytes = b"",
    ) -> int:
        """Sends a packet; gives its Identifier, a new one unless told."""
        number = self.fresh_identifier() if identifier is None else identifier
        if code == Code.CONFIGURE_REQUEST and protocol in (Protocol.LCP, Protocol.IPCP):
            self._asked[protocol, number] = content
            if protocol == Protocol.LCP:
                self._lcp_agreed.discard("ours")
        self.post(ppp.frame(protocol, ppp.packet(code, number, content) + padding))
        return number

    # -- in

    def pump(self, timeout: float) -> None:
        """Takes one datagram, if one comes in `timeout` seconds, for whichever client, and judges it. Raises Violation."""
        self.lac.pump(timeout)
        for client in self._company:
            client._read_frames()

    def _read_frames(self) -> None:
        while self._read < len(self.lac.frames):
            message = self.lac.frames[self._read]
            self._read += 1
            if message.session == self.call.ours:
                self._take(ppp.decode(message.payload))

    def _take(self, one: Packet) -> None:
        if len(one.raw) - 2 > self.mru:
            raise Violation(
                "RFC 1661 §6.1", f"{len(one.raw) - 2} octets, our MRU is {self.mru}: {one}"
            )
        if one.protocol != Protocol.LCP and not self._lcp_was_open:
            raise Violation("RFC 1661 §3.4", f"before LCP is open: {one}")
        if one.protocol in (Protocol.IPCP, Protocol.IPV4) and not self._logged_in:
            raise Violation("RFC 1661 §3.5", f"before the login: {one}")
        if one.protocol in (Protocol.LCP, Protocol.IPCP):
            self._take_control(one)
        elif one.protocol != Protocol.IPV4:
            identifiers = {raw[3] for raw in self._posted if raw[:2] == one.raw[:2]}
            ppp.check_authentication(one, identifiers)
            ends_well = (Protocol.PAP, PapCode.ACK), (Protocol.CHAP, ChapCode.SUCCESS)
            self._logged_in = self._logged_in or (one.protocol, one.code) in ends_well
        if self.answers_echoes and (one.protocol, one.code) == (Protocol.LCP, Code.ECHO_REQUEST):
            self.send(Protocol.LCP, Code.ECHO_REPLY, u32(self.magic), one.identifier)
        elif not self._is_old(one):
            self.inbox.append(one)

    def _is_old(self, one: Packet) -> bool:
        """A Configure-Request that we have answered: the server had sent it again by then."""
        negotiates = one.protocol in (Protocol.LCP, Protocol.IPCP)
        asks = negotiates and one.code == Code.CONFIGURE_REQUEST
        return asks and (one.protocol, one.identifier) in self._answered

    def _take_control(self, one: Packet) -> None:
        if one.code == Code.CONFIGURE_REQUEST:
            self._take_request(one)
        elif one.code in ANSWERS:
            asked = self._asked.get((one.protocol, one.identifier))
            if asked is None:
                raise Violation("RFC 1661 §5.2", f"{one} answers nothing of ours")
            ppp.check_answer(one, asked)
            if (one.protocol, one.code) == (Protocol.LCP, Code.CONFIGURE_ACK):
                self.mru = int.from_bytes(ppp.value_of(asked, ppp.MRU) or b"\x05\xdc", "big")
                self._agree("ours")
                self._logged_in = False  # LCP has left Opened, if it was there
        elif one.code == Code.TERMINATE_ACK:
            if not any(raw[:2] == one.raw[:2] and raw[3] == one.identifier for raw in self._posted):
                raise Violation("RFC 1661 §5.5", f"{one} answers nothing of ours")
        elif one.code == Code.CODE_REJECT:
            self._check_copy(
                one, [raw[2:] for raw in self._posted if raw[:2] == one.raw[:2]], one.data
            )
        elif one.code in (Code.PROTOCOL_REJECT, Code.ECHO_REQUEST, Code.ECHO_REPLY):
            self._take_of_lcp(one)
        elif one.code != Code.TERMINATE_REQUEST:
            raise Violation("RFC 1661 §5", f"a code that is not needed: {one}")

    def _take_of_lcp(self, one: Packet) -> None:
        if one.protocol != Protocol.LCP or not self._lcp_was_open:
            raise Violation("RFC 1661 §5.7", f"LCP is not open, or it is not LCP: {one}")
        if one.code == Code.PROTOCOL_REJECT:
            self._check_copy(one, self._posted, one.data)
            return
        asked = ppp.value_of(self._last[Protocol.LCP].data, ppp.MAGIC)
        if one.data[:4] != (asked or bytes(4)):
            raise Violation("RFC 1661 §5.8", f"not its Magic-Number: {one}")
        if one.code == Code.ECHO_REPLY:
            sent = [
                raw[10:]
                for raw in self._posted
                if raw[:4] == ppp.frame(Protocol.LCP, bytes([Code.ECHO_REQUEST, one.identifier]))
            ]
            self._check_copy(one, sent, one.data[4:])

    def _check_copy(self, one: Packet, originals: list[bytes], copy: bytes) -> None:
        """`copy` is one of `originals`, or begins one and fills our MRU (RFC 1661 §5.6 to §5.8)."""
        full = len(one.raw) - 2 == self.mru
        if not any(copy == whole or (full and whole.startswith(copy)) for whole in originals):
            raise Violation("RFC 1661 §5.6", f"a copy of nothing that we sent: {one}")

    def _take_request(self, request: Packet) -> None:
        ppp.check_request(request)
        key = (request.protocol, request.identifier)
        known = self._theirs.setdefault(key, request.data)
        if known != request.data:
            raise Violation("RFC 1661 §5.1", f"other options under the same Identifier: {request}")
        if key in self._answered:
            self._answered[key] += 1
        if self._answered.get(key, 0) > 1:  # one may have been on its way when we answered
            raise Violation("RFC 1661 §5.1", f"asked again although it was answered: {request}")
        self._last[request.protocol] = request

    def _agree(self, side: str) -> None:
        self._lcp_agreed.add(side)
        self._lcp_was_open = self._lcp_was_open or self._lcp_agreed == {"ours", "theirs"}

    # -- waiting

    def listen_for(self, probe: Callable[[], bool], timeout: float) -> bool:
        """Receives until `probe` is true, but no longer than `timeout` seconds; gives whether it is."""
        deadline = time.monotonic() + timeout
        while not probe() and (left := deadline - time.monotonic()) > 0:
            self.pump(left)
        return probe()

    def wait(self, what: str, probe: Callable[[], bool], timeout: float | None = None) -> None:
        """Receives until `probe` is true, which it must become."""
        if not self.listen_for(probe, self.settings.answer if timeout is None else timeout):
            last = self.lac.trace[-1] if self.lac.trace else "nothing at all"
            raise Failure(what, f"{[str(one) for one in self.inbox[-3:]]}, last {last}")

    def listen(self, seconds: float | None = None) -> None:
        """Receives for this long, whatever comes."""
        self.listen_for(lambda: False, self.settings.quiet if seconds is None else seconds)

    def expect(
        self,
        protocol: Protocol,
        *codes: int,
        identifier: int | None = None,
        timeout: float | None = None,
    ) -> Packet:
        """The first packet of `protocol` with one of `codes`; what came before it stays in the inbox."""

        def find() -> Packet | None:
            for one in self.inbox:
                right = one.protocol == protocol and one.code in codes
                if right and identifier in (None, one.identifier):
                    return one
            return None

        of = "" if identifier is None else f" {identifier}"
        self.wait(f"{protocol.name} code {codes}{of}", lambda: find() is not None, timeout)
        found = find()
        assert found is not None
        self.inbox.remove(found)
        return found

    def expect_none(self, why: str, *unwanted: tuple[Protocol, int]) -> None:
        """Nothing of `unwanted` (protocol and code; none: nothing at all) comes for a while."""
        self.listen()
        for one in self.inbox:
            if not unwanted or (one.protocol, one.code) in unwanted:
                raise Failure(f"none: {why}", str(one))

    def expect_cdn(
        self, *results: int, error: int | None = None, timeout: float | None = None
    ) -> None:
        """The server ends the call, with one of `results` (any when none is named) and `error`, if that is told."""
        limit = self.settings.answer if timeout is None else timeout
        self.wait("CDN", lambda: any(m.kind == MessageType.CDN for m in self.lac.inbox), limit)
        cdn = self.lac.expect(MessageType.CDN)
        if results and cdn.result[0] not in results:
            raise Failure(f"CDN result {results}", str(cdn))
        if error is not None and cdn.result[1] != error:
            raise Failure(f"CDN error {error}", str(cdn))
        self.lac.state.calls.pop(self.call.ours, None)

    def expect_lives(self) -> None:
        """LCP is open and answers."""
        number = self.send(Protocol.LCP, Code.ECHO_REQUEST, u32(self.magic) + b"alive?")
        self.expect(Protocol.LCP, Code.ECHO_REPLY, identifier=number)

    # -- a link's life

    def ask(self, protocol: Protocol, options: bytes) -> Packet:
        """Sends a Configure-Request; gives the answer."""
        number = self.send(protocol, Code.CONFIGURE_REQUEST, options)
        return self.expect(protocol, *ANSWERS, identifier=number)

    def expect_answer(self, protocol: Protocol, options: bytes, code: Code, said: bytes) -> None:
        """Asks for `options`, and gets a `code` that says `said`."""
        answer = self.ask(protocol, options)
        if (answer.code, answer.data) != (code, said):
            raise Failure(f"{code.name} {said.hex()} to {options.hex()}", str(answer))

    def request(self, protocol: Protocol = Protocol.LCP, timeout: float | None = None) -> Packet:
        """Their next Configure-Request."""
        return self.expect(protocol, Code.CONFIGURE_REQUEST, timeout=timeout)

    def answer(self, request: Packet, code: Code, options: bytes | None = None) -> None:
        """Answers their Configure-Request: with its own options, unless told."""
        said = request.data if options is None else options
        if request.protocol == Protocol.LCP and code == Code.CONFIGURE_ACK:
            self._agree("theirs")
        self._answered.setdefault((request.protocol, request.identifier), 0)
        self.inbox = [one for one in self.inbox if not self._is_old(one)]
        self.send(request.protocol, code, said, request.identifier)

    def grant(self, method: str | None = None) -> Packet:
        """Acknowledges LCP's next Configure-Request, once it demands `method` (None: any)."""
        request = self.request()
        for _ in range(4):
            wanted = METHODS[method] if method else None
            if wanted in (None, ppp.value_of(request.data, ppp.AUTHENTICATION)):
                break
            assert wanted is not None
            self.answer(request, Code.CONFIGURE_NAK, ppp.option(ppp.AUTHENTICATION, wanted))
            request = self.request()
        self.answer(request, Code.CONFIGURE_ACK)
        return request

    def open_lcp(self, options: bytes = b"", method: str | None = None) -> Packet:
        """Both Configure-Requests; gives theirs."""
        granted = self.grant(method)
        self.get(Protocol.LCP, options)
        return granted

    def get(self, protocol: Protocol, options: bytes) -> None:
        """Asks for `options` and has them acknowledged."""
        answer = self.ask(protocol, options)
        if answer.code != Code.CONFIGURE_ACK:
            raise Failure(f"Configure-Ack to {options.hex()}", str(answer))

    def respond(
        self,
        challenge: Packet,
        user: bytes,
        password: str,
        method: str,
        identifier: int | None = None,
    ) -> bytes:
        """Sends the Response to a Challenge; gives the frame."""
        size = challenge.data[0]
        value = challenge.data[1 : 1 + size]
        number = challenge.identifier if identifier is None else identifier
        if method == "chap":
            digest = hashlib.md5(bytes([number]) + password.encode() + value).digest()
            content = bytes([16]) + digest + user
        else:
            peer = os.urandom(16)
            response = mschap.nt_response(value, peer, user, password)
            self.proof = mschap.authenticator_response(value, peer, user, password, response)
            content = bytes([49]) + peer + bytes(8) + response + b"\0" + user
        self.send(Protocol.CHAP, ChapCode.RESPONSE, content, number)
        return self._posted[-1]

    def send_pap(self, user: bytes, password: bytes, identifier: int | None = None) -> int:
        """PAP's Authenticate-Request; gives its Identifier."""
        words = bytes([len(user)]) + user + bytes([len(password)]) + password
        return self.send(Protocol.PAP, PapCode.REQUEST, words, identifier)

    def log_in(self, user: str, password: str, method: str) -> Packet:
        """A login that succeeds; gives the last packet of it."""
        if method == "pap":
            number = self.send_pap(user.encode(), password.encode())
            return self.expect(Protocol.PAP, PapCode.ACK, identifier=number)
        challenge = self.expect(Protocol.CHAP, ChapCode.CHALLENGE)
        self.respond(challenge, user.encode(), password, method)
        return self.expect(Protocol.CHAP, ChapCode.SUCCESS, identifier=challenge.identifier)

    def open_ipcp(self) -> bytes:
        """Asks for an address as one that has none; gives it."""
        self.answer(self.request(Protocol.IPCP), Code.CONFIGURE_ACK)
        answer = self.ask(Protocol.IPCP, ppp.option(ppp.ADDRESS, bytes(4)))
        address = ppp.value_of(answer.data, ppp.ADDRESS)
        if answer.code != Code.CONFIGURE_NAK or address is None:
            raise Failure("a Configure-Nak with an address", str(answer))
        self.get(Protocol.IPCP, ppp.option(ppp.ADDRESS, address))
        return address

    def connect(self, user: str, password: str, method: str = "pap", options: bytes = b"") -> bytes:
        """From nothing to an address; gives it. `options`: of LCP."""
        self.open_lcp(options, method)
        self.log_in(user, password, method)
        return self.open_ipcp()

    def hang_up(self) -> None:
        """Terminate-Request, its Ack, and the end of the call."""
        number = self.send(Protocol.LCP, Code.TERMINATE_REQUEST, b"User request")
        self.expect(Protocol.LCP, Code.TERMINATE_ACK, identifier=number)
        self.expect_cdn()

    # -- traffic

    def server_address(self) -> bytes:
        """The address that the server says it has."""
        return ppp.value_of(self._last[Protocol.IPCP].data, ppp.ADDRESS) or bytes(4)

    def expect_pong(self, ours: bytes, size: int = 56) -> None:
        """The server answers a ping from the address `ours` (RFC 792), in fragments if it must.

        What comes before the server has its interface ready is lost, so we ask each second.
        """
        token = os.urandom(8)
        ping = ppp.frame(Protocol.IPV4, echo_request(ours, self.server_address(), token, size))
        deadline = time.monotonic() + self.settings.answer
        while time.monotonic() < deadline:
            self.post(ping)
            if self.listen_for(lambda: self._has_pong(token), 1.0):
                return
        raise Failure(f"an ICMP echo reply to {ppp.ip(ours)}", f"{self.inbox[-3:]}")

    def _has_pong(self, token: bytes) -> bool:
        return any(
            one.protocol == Protocol.IPV4 and one.data[20:21] == b"\0" and token in one.data
            for one in self.inbox
        )


def _checksum(octets: bytes) -> int:
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def echo_request(source: bytes, target: bytes, token: bytes, size: int) -> bytes:
    """An IPv4 packet with an ICMP Echo (RFC 792) of `size` octets, an even number, that begin with `token`."""
    words = token.ljust(size, b"p")
    icmp = struct.pack("!BBHHH", 8, 0, 0, 1, 1) + words
    icmp = icmp[:2] + struct.pack("!H", _checksum(icmp)) + icmp[4:]
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(icmp), 1, 0, 64, 1, 0) + source + target
    return header[:10] + struct.pack("!H", _checksum(header)) + header[12:] + icmp
