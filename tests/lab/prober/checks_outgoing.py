# SPDX-License-Identifier: GPL-2.0-or-later
"""The server as the LAC that places calls for us, the LNS: the other half of L41."""

from prober.peer import Call, Failure, Lac
from prober.registry import Bench, check
from prober.tables import Attribute, MessageType
from prober.wire import avp, message_type, u32


def _open(bench: Bench) -> Lac:
    lac = bench.lac()
    lac.open()
    return lac


def _place(lac: Lac) -> Call:
    """From OCRQ to an established session."""
    call = lac.expect_ocrp(lac.ocrq())
    occn = lac.expect(MessageType.OCCN)
    if occn.session != call.ours:
        raise Failure(f"OCCN to session {call.ours}", str(occn))
    return call


@check("L41", "4.4.3", needs="outgoing")
def sccrp_says_that_calls_can_be_placed(bench: Bench) -> None:
    """Bearer Capabilities is in the SCCRP, with some bearer: without it no call may be asked for."""
    reply = bench.lac().open()
    if reply.number(Attribute.BEARER_CAPABILITIES) == 0:
        raise Failure("Bearer Capabilities other than 0", str(reply))


@check("L41", "7.5.1", needs="outgoing")
def outgoing_call_is_placed(bench: Bench) -> None:
    """OCRQ gets OCRP and then OCCN, and PPP answers in the session; so it does beside an incoming call."""
    lac = _open(bench)
    incoming = lac.call()
    outgoing = _place(lac)
    lac.expect_call_works(outgoing)
    lac.expect_call_works(incoming)
    lac.hello()


@check("L32", "7.5.1", needs="outgoing")
def outgoing_call_ends_with_cdn(bench: Bench) -> None:
    """CDN is acknowledged and ends the call, before OCCN and after it; the tunnel takes the next."""
    lac = _open(bench)
    early = lac.ocrq()
    lac.cdn(early)
    lac.wait_acknowledged(lac.settings.answer)
    lac.listen(lac.settings.quiet)
    lac.inbox.clear()  # OCRP and OCCN may have crossed it
    call = _place(lac)
    lac.cdn(call)
    lac.wait_acknowledged()
    if lac.lcp_answers(call, lac.settings.quiet):
        raise Failure("a session that is gone", "LCP answers in it")
    lac.expect_call_works(_place(lac))


@check("L41", "6.14", needs="outgoing")
def sli_of_the_lns_is_taken(bench: Bench) -> None:
    """SLI, ours to send here, is acknowledged, and the session lives."""
    lac = _open(bench)
    call = _place(lac)
    accm = avp(Attribute.ACCM, b"\0\0" + b"\xff" * 8)
    lac.send(message_type(MessageType.SLI) + accm, session=call.theirs)
    lac.wait_acknowledged()
    lac.expect_call_works(call)


@check("L41", "6.9, 7.1", needs="outgoing")
def incomplete_ocrq_is_refused(bench: Bench) -> None:
    """An OCRQ without Called Number, or with an unknown mandatory AVP: CDN 2; the tunnel lives and takes the next."""
    lac = _open(bench)
    lac.expect_cdn(lac.ocrq({Attribute.CALLED_NUMBER: None}), 2)
    lac.expect_cdn(lac.ocrq(extra=avp(4000, b"?", mandatory=True)), 2, 8, text="4000")
    lac.expect_call_works(_place(lac))


@check("L41", "4.4.4", needs="outgoing")
def ocrq_may_name_no_bearer_that_is_not_there(bench: Bench) -> None:
    """A call of each bearer and framing that the server's capabilities name is placed."""
    lac = _open(bench)
    for bearer, framing in ((1, 1), (2, 1), (1, 2), (3, 3)):
        changes: dict[Attribute, bytes | None] = {
            Attribute.BEARER_TYPE: avp(Attribute.BEARER_TYPE, u32(bearer)),
            Attribute.FRAMING_TYPE: avp(Attribute.FRAMING_TYPE, u32(framing)),
        }
        lac.expect_ocrp(lac.ocrq(changes))
        occn = lac.expect(MessageType.OCCN)
        if occn.number(Attribute.FRAMING_TYPE) & framing == 0:
            raise Failure(f"a framing of {framing}", str(occn))
