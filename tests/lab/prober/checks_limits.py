# SPDX-License-Identifier: GPL-2.0-or-later
"""Admission: what is over a limit is refused with a message, L34 and L36 of the project's list."""

from prober.peer import Failure
from prober.registry import Bench, check
from prober.scenarios import CALLS_LIMIT, HALF_OPEN_LIMIT
from prober.tables import Attribute, MessageType

_INSUFFICIENT_RESOURCES = 4  # error code (RFC 2661 §4.4.2)


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
