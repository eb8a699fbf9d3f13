# SPDX-License-Identifier: GPL-2.0-or-later
"""A client over IPv6: programs/scripted_lac.py for L2TP, the kernel's data path, and the same pppd as xl2tpd's."""

from pathlib import Path

from typing import Any

from lab.peers.xl2tpd import Lac, TunnelSecret

_PROGRAM = Path(__file__).resolve().parents[2] / "programs" / "scripted_lac.py"


class ScriptedLac(Lac):
    """Looks like xl2tpd to a scenario. Its process lives as long as one tunnel with its calls."""

    def __init__(self, *words: Any, shared: TunnelSecret | None = None, sessions: int = 1) -> None:
        super().__init__(*words)
        self._more = [str(sessions)] + ([shared.secret] if shared and shared.hidden else [])

    def start(self) -> "ScriptedLac":
        """There is no daemon to start."""
        return self

    def dial(self) -> None:
        self.process = self.host.start(
            "scripted_lac",
            "/usr/bin/python3",
            str(_PROGRAM),
            self.lns,
            str(self.options),
            *self._more,
        )

    def hang_up(self) -> None:
        assert self.process is not None, "nobody has dialled"
        status = self.process.stop()
        assert status == 0, f"the LAC ended with {status}:\n{self.process.tail()}"
