# SPDX-License-Identifier: GPL-2.0-or-later
"""A client over IPv6: programs/scripted_lac.py for L2TP, the kernel's data path, and the same pppd as xl2tpd's."""

from pathlib import Path

from lab.peers.xl2tpd import Lac

_PROGRAM = Path(__file__).resolve().parents[2] / "programs" / "scripted_lac.py"


class ScriptedLac(Lac):
    """Looks like xl2tpd to a scenario. Its process lives as long as one call."""

    def start(self) -> "ScriptedLac":
        """There is no daemon to start."""
        return self

    def dial(self) -> None:
        self.process = self.host.start(
            "scripted_lac", "/usr/bin/python3", str(_PROGRAM), self.lns, str(self.options)
        )

    def hang_up(self) -> None:
        assert self.process is not None, "nobody has dialled"
        status = self.process.stop()
        assert status == 0, f"the LAC ended with {status}:\n{self.process.tail()}"
