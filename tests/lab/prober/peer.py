# SPDX-License-Identifier: GPL-2.0-or-later
"""A virtual LAC: one UDP socket, one tunnel at a time, and eyes on every octet that comes back.

It does nothing by itself except acknowledge what it receives, and that can be switched off. What comes in is checked
against the state of the tunnel: addresses, ids, sequence numbers, windows, retransmissions.
"""

import contextlib
import dataclasses
import os
import random
import select
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from prober.tables import Attribute, MessageType
from prober.wire import (
    PROTOCOL_VERSION,
    Control,
    Data,
    Violation,
    avp,
    control,
    data,
    decode,
    message_type,
    name_of,
    u16,
    u32,
)

_SO_TIMESTAMPNS = 35  # linux/asm-generic/socket.h; its control message is of the same type
_HALF = 0x8000  # of the sequence numbers: what is before and what is behind (RFC 2661 §5.8)
# Answers that the next message acknowledges; everything else is acknowledged at once.
_ACKNOWLEDGED_BY_NEXT = (MessageType.SCCRP, MessageType.ICRP)

Changes = dict[Attribute, bytes | None]


class Failure(Exception):
    """The implementation did something else than it should have."""

    def __init__(self, expected: str, seen: str) -> None:
        super().__init__(f"expected {expected}; seen {seen}")
        self.expected, self.seen = expected, seen


@dataclass(frozen=True)
class Settings:
    """Whom to probe, and how long to wait for it."""

    server: str
    port: int = 1701
    patience: float = 1.0  # how many times slower than on a network of today everything may be
    secret: bytes = b""  # the tunnel secret for peers without one of their own
    hello_interval: float = 60.0  # as the server is configured
    second_source: str = ""  # another address of ours, for what depends on the address

    @property
    def at_once(self) -> float:
        """Within this an answer comes that waits for nothing, in seconds: RFC 2661 §5.8's retransmission time."""
        return 1.0 * self.patience

    @property
    def answer(self) -> float:
        """Within this an answer comes for which something must be made first, in seconds."""
        return 5.0 * self.patience

    @property
    def quiet(self) -> float:
        """So long we listen, in seconds, before we believe that there is no answer."""
        return 2.0


@dataclass(frozen=True)
class Call:
    """A session: our id and the peer's, 0 while it has none."""

    ours: int
    theirs: int = 0


@dataclass
class _State:
    """A control connection as we see it."""

    ours: int
    theirs: int = 0
    ns: int = 0  # of the next message that we send
    nr: int = 0  # of the next message that we expect
    acknowledged: int = 0  # the highest Nr that came
    told: int = 0  # the last Nr that we sent
    received: dict[int, bytes] = field(default_factory=dict)  # messages by Ns, to compare copies
    calls: dict[int, Call] = field(default_factory=dict)  # by our id
    stopped: bool = False  # a StopCCN went either way


def behind(a: int, b: int) -> bool:
    """Whether the number a comes before b (§5.8)."""
    return (a - b) & 0xFFFF >= _HALF


