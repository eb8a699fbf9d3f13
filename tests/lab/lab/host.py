# SPDX-License-Identifier: GPL-2.0-or-later
"""A simulated host: a network namespace and a mount namespace with its own /run, /etc/ppp and /sys.

The namespaces belong to a sleeping process, the holder. Programs enter them with nsenter, which execs: the pid of a
started process is the program's own.
"""

import os
import re
import signal
import subprocess
import termios
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lab.waiting import DEFAULT_TIMEOUT, wait_until

# $1: folder to show as /etc/ppp. Daemons find their sockets, pid files and secrets in places of their own this way.
_HOLDER = """
set -e
mount -t sysfs sysfs /sys
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/lock
mount --bind "$1" /etc/ppp
ip link set lo up
echo ready
exec sleep infinity
"""


@dataclass(frozen=True)
class Ping:
    """What came of a series of echo requests."""

    sent: int
    received: int

    @property
    def loss_percent(self) -> float:
        return 100.0 * (self.sent - self.received) / self.sent


class Process:
    """A program running on a host. Its standard output and error go to one log file."""

    def __init__(
        self, name: str, popen: subprocess.Popen[bytes], log_path: Path, log_start: int
    ) -> None:
        self.name = name
        self.log_path = log_path
        self._log_start = log_start
        self._popen = popen

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def running(self) -> bool:
        return self._popen.poll() is None

    @property
    def log(self) -> str:
        """What it has logged since this start."""
        with self.log_path.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")

    def wait_for(self, pattern: str, timeout: float = DEFAULT_TIMEOUT) -> re.Match[str]:
        """Waits until the log has `pattern` (a regular expression, multi-line)."""
        expression = re.compile(pattern, re.MULTILINE)

        def probe() -> re.Match[str] | None:
            found = expression.search(self.log)
            assert (
                found or self.running
            ), f"{self.name} ended with {self.status()} before it logged {pattern!r}:\n{self.tail()}"
            return found

        return wait_until(f"{pattern!r} in the log of {self.name}", probe, timeout)

    def tail(self, lines: int = 20) -> str:
        return "\n".join(self.log.splitlines()[-lines:])

    def status(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        return self._popen.poll()

    def wait(self, timeout: float = DEFAULT_TIMEOUT) -> int:
        """Waits for the end of the program and returns its exit status."""
        try:
            return self._popen.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(
                f"{self.name} did not end within {timeout:.0f} s:\n{self.tail()}"
            ) from None

    def stop(self, timeout: float = DEFAULT_TIMEOUT) -> int:
        """SIGTERM, then the exit status."""
        if self.running:
            self._popen.terminate()
        return self.wait(timeout)

    def kill(self) -> None:
        """SIGKILL: the program gets no chance to say goodbye."""
        if self.running:
            self._popen.kill()
        self._popen.wait()


class Pings:
    """Echo requests that go on while a scenario does something else."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._process.wait_for(r"icmp_seq=1 ")

    def stop(self) -> Ping:
        """Ends them. Sent are those up to the last that was answered: later ones may still have been on their way."""
        answered = {int(found) for found in re.findall(r"icmp_seq=(\d+) ", self._process.log)}
        self._process.kill()
        return Ping(max(answered), len(answered))


class Host:
    """One machine of the topology."""

    def __init__(self, name: str, scratch: Path) -> None:
        """`scratch` is this host's folder for configuration and logs; it is seen at the same path inside and outside."""
        self.name = name
        # Of parallel runs in one kernel each has its own hosts.
        worker = os.environ.get("PYTEST_XDIST_WORKER", "")
        self.namespace = f"{name}-{worker}" if worker else name
        self.scratch = scratch
        self.processes: list[Process] = []
        self._routes: list[str] = []
        self.etc_ppp = scratch / "etc-ppp"
        self.etc_ppp.mkdir(parents=True)
        self._holder = subprocess.Popen(
            [
                "unshare",
                "--net",
                "--mount",
                "--propagation",
                "private",
                "/bin/sh",
                "-c",
                _HOLDER,
                "holder",
                str(self.etc_ppp),
            ],
            stdout=subprocess.PIPE,
        )

    def wait_ready(self) -> None:
        """Until the namespaces exist. Apart from the constructor, so that a topology makes all of its hosts at once."""
        assert self._holder.stdout is not None
        assert (
            self._holder.stdout.readline() == b"ready\n"
        ), f"cannot make the namespaces of {self.name}"
        # Under a name too, for links between hosts and for people: `ip netns exec gateway ...`.
        subprocess.run(["ip", "netns", "attach", self.namespace, str(self._holder.pid)], check=True)

    @property
    def pid(self) -> int:
        """The holder's pid: `nsenter --target PID --net --mount` enters this host."""
        return self._holder.pid

    def path(self, inside: str) -> Path:
        """The path from outside of a file that the host sees as `inside`."""
        return Path(f"/proc/{self.pid}/root{inside}")

    def _enter(self, arguments: tuple[str, ...]) -> list[str]:
        return ["nsenter", f"--target={self.pid}", "--net", "--mount", "--", *arguments]

    def run(
        self,
        *arguments: str,
        check: bool = True,
        timeout: float = DEFAULT_TIMEOUT,
        stdin: str | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Runs a program to its end. `stdout` of the result has its standard output and error together."""
        result = subprocess.run(
            self._enter(arguments),
            check=False,
            timeout=timeout,
            text=True,
            errors="replace",
            input=stdin if stdin is not None else "",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        if check and result.returncode != 0:
            raise AssertionError(
                f"{self.name}: {' '.join(arguments)!r} ended with {result.returncode}:\n{result.stdout}"
            )
        return result

    def output(self, *arguments: str) -> str:
        """The standard output of a program that must succeed."""
        return self.run(*arguments).stdout

    def in_terminal(self, rows: int, columns: int, *arguments: str) -> str:
        """Runs a program to its end in a terminal of that size. Gives all that it wrote there, escape sequences too."""
        ours, theirs = os.openpty()
        termios.tcsetwinsize(theirs, (rows, columns))
        environment = {**os.environ, "TERM": "xterm-256color"}
        environment.pop("NO_COLOR", None)
        words = self._enter(arguments)
        written = b""
        with subprocess.Popen(
            words, stdin=theirs, stdout=theirs, stderr=theirs, env=environment
        ) as program:
            os.close(theirs)
            try:
                while octets := os.read(ours, 65536):
                    written += octets
            except OSError:
                pass  # EIO: nobody has the other end any more
            finally:
                program.kill()  # one that did not end by itself
                os.close(ours)
        return written.decode()

    def ip_batch(self, *lines: str) -> None:
        """Runs lines of `ip`, in one process."""
        self.run("ip", "-batch", "-", stdin="\n".join(lines) + "\n")

    def global_ipv6(self, interface: str) -> list[str]:
        """The IPv6 addresses of an interface that are more than the link's."""
        lines = self.output(
            "ip", "-6", "-o", "address", "show", "dev", interface, "scope", "global"
        )
        usable = [line for line in lines.splitlines() if "tentative" not in line]
        return [line.split()[3].split("/")[0] for line in usable]

    def add_route(self, route: str) -> None:
        """Adds a route in `ip`'s words, which comes back with restore_routes()."""
        self._routes.append(route)
        self.run("ip", "route", "add", *route.split())

    def restore_routes(self) -> None:
        """After a link was down and up: the kernel forgets the routes over it."""
        for route in self._routes:
            self.run("ip", "route", "replace", *route.split())

    def start(
        self, name: str, *arguments: str, environment: dict[str, str] | None = None
    ) -> Process:
        """Starts a program that stays. Each start appends to the log NAME.log in the host's folder."""
        log_path = self.scratch / f"{name}.log"
        with log_path.open("ab") as log:
            log_start = log.tell()
            popen = subprocess.Popen(
                self._enter(arguments),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
            )
        process = Process(f"{self.name}:{name}", popen, log_path, log_start)
        self.processes.append(process)
        return process

    def ping(
        self, address: str, count: int = 3, size: int = 56, wait: int = 3, interval: float = 0.2
    ) -> Ping:
        """Pings `address`. Gives what was received, even nothing."""
        words = (
            "-n",
            "-q",
            "-i",
            str(interval),
            "-c",
            str(count),
            "-s",
            str(size),
            "-W",
            str(wait),
        )
        # Emulated, a thousand echoes at five milliseconds may take half a minute.
        text = self.run("ping", *words, address, check=False, timeout=120).stdout
        found = re.search(r"(\d+) packets transmitted, (\d+) received", text)
        # "Network is unreachable" and the like: nothing was sent.
        return Ping(int(found[1]), int(found[2])) if found else Ping(count, 0)

    def pings(self, address: str, interval: float = 0.5) -> Pings:
        """Starts pinging `address`; returns when the first echo was answered."""
        name = f"ping-{address}"
        return Pings(self.start(name, "ping", "-n", "-i", str(interval), address))

    def pids(self) -> Iterator[int]:
        """Every process in this host's network namespace but the holder."""
        ours = os.readlink(f"/proc/{self.pid}/ns/net")
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == self.pid:
                continue
            try:
                if os.readlink(entry / "ns/net") == ours:
                    yield int(entry.name)
            except OSError:
                continue  # gone meanwhile

    def kill_all(self) -> None:
        """The power cord pulled: every process of this host ends at once."""
        for pid in self.pids():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        for process in self.processes:
            process.kill()

    def close(self) -> None:
        """Ends every process and removes the namespaces."""
        self.kill_all()
        self._holder.kill()
        self._holder.wait()
        if self._holder.stdout:
            self._holder.stdout.close()
        subprocess.run(["ip", "netns", "delete", self.namespace], check=True)
