# SPDX-License-Identifier: GPL-2.0-or-later
"""What is over a limit, or not allowed, is refused with a message: L11, L36 and L40 of the project's list."""

from prober.peer import Failure
from prober.registry import Bench, check
from prober.scenarios import CALLS_LIMIT, HALF_OPEN_LIMIT
from prober.tables import Attribute, MessageType
from prober.wire import avp

# RFC 2661 §4.4.2: an error code, and a result code of CDN.
_INSUFFICIENT_RESOURCES, _NO_FACILITIES = 4, 5


@check("L36", "4.4.2", needs="limits")
def calls_over_the_limit_are_refused(bench: Bench) -> None:
    """One call too many for its tunnel: CDN 4, and the others live; with one gone there is room again."""
    lac = bench.lac()
    lac.open()
    calls = [lac.call() for _ in range(CALLS_LIMIT)]
    lac.expect_cdn(lac.icrq(), 4)
    for call in calls:
        lac.expect_call_works(call)
    lac.cdn(calls[0])
    lac.wait_acknowledged(lac.settings.answer)
    lac.expect_call_works(lac.call())


@check("L40", "4.4.6", needs="limits")
def sequencing_that_is_denied_ends_the_call(bench: Bench) -> None:
    """ICCN with Sequencing Required, which the server does not allow: CDN 5 (no facilities); the tunnel takes another call."""
    lac = bench.lac()
    lac.open()
    call = lac.expect_icrp(lac.icrq())
    lac.connect_call(call, extra=avp(Attribute.SEQUENCING_REQUIRED))
    lac.expect_cdn(call, _NO_FACILITIES)
    lac.expect_call_works(lac.call())


@check("L11", "4.4.2", needs="limits", alone=True)
def half_open_tunnels_over_the_limit_are_refused(bench: Bench) -> None:
    """Over the limit of half-open tunnels: StopCCN 2/4. When one has gone there is room again."""
    open_ones, refused = [], 0
    for _ in range(HALF_OPEN_LIMIT + 10):
        lac = bench.lac()
        lac.start()
        answer = lac.expect(MessageType.SCCRP, MessageType.STOP_CCN)
        lac.state.theirs = answer.number(Attribute.ASSIGNED_TUNNEL_ID)
        if answer.kind == MessageType.SCCRP:
            open_ones.append(lac)
        elif answer.result[:2] == (2, _INSUFFICIENT_RESOURCES):
            refused += 1
        else:
            raise Failure("StopCCN result 2 error 4", str(answer))
    if len(open_ones) != HALF_OPEN_LIMIT or refused != 10:
        raise Failure(f"{HALF_OPEN_LIMIT} tunnels", f"{len(open_ones)}, {refused} refusals")
    for lac in open_ones:
        lac.connect()
        lac.hello()
    bench.expect_next_client_served()