class Lac:
    """One socket and its tunnel."""

    def __init__(
        self,
        settings: Settings,
        *,
        source: str = "",
        source_port: int = 0,
        host_name: bytes = b"prober",
        secret: bytes | None = None,
        window: int = 8,
    ) -> None:
        """`secret`: taken for hidden AVPs that come in."""
        self.settings = settings
        self.host_name, self.window, self._secret = host_name, window, secret
        self.acknowledges = True
        self.inbox: list[Control] = []  # new messages that nobody has taken yet; no ZLB, no HELLO
        self.copies: list[Control] = []  # retransmissions that came
        self.hellos: list[Control] = []
        self.zlbs: list[Control] = []
        self.frames: list[Data] = []
        self.trace: list[str] = []
        # Ids of tunnels and sessions that this socket had: their last words may be on the way.
        self._former: set[int] = set()
        self._former_sessions: set[int] = set()
        self._reborn = False
        self._began = time.time()
        family = socket.AF_INET6 if ":" in settings.server else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        # A port is shared on purpose only: with SO_REUSEADDR the kernel gives out one that another LAC has.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(source_port != 0))
        self._socket.bind((source, source_port))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._server = (settings.server, settings.port)
        self.state = _State(self._fresh_id())

    # -- ids

    def _fresh_id(self) -> int:
        return random.randrange(1, 0x10000)

    @property
    def tunnel(self) -> int:
        """Our tunnel id."""
        return self.state.ours

    @property
    def source_port(self) -> int:
        return int(self._socket.getsockname()[1])

    def begin_again(self, tunnel: int | None = None) -> None:
        """Forgets the tunnel without a word, as a client that crashed; the next has the id `tunnel` or a new one."""
        self._former.add(self.state.ours)
        self._former_sessions |= set(self.state.calls)
        self._reborn = tunnel == self.state.ours
        self.state = _State(self._fresh_id() if tunnel is None else tunnel)
        self.inbox.clear()
        self.copies.clear()

    # -- out

    def post(self, datagram: bytes) -> None:
        """Sends octets as they are."""
        self.trace.append(f"{time.time() - self._began:.2f} -> {self._tell(datagram)}")
        self._socket.sendto(datagram, self._server)

    def _tell(self, datagram: bytes) -> str:
        if len(datagram) >= 20 and datagram[0] & 0x80:
            tunnel, session, ns, nr = struct.unpack("!HHHH", datagram[4:12])
            kind = int.from_bytes(datagram[18:20], "big")
            return f"{name_of(kind)} tunnel {tunnel} session {session} Ns {ns} Nr {nr}"
        return f"{len(datagram)} octets {datagram[:14].hex()}"

    def message(
        self, avps: bytes, *, session: int = 0, ns: int | None = None, nr: int | None = None
    ) -> bytes:
        """A message of this tunnel, numbered as its next unless told; not sent."""
        state = self.state
        return control(
            avps,
            tunnel=state.theirs,
            session=session,
            ns=state.ns if ns is None else ns,
            nr=state.nr if nr is None else nr,
        )

    def send(self, avps: bytes, *, session: int = 0) -> bytes:
        """Sends the next message of the tunnel; gives its octets, to send them again.

        A LAC that does not acknowledge does not do it this way either.
        """
        if self.acknowledges:
            self.state.told = self.state.nr
        datagram = self.message(avps, session=session, nr=self.state.told)
        self.state.ns = (self.state.ns + 1) & 0xFFFF
        self.post(datagram)
        return datagram

    def acknowledge(self) -> None:
        """A ZLB."""
        self.state.told = self.state.nr
        self.post(self.message(b""))

    # -- in

    def pump(self, timeout: float) -> bool:
        """Takes one datagram, waiting up to `timeout` seconds. Gives whether one came. Raises Violation."""
        ready, _, _ = select.select([self._socket], [], [], max(0.0, timeout))
        if not ready:
            return False
        datagram, ancillary, _, address = self._socket.recvmsg(65535, 128)
        if address[:2] != self._server:
            raise Violation("8.1", f"an answer from {address[0]} port {address[1]}")
        message = decode(datagram, self._secret)
        at = self._kernel_time(ancillary)
        self.trace.append(f"{at - self._began:.2f} <- {message}")
        if message.tunnel != self.state.ours and message.tunnel in self._former:
            return True
        if message.tunnel != self.state.ours:
            raise Violation("3.1", f"to tunnel {message.tunnel}, while ours is {self.state.ours}")
        if self._reborn and not _is_sccrp(message):
            return True  # to the former tunnel of this id, which the server may still believe in
        self._reborn = False
        if isinstance(message, Data):
            self._take_data(message)
        else:
            self._take_control(dataclasses.replace(message, at=at))
        return True

    def _kernel_time(self, ancillary: list[tuple[int, int, bytes]]) -> float:
        for _level, kind, octets in ancillary:
            if kind == _SO_TIMESTAMPNS:
                seconds, nanoseconds = struct.unpack("@qq", octets[:16])
                return float(seconds + nanoseconds / 1e9)
        return time.time()

    def _take_data(self, message: Data) -> None:
        if message.session in self.state.calls:
            self.frames.append(message)
        elif message.session not in self._former_sessions:
            raise Violation("3.1", f"data to session {message.session}, which is none of ours")

    def _take_control(self, message: Control) -> None:
        state = self.state
        if behind(state.ns, message.nr):
            raise Violation("5.8", f"{message} acknowledges more than the {state.ns} that we sent")
        if behind(message.nr, state.acknowledged):
            raise Violation("5.8", f"{message}: Nr was {state.acknowledged} before")
        state.acknowledged = message.nr
        if behind(state.nr, message.ns):
            raise Violation("5.8", f"{message}: Ns {state.nr} was left out")
        if message.is_zlb:
            if message.ns != state.nr:
                raise Violation("5.8", f"{message} with Ns {message.ns}, the next is {state.nr}")
            if message.session != 0:
                raise Violation("3.1", f"a ZLB to session {message.session}")
            self.zlbs.append(message)
            return
        copy = message.ns != state.nr
        if copy:
            self._check_copy(message)
            self.copies.append(message)
        else:
            self._check_new(message)
            state.received[message.ns] = message.raw
            state.nr = (state.nr + 1) & 0xFFFF
        if self.acknowledges and (copy or message.kind not in _ACKNOWLEDGED_BY_NEXT):
            self.acknowledge()

    def _check_copy(self, message: Control) -> None:
        first = self.state.received.get(message.ns)
        # "The retransmitted message contains the same Ns value, but the Nr value MUST be updated": octets 10 and 11.
        if first is None or (first[:10], first[12:]) != (message.raw[:10], message.raw[12:]):
            raise Violation("5.8", f"{message} differs from the message that had its Ns first")

    def _check_new(self, message: Control) -> None:
        state = self.state
        if (message.ns - state.told) & 0xFFFF >= self.window:
            raise Violation("5.8", f"{message}: more outstanding than our window of {self.window}")
        if message.kind == MessageType.STOP_CCN:
            state.stopped = True
            theirs = message.number(Attribute.ASSIGNED_TUNNEL_ID)
            if state.theirs and theirs != state.theirs:
                raise Violation("4.4.3", f"StopCCN of tunnel {theirs}, SCCRP said {state.theirs}")
        elif message.session and message.session not in state.calls:
            raise Violation("3.1", f"{message}: none of our sessions")
        if message.kind == MessageType.CDN and message.session:
            call = state.calls[message.session]
            theirs = message.number(Attribute.ASSIGNED_SESSION_ID)
            if call.theirs and theirs != call.theirs:
                raise Violation("4.4.4", f"CDN of session {theirs}, ICRP said {call.theirs}")
        (self.hellos if message.kind == MessageType.HELLO else self.inbox).append(message)

    def wait(self, what: str, probe: Callable[[], bool], timeout: float) -> None:
        """Receives until `probe` is true."""
        deadline = time.monotonic() + timeout
        while not probe():
            left = deadline - time.monotonic()
            if left <= 0 or not self.pump(left):
                if not probe():
                    raise Failure(what, self._last_seen())
                return

    def _last_seen(self) -> str:
        if self.inbox:
            return str(self.inbox[0])
        return "no such thing, last " + (self.trace[-1] if self.trace else "nothing at all")

    def expect(self, *kinds: MessageType, timeout: float | None = None) -> Control:
        """The next message, which must be of one of `kinds`."""
        names = " or ".join(kind.name for kind in kinds)
        limit = self.settings.answer if timeout is None else timeout
        self.wait(names, lambda: bool(self.inbox), limit)
        message = self.inbox.pop(0)
        if message.kind not in kinds:
            raise Failure(names, str(message))
        return message

    def listen(self, seconds: float) -> None:
        """Receives for this long, whatever comes."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.pump(left)

    def expect_silence(self, why: str, seconds: float | None = None) -> None:
        """Nothing comes but acknowledgements, copies and HELLOs."""
        self.listen(self.settings.quiet if seconds is None else seconds)
        if self.inbox:
            raise Failure(f"no answer: {why}", str(self.inbox[0]))

    def expect_no(self, kind: MessageType, why: str) -> None:
        """No message of this kind comes; what else comes is left in the inbox."""
        self.listen(self.settings.quiet)
        for message in self.inbox:
            if message.kind == kind:
                raise Failure(f"no {kind.name}: {why}", str(message))

    def raw_answers(self, seconds: float) -> list[bytes]:
        """All datagrams of this time, unread."""
        answers, deadline = [], time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if select.select([self._socket], [], [], left)[0]:
                answers.append(self._socket.recv(65535))
        return answers

    def expect_nothing_at_all(self, why: str) -> None:
        """Not one datagram comes."""
        if self.pump(self.settings.quiet):
            raise Failure(f"silence: {why}", self.trace[-1])

    def wait_acknowledged(self, timeout: float | None = None) -> None:
        """Until all that we sent is acknowledged; at once, unless told."""
        limit = self.settings.at_once if timeout is None else timeout
        state = self.state
        self.wait(
            f"an acknowledgement: Nr {state.ns}", lambda: state.acknowledged == state.ns, limit
        )

    # -- a tunnel's life

    def sccrq(self, changes: Changes | None = None, extra: bytes = b"") -> bytes:
        """The AVPs of an SCCRQ with `changes`: an AVP to replace one, None to leave it out."""
        parts: Changes = {
            Attribute.MESSAGE_TYPE: message_type(MessageType.SCCRQ),
            Attribute.PROTOCOL_VERSION: avp(Attribute.PROTOCOL_VERSION, u16(PROTOCOL_VERSION)),
            Attribute.FRAMING_CAPABILITIES: avp(Attribute.FRAMING_CAPABILITIES, u32(3)),
            Attribute.HOST_NAME: avp(Attribute.HOST_NAME, self.host_name),
            Attribute.ASSIGNED_TUNNEL_ID: avp(Attribute.ASSIGNED_TUNNEL_ID, u16(self.tunnel)),
            Attribute.RECEIVE_WINDOW_SIZE: avp(Attribute.RECEIVE_WINDOW_SIZE, u16(self.window)),
        }
        return _joined(parts, changes) + extra

    def start(self, changes: Changes | None = None, extra: bytes = b"") -> bytes:
        """Sends an SCCRQ; gives its octets."""
        return self.send(self.sccrq(changes, extra))

    def expect_sccrp(self, timeout: float | None = None) -> Control:
        reply = self.expect(MessageType.SCCRP, timeout=timeout)
        if reply.nr != 1 or reply.ns != 0:
            raise Violation("5.8", f"{reply}: its Ns is 0, its Nr 1")
        self.state.theirs = reply.number(Attribute.ASSIGNED_TUNNEL_ID)
        return reply

    def connect(self, extra: bytes = b"") -> bytes:
        """SCCCN, acknowledged; gives its octets."""
        datagram = self.send(message_type(MessageType.SCCCN) + extra)
        self.wait_acknowledged()
        return datagram

    def open(self, changes: Changes | None = None, extra: bytes = b"") -> Control:
        """From SCCRQ to an established tunnel; gives the SCCRP."""
        self.start(changes, extra)
        reply = self.expect_sccrp()
        self.connect()
        return reply

    def hello(self) -> None:
        """A HELLO that is acknowledged: the tunnel lives."""
        self.send(message_type(MessageType.HELLO))
        self.wait_acknowledged(self.settings.answer)
        if self.state.stopped:
            raise Failure("a tunnel that lives", self._last_seen())

    def stop_ccn(self, result: bytes = b"\0\1", tunnel: int | None = None) -> bytes:
        """Sends StopCCN; gives its octets."""
        assigned = avp(Attribute.ASSIGNED_TUNNEL_ID, u16(self.tunnel if tunnel is None else tunnel))
        self.state.stopped = True
        return self.send(
            message_type(MessageType.STOP_CCN) + assigned + avp(Attribute.RESULT_CODE, result)
        )

    def expect_stop_ccn(
        self, result: int, *errors: int | None, text: str = "", timeout: float | None = None
    ) -> Control:
        """A StopCCN with this result, one of `errors` (any when none is named), and `text` in its message."""
        stop = self.expect(MessageType.STOP_CCN, timeout=timeout)
        _check_result(stop, f"StopCCN result {result}", result, errors, text)
        return stop

    # -- calls

    def icrq(self, changes: Changes | None = None, extra: bytes = b"", ours: int = 0) -> Call:
        """Sends an ICRQ."""
        call = Call(ours or self._fresh_id())
        parts: Changes = {
            Attribute.MESSAGE_TYPE: message_type(MessageType.ICRQ),
            Attribute.ASSIGNED_SESSION_ID: avp(Attribute.ASSIGNED_SESSION_ID, u16(call.ours)),
            Attribute.CALL_SERIAL_NUMBER: avp(Attribute.CALL_SERIAL_NUMBER, os.urandom(4)),
        }
        self.state.calls.setdefault(call.ours, call)
        self.send(_joined(parts, changes) + extra)
        return call

    def expect_icrp(self, call: Call, timeout: float | None = None) -> Call:
        reply = self.expect(MessageType.ICRP, timeout=timeout)
        if reply.session != call.ours:
            raise Failure(f"ICRP to session {call.ours}", str(reply))
        answered = Call(call.ours, reply.number(Attribute.ASSIGNED_SESSION_ID))
        self.state.calls[call.ours] = answered
        return answered

    def ocrq(self, changes: Changes | None = None, extra: bytes = b"") -> Call:
        """Sends an OCRQ, as an LNS."""
        call = Call(self._fresh_id())
        parts: Changes = {
            Attribute.MESSAGE_TYPE: message_type(MessageType.OCRQ),
            Attribute.ASSIGNED_SESSION_ID: avp(Attribute.ASSIGNED_SESSION_ID, u16(call.ours)),
            Attribute.CALL_SERIAL_NUMBER: avp(Attribute.CALL_SERIAL_NUMBER, os.urandom(4)),
            Attribute.MINIMUM_BPS: avp(Attribute.MINIMUM_BPS, u32(1)),
            Attribute.MAXIMUM_BPS: avp(Attribute.MAXIMUM_BPS, u32(10**6)),
            Attribute.BEARER_TYPE: avp(Attribute.BEARER_TYPE, u32(1)),
            Attribute.FRAMING_TYPE: avp(Attribute.FRAMING_TYPE, u32(1)),
            Attribute.CALLED_NUMBER: avp(Attribute.CALLED_NUMBER, b"5550100"),
        }
        self.state.calls[call.ours] = call
        self.send(_joined(parts, changes) + extra)
        return call

    def expect_ocrp(self, call: Call) -> Call:
        reply = self.expect(MessageType.OCRP)
        if reply.session != call.ours:
            raise Failure(f"OCRP to session {call.ours}", str(reply))
        answered = Call(call.ours, reply.number(Attribute.ASSIGNED_SESSION_ID))
        self.state.calls[call.ours] = answered
        return answered

    def connect_call(self, call: Call, changes: Changes | None = None, extra: bytes = b"") -> None:
        """ICCN, acknowledged."""
        self.iccn(call, changes, extra)
        self.wait_acknowledged(self.settings.answer)

    def iccn(self, call: Call, changes: Changes | None = None, extra: bytes = b"") -> bytes:
        """Sends ICCN; gives its octets."""
        parts: Changes = {
            Attribute.MESSAGE_TYPE: message_type(MessageType.ICCN),
            Attribute.TX_CONNECT_SPEED: avp(Attribute.TX_CONNECT_SPEED, u32(100_000_000)),
            Attribute.FRAMING_TYPE: avp(Attribute.FRAMING_TYPE, u32(1)),
        }
        return self.send(_joined(parts, changes) + extra, session=call.theirs)

    def call(self, changes: Changes | None = None, extra: bytes = b"") -> Call:
        """From ICRQ to an established session."""
        call = self.expect_icrp(self.icrq(changes, extra))
        self.connect_call(call)
        return call

    def cdn(self, call: Call, result: bytes = b"\0\3") -> bytes:
        """Sends CDN; gives its octets."""
        return self.send(
            message_type(MessageType.CDN)
            + avp(Attribute.RESULT_CODE, result)
            + avp(Attribute.ASSIGNED_SESSION_ID, u16(call.ours)),
            session=call.theirs,
        )

    def expect_cdn(self, call: Call, result: int, *errors: int | None, text: str = "") -> Control:
        """A CDN for the call with this result, one of `errors` (any when none is named), and `text` in its message."""
        cdn = self.expect(MessageType.CDN)
        if cdn.session != call.ours:
            raise Failure(f"CDN to session {call.ours}", str(cdn))
        _check_result(cdn, f"CDN result {result}", result, errors, text)
        self.state.calls.pop(call.ours, None)
        return cdn

    def expect_call_works(self, call: Call, **header: object) -> None:
        """Asks for LCP's opinion through the session's data path: a Configure-Request is answered (RFC 1661 §5)."""
        if not self.lcp_answers(call, self.settings.answer, **header):
            raise Failure(f"LCP's answer in session {call.ours} ({header})", "none")

    def lcp_answers(self, call: Call, timeout: float, **header: object) -> bool:
        """Whether an LCP Configure-Request in a data message with these optional fields is answered."""
        identifier = random.randrange(1, 256)
        request = b"\xff\x03\xc0\x21\x01" + bytes([identifier]) + b"\x00\x04"
        before = len(self.frames)
        self.post(data(request, tunnel=self.state.theirs, session=call.theirs, **header))  # type: ignore[arg-type]

        def answered() -> bool:
            return any(_is_answer(frame, call, identifier) for frame in self.frames[before:])

        try:
            self.wait("an answer of LCP", answered, timeout)
        except Failure:
            return False
        return True

    # -- the end

    def say_goodbye(self) -> None:
        """Sends StopCCN if there is anybody to send it to. Never fails: the check is over."""
        with contextlib.suppress(OSError):
            if self.state.theirs and not self.state.stopped:
                self.acknowledges = True
                self.stop_ccn()

    def close(self, deadline: float) -> None:
        """Waits for the goodbye to be acknowledged, until `deadline` of the monotonic clock, and goes."""
        with contextlib.suppress(Failure, Violation, OSError):
            if self.state.theirs:
                self.wait_acknowledged(deadline - time.monotonic())
        self._socket.close()


def _is_sccrp(message: Control | Data) -> bool:
    return isinstance(message, Control) and message.kind == MessageType.SCCRP


def _joined(parts: Changes, changes: Changes | None) -> bytes:
    return b"".join(value for value in (parts | (changes or {})).values() if value is not None)


def _is_answer(frame: Data, call: Call, identifier: int) -> bool:
    payload = frame.payload.removeprefix(b"\xff\x03")
    # Configure-Ack, -Nak, -Reject.
    answer = payload[:2] == b"\xc0\x21" and payload[2:3] in (b"\x02", b"\x03", b"\x04")
    return frame.session == call.ours and answer and payload[3:4] == bytes([identifier])


def _check_result(
    message: Control, wanted: str, result: int, errors: tuple[int | None, ...], text: str
) -> None:
    got, error, said = message.result
    if errors:
        wanted += " error " + " or ".join(str(one) for one in errors)
    if text:
        wanted += f" naming {text!r}"
    if got != result or (errors and error not in errors) or text not in said:
        raise Failure(wanted, str(message))
