# SPDX-License-Identifier: GPL-2.0-or-later
"""The daemon under test: its configuration, its life, its status API and what /proc tells of it."""

import copy
import dataclasses
import http.client
import json
import os
import re
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab import openapi, topology
from lab.host import Host, Process
from lab.kernel import KernelState, kernel_state, wait_nothing_left
from lab.peers.client import Account
from lab.peers.strongswan import DEFAULT_PSK, VICI_SOCKET
from lab.waiting import DEFAULT_TIMEOUT, wait_until

REPOSITORY = Path(__file__).resolve().parents[4]
STATUS_SOCKET = "/run/sallyport/sallyport.sock"

Json = dict[str, Any]

# A sanitizer's finding must not hide in a daemon that goes on, nor in one that exits with 0.
_SANITIZERS = {
    "ASAN_OPTIONS": "halt_on_error=1:detect_leaks=1:detect_stack_use_after_return=1:exitcode=86",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1:exitcode=86",
    "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1:exitcode=86",
    "LSAN_OPTIONS": "exitcode=86",
}
_SANITIZER_REPORT = re.compile(r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:")


def binary(folder: str, name: str, preset: str | None = None) -> Path:
    """A program of ours, from the build `preset`, or else from the one that SALLYPORT_PRESET names."""
    preset = preset or os.environ.get("SALLYPORT_PRESET", "asan")
    path = REPOSITORY / "build" / preset / folder / name
    assert path.exists(), f"{path} is missing: ./dev build {preset}"
    return path


def default_config() -> Json:
    """A gateway of the lab's topology with everything an ordinary login needs. A scenario changes what it is about."""
    return {
        "ipsec": {"required": True, "vici": VICI_SOCKET},
        "l2tp": {"listen": [topology.GATEWAY_OUTER], "host_name": "gw"},
        "ppp": {"auth": ["mschapv2"], "dns": [topology.INSIDE]},
        "pool": [
            {"name": "default", "ranges": [topology.POOL_NET], "gateway": topology.POOL_GATEWAY}
        ],
        "status": {"socket": STATUS_SOCKET},
        # A thread is expensive to start under sanitizers and emulation, and few have work here.
        "workers": {"threads": 4},
    }


def merged(config: Json, changes: Json) -> Json:
    """`config` with the tables of `changes` laid over its own, key by key."""
    result = copy.deepcopy(config)
    for table, value in changes.items():
        if isinstance(value, dict):
            result.setdefault(table, {}).update(value)
        else:
            result[table] = value
    return result


def to_toml(config: Json) -> str:
    """The configuration in TOML: tables, arrays of tables, and values in which JSON and TOML agree."""
    lines = []
    for name, value in config.items():
        for table in value if isinstance(value, list) else [value]:
            lines.append(f"[[{name}]]" if isinstance(value, list) else f"[{name}]")
            lines += [f"{key} = {json.dumps(entry)}" for key, entry in table.items()]
            lines.append("")
    return "\n".join(lines)


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a socket in the file system."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=20)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


@dataclass(frozen=True)
class Resources:
    """What a client must not leave behind in the daemon."""

    descriptors: int
    threads: int

    def within(self, before: "Resources") -> bool:
        """No more than `before`, which may have had a connection to the status socket in it."""
        return self.descriptors <= before.descriptors and self.threads <= before.threads


def _with_sas_apart(state: KernelState) -> KernelState:
    """Without the SAs, which are charon's to remove: wait_no_sas() looks at them."""
    return dataclasses.replace(state, xfrm_states=())


class Sallyportd:
    """One gateway's daemon."""

    def __init__(
        self,
        host: Host,
        accounts: list[Account],
        psk: str = DEFAULT_PSK,
        changes: Json | None = None,
        preset: str | None = None,
    ) -> None:
        """`preset`: of another build than the one under test."""
        self.host = host
        self.preset = preset
        self.process: Process | None = None
        self._before_clients: tuple[Resources, KernelState] | None = None
        self._conf = host.scratch / "sallyport.toml"
        self._users, psk_file = host.scratch / "users", host.scratch / "psk"
        self.write_users(accounts)
        psk_file.write_text(psk + "\n")
        psk_file.chmod(0o600)
        files: Json = {
            "ppp": {"users_file": str(self._users)},
            "ipsec": {"psk_file": str(psk_file)},
        }
        self.config = merged(merged(default_config(), files), changes or {})
        self.write_config()
        host.path("/run/sallyport").mkdir(exist_ok=True)

    def write_config(self) -> None:
        """Writes `config`, for the next start."""
        self._conf.write_text(to_toml(self.config))

    def use_config(self, path: Path) -> None:
        """Another file, of somebody else's making, for the next start."""
        self._conf = path

    def write_users(self, accounts: list[Account]) -> None:
        """The users file, as of now."""
        fresh = self._users.with_suffix(".new")
        fresh.write_text(
            "".join(
                f'"{account.user}" * "{account.password}" {account.addresses}\n'
                for account in accounts
            )
        )
        fresh.chmod(0o600)
        fresh.rename(self._users)

    # -- its life

    def launch(self, *wrapper: str) -> Process:
        """Starts the daemon, by way of a command that ends in exec; wait_ready() waits until it serves."""
        self.process = self.host.start(
            "sallyportd",
            *wrapper,
            str(binary("daemon", "sallyportd", self.preset)),
            "--config",
            str(self._conf),
            environment=_SANITIZERS,
        )
        return self.process

    def wait_ready(self, ipsec: bool | None = None) -> Json:
        """Until its status says that it runs and, where IPsec is wanted (`ipsec`, by default as configured), has charon."""
        process = self._running()
        wants_ipsec = self.config["ipsec"]["required"] if ipsec is None else ipsec

        def probe() -> Json | None:
            assert process.running, f"sallyportd ended with {process.status()}:\n{process.tail(40)}"
            try:
                status = self.status()
            except OSError:
                return None
            ready = status["state"] == "running" and (
                not wants_ipsec or status["ipsec"]["vici"]["connected"]
            )
            return status if ready else None

        return wait_until("sallyportd to be running", probe)

    def start(self) -> "Sallyportd":
        self.launch()
        self.wait_ready()
        self.mark_unused()
        return self

    def mark_unused(self) -> None:
        """Takes what the daemon has now, in its process and in the kernel, for what it has without a client."""
        self._before_clients = (self.resources(), _with_sas_apart(kernel_state(self.host)))

    def wait_unused(self) -> None:
        """Until nothing is left of any client: no more descriptors, threads, interfaces, routes, map elements and
        socket policies than before the first. Nothing to compare with: the daemon was not started by start().
        """
        if self._before_clients is None:
            return
        resources, state = self._before_clients
        try:
            wait_until("descriptors and threads", lambda: self.resources().within(resources))
        except AssertionError:
            raise AssertionError(
                f"sallyportd has {self.resources()}, before its clients it had {resources}"
            ) from None
        wait_nothing_left(self.host, state, change=_with_sas_apart)

    def _running(self) -> Process:
        assert self.process is not None, "sallyportd was not started"
        return self.process

    @property
    def log(self) -> str:
        return self._running().log

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.running

    def stop(self) -> None:
        """SIGTERM. Fails on any exit status but 0, which under ASan tells of leaks too, and on a sanitizer's report."""
        process = self._running()
        status = process.stop()
        self.check_log()
        assert status == 0, f"sallyportd ended with {status} on SIGTERM:\n{process.tail(60)}"

    def kill(self) -> None:
        self._running().kill()

    def check_log(self) -> None:
        """Fails on a sanitizer's report, which a restarted daemon would otherwise hide."""
        log = self._running().log
        found = _SANITIZER_REPORT.search(log)
        assert not found, (
            f"a sanitizer reports:\n{log[found.start() : found.start() + 6000]}" if found else ""
        )

    # -- its status API

    def request(self, method: str, path: str, body: Json | None = None) -> tuple[int, Json]:
        """One HTTP exchange: the status code and the JSON body."""
        connection = _UnixConnection(self.host.path(self.config["status"]["socket"]))
        try:
            payload = None if body is None else json.dumps(body)
            connection.request(
                method, path, payload, {"Content-Type": "application/json"} if payload else {}
            )
            response = connection.getresponse()
            return response.status, json.loads(response.read() or b"{}")
        finally:
            connection.close()

    def checked(self, method: str, path: str, body: Json | None = None) -> Json:
        """The answer to a call that succeeds, held against docs/openapi.json."""
        code, answer = self.request(method, path, body)
        assert code == 200, f"{method} {path}: {code} {answer}"
        openapi.check(method, path, code, answer)
        return answer

    def _get(self, path: str) -> Json:
        code, body = self.request("GET", path)
        assert code == 200, f"GET {path}: {code} {body}"
        return body

    def status(self) -> Json:
        return self._get("/v1/status")

    def sessions(self) -> list[Json]:
        sessions: list[Json] = self._get("/v1/sessions")["sessions"]
        return sessions

    def session(self, user: str) -> Json:
        """The one session of a user. Waits until it is up: the client may know that a moment earlier."""

        def probe() -> Json | None:
            found = [
                session
                for session in self.sessions()
                if session["user"] == user and session["state"] == "up"
            ]
            assert len(found) < 2, f"{len(found)} sessions of {user}"
            return found[0] if found else None

        return wait_until(f"session of {user}", probe)

    def wait_why(self, who: str, *texts: str) -> str:
        """Until `sallyport why` says all of it of this client. Gives the whole story."""
        story = ""

        def probe() -> bool:
            nonlocal story
            story = self.cli("why", who, check=False).stdout
            return all(text in story for text in texts)

        try:
            wait_until(f"the reason for {who}", probe, 120)
        except AssertionError:
            raise AssertionError(f"not all of {texts} in:\n{story}") from None
        return story

    def dial(self, name: str) -> Json:
        (found,) = [dial for dial in self._get("/v1/dials")["dials"] if dial["name"] == name]
        return dict(found)

    def wait_dial(self, name: str, state: str, timeout: float = DEFAULT_TIMEOUT) -> Json:
        """Until the dial is in this state."""

        def probe() -> Json | None:
            dial = self.dial(name)
            return dial if dial["state"] == state else None

        try:
            return wait_until(f"dial {name} to be {state}", probe, timeout)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.dial(name)}") from None

    def wait_no_sessions(self, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Until neither a session nor a tunnel nor an address in use is left."""

        def probe() -> bool:
            status = self.status()
            return (
                status["sessions"]["total"] == 0
                and status["l2tp"]["tunnels"] == 0
                and not any(pool["used"] for pool in status["pools"])
                and not any(
                    pool[kind]["used"] for pool in status["pools"] for kind in ("ipv6", "delegated")
                )
            )

        wait_until("no session, tunnel or address in use", probe, timeout)

    def wait_no_live_sessions(self, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Until no session is left; tunnels may linger."""
        wait_until("no session", lambda: not self.sessions(), timeout)

    def wait_no_sas(self, timeout: float = DEFAULT_TIMEOUT) -> None:
        wait_until(
            "no CHILD_SA in the status", lambda: bool(self.status()["ipsec"]["sas"] == 0), timeout
        )

    def drops(self, reason: str) -> int:
        """A counter of refused L2TP packets."""
        return int(self.status()["drops"]["l2tp"].get(reason, 0))

    def cli(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """The operator's tool on the gateway."""
        return self.host.run(*self._cli(arguments), check=check)

    def cli_in_terminal(self, rows: int, columns: int, *arguments: str) -> str:
        """The same in a terminal of that size; what it wrote there."""
        return self.host.in_terminal(rows, columns, *self._cli(arguments))

    def _cli(self, arguments: tuple[str, ...]) -> tuple[str, ...]:
        return (
            "env",
            *(f"{name}={value}" for name, value in _SANITIZERS.items()),
            str(binary("cli", "sallyport")),
            "--socket",
            self.config["status"]["socket"],
            *arguments,
        )

    # -- its process

    def resources(self) -> Resources:
        process = Path(f"/proc/{self._running().pid}")
        return Resources(
            descriptors=len(list((process / "fd").iterdir())),
            threads=len(list((process / "task").iterdir())),
        )

    def context_switches(self) -> int:
        """How often any thread of the daemon was scheduled away: unchanged means that none woke up."""
        total = 0
        for status in Path(f"/proc/{self._running().pid}/task").glob("*/status"):
            total += sum(
                int(count) for count in re.findall(r"ctxt_switches:\s+(\d+)", status.read_text())
            )
        return total
