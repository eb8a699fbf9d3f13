#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The Debian package's life on a minimal server: package.py PACKAGE.deb, in the guest of `vm --root`.

`./dev lab package` runs it. This server is the gateway, under its own systemd, udev, networkd and AppArmor; the client is
a host of the lab beside it. All that does not hold is told, not only the first; exit status 0 means that all of it held.
"""

import grp
import json
import os
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path

from lab import topology
from lab.host import Host
from lab.kernel import KernelLog, kernel_state, wait_nothing_left
from lab.peers.client import Account, VpnClient
from lab.peers.xl2tpd import DUAL_STACK_HABITS, PppUp
from lab.story import Story
from lab.this_server import OTHERS_FILES, ThisServer, every_file, listening, mode_of
from lab.waiting import time_limit, wait_until

REPOSITORY = Path(__file__).resolve().parents[2]
POOL_GATEWAY = "10.64.0.1"
PREFIX = "2001:db8:77:"
ROUTE = "10.9.0.0/16"
INFORM = REPOSITORY / "tests/lab/programs/dhcp_inform.py"
INIT_OPTIONS = f"--yes --json --pool 10.64.0.0/24 --dns {topology.INSIDE}"
CONFIG = Path("/etc/sallyport/sallyport.toml")
USER = "sallyport"
GROUPS = {"sallyport-admin", "sallyport-monitor"}

# A server whose networkd would take every interface that nobody keeps it from.
NETWORKD = {
    "50-wan.network": f"[Match]\nName=wan0\n[Network]\nAddress={topology.GATEWAY_OUTER}/24\n",
    "90-all.network": "[Match]\nName=*\nType=!loopback\n[Network]\nDHCP=yes\n",
}
# What the operator of this server adds to our unit.
DROP_IN = Path("/run/systemd/system/sallyportd.service.d/lab.conf")
# udev that takes its time, as on a machine that boots.
SLOW_UDEV = Path("/run/udev/rules.d/00-slow.rules")


def _service_commands() -> Iterator[str]:
    """What the README tells the operator to type once the package is there, word for word."""
    text = (REPOSITORY / "README.md").read_text()
    (block,) = re.findall(r"^```\n((?:.+\n)*sallyport init .*\n(?:.+\n)*)```$", text, re.M)
    for line in block.splitlines():
        yield line.split("#")[0].strip()


class PackageLife:
    def __init__(self, story: Story, package: Path, scratch: Path) -> None:
        self.story = story
        self.package = package
        self.server = ThisServer(scratch / "server")
        self.scratch = scratch
        self.kernel_log = KernelLog()
        self.laptop = Host("client", scratch / "client")
        self.laptop.wait_ready()
        self.client: VpnClient

    # -- chapters

    def prepare(self) -> None:
        self.story.chapter("A minimal Debian with one interface")
        server = self.server
        for name, text in NETWORKD.items():
            Path("/etc/systemd/network", name).write_text(text)
        server.run("networkctl", "reload")
        words = "ip link add wan0 type veth peer name eth0 netns client"
        server.run(*words.split())
        self.laptop.ip_batch("address add 203.0.113.23/24 dev eth0", "link set eth0 up")
        wait_until(
            "networkd to configure wan0",
            lambda: f" {topology.GATEWAY_OUTER}/24" in server.output("ip", "-o", "address"),
        )
        wait_until(
            "the system to be up",
            lambda: "running"
            in server.run("systemctl", "is-system-running", "--wait", check=False).stdout,
        )
        server.apt("update")
        self.files = every_file()
        self.accounts = server.accounts()
        self.sockets = listening(server)
        self.state = kernel_state(server)
        self.story.fact(
            not shutil.which("charon-systemd"), "it runs, and has nothing of IPsec and L2TP"
        )

    def install(self) -> None:
        self.story.chapter("apt install ./sallyport.deb")
        story, server = self.story, self.server
        self._apt("install", str(self.package))
        recommended = server.output("dpkg-deb", "--field", str(self.package), "Recommends")
        for name in recommended.replace(",", " ").split():
            state = server.run("dpkg-query", "-Wf", "${db:Status-Status}", name, check=False).stdout
            story.claim(state == "installed", f"{name} came with it", state)
        user = pwd.getpwnam(USER)
        story.claim(
            (user.pw_shell, user.pw_dir) == ("/usr/sbin/nologin", "/var/lib/sallyport"),
            "the user sallyport cannot log in",
            str(user),
        )
        memberships = {group.gr_name for group in grp.getgrall() if USER in group.gr_mem}
        story.claim(
            memberships == GROUPS, f"and is in {' and '.join(sorted(GROUPS))}", str(memberships)
        )
        self._modes({"/etc/sallyport": "drwxr-x--- root sallyport"})
        enabled = server.run("systemctl", "is-enabled", "sallyportd", check=False).stdout.strip()
        active = server.property("ActiveState")
        story.claim(
            (enabled, active) == ("enabled", "inactive"),
            "the service is enabled, and waits for its configuration",
            f"{enabled}, {active}",
        )
        # On a machine that boots udev has much to do.
        SLOW_UDEV.parent.mkdir(exist_ok=True)
        SLOW_UDEV.write_text('KERNEL=="ppp", PROGRAM="/usr/bin/sleep 4"\n')
        server.run("udevadm", "control", "--reload")

    def set_up(self) -> None:
        self.story.chapter("The steps of the README, word for word")
        story, server = self.story, self.server
        for command in _service_commands():
            init = command.startswith("sallyport init ")
            if init:
                command = command.replace("vpn.example.org", topology.GATEWAY_OUTER)
                command = f"{command} {INIT_OPTIONS}"
            result = server.run("bash", "-c", command, check=False)
            story.claim(result.returncode == 0, command, result.stdout)
            if init:
                self.made = json.loads(result.stdout)
            if "sallyportd" in command:
                # At once: what is right a moment later is of no use to a daemon that has looked already.
                self._modes({"/dev/ppp": "crw-rw---- root sallyport"})
        SLOW_UDEV.unlink()
        server.run("udevadm", "control", "--reload")
        secret = "-rw-r----- root sallyport"
        self._modes({str(path): secret for path in self.made["files"]})
        self._modes(
            {
                # And for their groups, who are on the access lists: below.
                "/run/sallyport/sallyport.sock": "srw-rw---- sallyport sallyport",
                "/run/sallyport/monitor.sock": "srw-rw---- sallyport sallyport",
                "/var/lib/sallyport": "drwxr-x--- sallyport sallyport",
            }
        )
        self._runs()
        pid = server.property("MainPID")
        confined = Path(f"/proc/{pid}/attr/current").read_text().strip("\0\n")
        story.claim(confined == "sallyportd (enforce)", "AppArmor confines it", confined)
        status = Path(f"/proc/{pid}/status").read_text()
        root = re.findall(r"^[UG]id:.*\b0\b.*", status, re.M)
        story.claim(not root, "it is not root", str(root))
        # A new configuration is checked where it was written, before it is put in place.
        elsewhere = Path("/root/sallyport.toml")
        shutil.copy(CONFIG, elsewhere)
        said = server.run("sallyport", "config", "check", str(elsewhere), check=False)
        story.claim(said.returncode == 0, f"sallyport config check {elsewhere}", said.stdout)
        elsewhere.unlink()
        # root reads everything, the service does not.
        psk = CONFIG.parent / "psk"
        shutil.chown(psk, "root", "root")
        said = server.run("sallyport", "config", "check", check=False)
        warned = (
            said.returncode == 0 and f"the user {USER}" in said.stdout and str(psk) in said.stdout
        )
        story.claim(
            warned,
            "sallyport config check warns of a file that the service cannot read",
            said.stdout,
        )
        shutil.chown(psk, "root", USER)
        said = server.run("sallyport", "config", "check", check=False)
        story.claim(
            "warning" not in said.stdout, "and has nothing more to say once it can", said.stdout
        )

    def log_in(self) -> None:
        self.story.chapter("A stock client dials in")
        story, server = self.story, self.server
        account = Account(self.made["user"], self.made["password"])
        self.client = client = VpnClient(
            self.laptop, account, psk=self.made["psk"], habits=DUAL_STACK_HABITS
        )
        programs = self.laptop.scratch / "bin"
        programs.mkdir()
        for name in ("daemon_program", "swanctl_program"):
            program = shutil.which(getattr(client.charon, name))
            setattr(client.charon, name, shutil.copy(program, programs))
        client.launch()
        self._dial()
        (session,) = self._sessions()
        story.claim(
            session["user"] == account.user and session["state"] == "up",
            f"sallyport sessions has {account.user}",
            str(session),
        )
        fields = (
            "SALLYPORT_EVENT=session_up",
            f"SALLYPORT_USER={account.user}",
            f"SALLYPORT_SESSION={session['id']}",
            f"SALLYPORT_PEER={session['peer']['address']}:{session['peer']['port']}",
        )
        log = server.journal("-u", "sallyportd", *fields)
        story.claim(log.count("\n") == 1, f"journalctl {' '.join(fields)}", log)
        self._look_at_interface(session["interface"])
        for group, socket, may in (
            ("sallyport-monitor", "monitor", True),
            ("sallyport-monitor", "sallyport", False),
            ("sallyport-admin", "sallyport", True),
            ("nogroup", "monitor", False),
        ):
            reader = f"setpriv --reuid=nobody --regid={group} --clear-groups sallyport"
            said = server.run(
                *reader.split(), "--socket", f"/run/sallyport/{socket}.sock", check=False
            )
            story.claim(
                said.returncode == (0 if may else 6),
                f"{group} {'may' if may else 'may not'} use {socket}.sock",
                said.stdout,
            )

    def upgrade(self) -> None:
        self.story.chapter("An upgrade, while the client pings")
        story, server = self.story, self.server
        newer = self._repack()
        pid, pings = server.property("MainPID"), self.laptop.pings(POOL_GATEWAY, 0.2)
        self._apt("install", str(newer))
        version = server.output("dpkg-query", "-Wf", "${Version}", "sallyport")
        story.claim(version.endswith("+newer"), f"version {version} is installed")
        story.claim(server.property("MainPID") == pid, "the daemon is the same process")
        echo = pings.stop()
        story.claim(echo.received == echo.sent, f"{echo.received} of {echo.sent} pings answered")
        story.claim(len(self._sessions()) == 1, "the session is there")
        story.claim(server.property("NeedDaemonReload") == "no", "systemd knows the new unit")

        self.story.chapter("A reload, a restart")
        server.run("systemctl", "reload", "sallyportd")
        wait_until(
            "the reload in the journal",
            lambda: server.journal("-u", "sallyportd", "SALLYPORT_EVENT=reloaded"),
        )
        story.claim(server.property("MainPID") == pid, "systemctl reload: the same process")
        story.claim(len(self._sessions()) == 1, "the session is there")
        good = CONFIG.read_text()
        CONFIG.write_text(good + "\n[nonsense]\n")
        said = server.run("systemctl", "reload", "sallyportd", check=False)
        story.claim(said.returncode != 0, "systemctl reload of a wrong configuration fails")
        log = server.journal("-u", "sallyportd", "--grep=nonsense")
        story.claim("unknown section" in log, "the journal says what is wrong", log)
        story.claim(server.property("MainPID") == pid, "the daemon goes on")
        CONFIG.write_text(good)
        psk = CONFIG.parent / "psk"
        shutil.chown(psk, "root", "root")
        said = server.run("systemctl", "reload", "sallyportd", check=False)
        story.claim(said.returncode != 0, "nor does it take a file that the service cannot read")
        shutil.chown(psk, "root", USER)
        server.run("systemctl", "reload", "sallyportd")
        self._restart()
        story.claim(server.property("MainPID") != pid, "systemctl restart: another one")

    def use_ipv6_and_dhcp(self) -> None:
        self.story.chapter("IPv6 and routes by DHCP, within the sandbox")
        story = self.story
        good = CONFIG.read_text()
        text = good.replace("[[pool]]\n", f'[[pool]]\nipv6 = ["{PREFIX}:/48"]\n')
        CONFIG.write_text(text.replace("[ppp]\n", f'[ppp]\nroutes = ["{ROUTE}"]\n'))
        link = self._restart()
        (address,) = wait_until(
            "an IPv6 address of the client", lambda: self.laptop.global_ipv6(link.interface)
        )
        story.claim(address.startswith(PREFIX), f"the client has made itself {address}")
        words = (link.interface, link.address, "255.255.255.255", "windows")
        answer = json.loads(self.laptop.output("python3", str(INFORM), *words))
        told = answer.get("routes")
        story.claim(told == [[ROUTE, POOL_GATEWAY]], "DHCPINFORM brings the route", str(answer))
        CONFIG.write_text(good)
        self._restart()

    def use_credentials(self) -> None:
        self.story.chapter("The keys and the users as systemd's credentials")
        story, server = self.story, self.server
        folder = CONFIG.parent
        kept = {path: path.read_bytes() for path in (CONFIG, folder / "psk", folder / "users")}
        vault = Path("/root/vault")
        vault.mkdir(mode=0o700)
        encrypt = f"systemd-creds encrypt --with-key=host --name=psk {folder}/psk {vault}/psk"
        server.run(*encrypt.split())
        (folder / "psk").unlink()
        shutil.move(folder / "users", vault / "users")
        (vault / "users").chmod(0o600)
        text = re.sub(
            r'(?m)^(psk|users)_file = ".*"$', r'\1_file = "credential:\1"', CONFIG.read_text()
        )
        story.fact(text.count('"credential:') == 2, "the configuration names both")
        CONFIG.write_text(text)
        DROP_IN.parent.mkdir(exist_ok=True)
        DROP_IN.write_text(
            f"[Service]\nLoadCredentialEncrypted=psk:{vault}/psk\n"
            f"LoadCredential=users:{vault}/users\n"
        )
        server.run("systemctl", "daemon-reload")
        self._restart()
        said = server.run("systemctl", "reload", "sallyportd", check=False)
        story.claim(said.returncode == 0, "systemctl reload finds the credentials", said.stdout)
        check = "sallyport config check"
        said = server.run(*check.split(), check=False)
        story.claim(said.returncode == 2, f"{check}, outside of the service: refused", said.stdout)
        check = "CREDENTIALS_DIRECTORY=/run/credentials/sallyportd.service " + check
        said = server.run("sh", "-c", check, check=False)
        story.claim(said.returncode == 0, check, said.stdout)

        DROP_IN.unlink()
        server.run("systemctl", "daemon-reload")
        for path, content in kept.items():
            path.write_bytes(content)
            shutil.chown(path, "root", USER)
            path.chmod(0o640)
        shutil.rmtree(vault)
        self._restart()

    def look_back(self) -> None:
        self.story.chapter("What the journal has of all this")
        story, server = self.story, self.server
        warnings = server.journal("-u", "sallyportd", "-p", "warning").splitlines()
        # This client's xl2tpd answers the goodbye when its SA has gone already.
        noise = "L2TP without IPsec came from this"
        # And of the reload that was to fail systemd tells.
        noise += (
            r"|systemd\[1\]: .*(Reload failed|Control process exited)|the old configuration stays"
        )
        warnings = [line for line in warnings if not re.search(noise, line)]
        story.claim(not warnings, "no warning of sallyportd", "\n".join(warnings))
        failed = server.output("systemctl", "--failed", "--no-legend", "--plain")
        story.claim(not failed, "no failed unit", failed)
        denied = "\n".join(line for line in self.kernel_log.lines() if '="DENIED"' in line)
        story.claim(not denied, "nothing that AppArmor denied", denied)
        units = ("-u", "systemd-networkd", "-u", "systemd-udevd")
        words = server.journal(*units, "-p", "warning", "-g", "(?i)sallyport").splitlines()
        # udevd may look at the rules between their unpacking and the making of the group; postinst has it look again.
        noise = "\n".join(line for line in words if "Unknown group 'sallyport'" not in line)
        story.claim(not noise, "no word of our interfaces from networkd and udev", noise)

    def remove(self) -> None:
        self.story.chapter("apt remove, with the client connected")
        story, server = self.story, self.server
        self._apt("remove", "sallyport")
        self.client.lac.wait_down()
        story.claim(True, "the client was told goodbye")
        story.claim(not server.run("pgrep", "sallyportd", check=False).stdout, "no process is left")
        story.claim(not Path("/run/sallyport").exists(), "nor a socket")
        loaded = server.run("swanctl", "--list-conns", check=False).stdout
        story.claim("IKEv" not in loaded, "charon has no connection of ours", loaded)
        server.run("udevadm", "settle")
        self._modes(
            {"/dev/ppp": "crw------- root root", "/run/charon.vici": "srwxrwx--- root root"}
        )
        story.claim(CONFIG.exists(), "the configuration is kept")

    def come_back(self) -> None:
        self.story.chapter("apt install once more: the configuration is there")
        self._apt("install", str(self.package))
        self._runs()
        self._dial()

    def crash_and_purge(self) -> None:
        self.story.chapter("The daemon is killed for good")
        story, server = self.story, self.server
        DROP_IN.write_text("[Service]\nRestart=no\n")
        server.run("systemctl", "daemon-reload")
        server.run("systemctl", "kill", "--signal=KILL", "sallyportd")
        wait_until("its end", lambda: server.property("ActiveState") == "failed")
        tables = server.output("nft", "list", "tables")
        story.claim("inet sallyport" in tables, "its table still keeps clear text out", tables)
        shutil.rmtree(DROP_IN.parent)
        server.run("systemctl", "daemon-reload")
        server.run("systemctl", "reset-failed", "sallyportd")
        held = server.output("ip", "-oneline", "-4", "address", "show", "dev", "lo")
        story.claim(f" {POOL_GATEWAY}/32" in held, "and lo has the address of its gateway", held)
        self.client.stop()

        self.story.chapter("apt purge --auto-remove")
        self._apt("purge", "--auto-remove", "sallyport")
        # The operator's own.
        Path("/etc/sysctl.d/50-sallyport.conf").unlink()
        server.run("sysctl", "-qw", "net.ipv4.ip_forward=0")
        files = every_file()
        left = "\n".join(
            sorted(p for p in files if p not in self.files and not OTHERS_FILES.match(p))
        )
        story.claim(not left, "no file is left", left)
        changed = "\n".join(
            path
            for path, content in self.files.items()
            if files.get(path) != content and not OTHERS_FILES.match(path)
        )
        story.claim(not changed, "and none is missing or changed", changed)
        # Debian's packages leave their users, so that nobody else gets the number.
        accounts = server.accounts() - self.accounts
        ours = {line for line in accounts if line.split(":")[0] in {USER, *GROUPS}}
        story.claim(accounts == ours, "but for our user and groups", str(accounts))
        sockets = listening(server) - self.sockets
        story.claim(not sockets, "no socket listens", str(sockets))
        try:
            wait_nothing_left(server, self.state, 20)
            left = ""
        except AssertionError as error:
            left = str(error)
        story.claim(not left, "no interface, route, SA, policy or nft table is left", left)
        profiles = Path("/sys/kernel/security/apparmor/profiles").read_text()
        story.claim("sallyportd" not in profiles, "nor a profile of AppArmor's", profiles)
        known = server.output(
            "systemctl", "list-units", "--all", "--plain", "--no-legend", "sally*"
        )
        story.claim(not known, "systemd has forgotten the service", known)
        failed = server.output("systemctl", "--failed", "--no-legend", "--plain")
        story.claim(not failed, "no unit has failed", failed)

    # -- what they are made of

    def _apt(self, *arguments: str) -> None:
        said = self.server.apt(*arguments)
        with (self.server.scratch / "apt.log").open("a") as log:
            log.write(f"# {' '.join(arguments)}\n{said}")
        trouble = re.findall(r"(?im)^.*\b(?:warning|error|failed|cannot)\b.*$", said)
        self.story.claim(not trouble, "apt is content", "\n".join(trouble))

    def _runs(self) -> None:
        active = self.server.property("ActiveState") == "active"
        if not active:
            self.story.aside(self._trouble())
        self.story.fact(active, "the service runs")

    def _restart(self) -> PppUp:
        self.server.run("systemctl", "restart", "sallyportd")
        self._runs()
        self.client.lac.wait_down()
        return self._dial()

    def _modes(self, expected: dict[str, str]) -> None:
        for name, mode in expected.items():
            path = Path(name)
            is_ = mode_of(path) if path.exists() else "missing"
            self.story.claim(is_ == mode, f"{name} is {mode}", is_)

    def _sessions(self) -> list[dict[str, object]]:
        return json.loads(self.server.output("sallyport", "sessions", "--json"))["sessions"]

    def _trouble(self) -> str:
        return self.server.journal("-u", "sallyportd", "-n", "20")

    def _dial(self) -> PppUp:
        try:
            self.client.initiate()
            link = self.client.dial()
        except AssertionError:
            self.story.aside(self._trouble())
            self.story.aside(self.server.run("sallyport", "why", check=False).stdout)
            raise
        self.story.fact(link.address, f"it logged in through IPsec, and is {link.address}")
        echo = self.laptop.ping(POOL_GATEWAY)
        self.story.claim(
            echo.received == echo.sent, f"{echo.received} of {echo.sent} pings answered"
        )
        return link

    def _describe(self) -> str:
        """The state of the kernel on both ends."""
        text = ""
        for command in (
            "ip address",
            "ip route",
            "ip l2tp show session",
            "ip -s xfrm state",
            "ip xfrm policy",
            "cat /proc/net/xfrm_stat",
        ):
            for host in (self.server, self.laptop):
                text += (
                    f"# {host.name}: {command}\n{host.run(*command.split(), check=False).stdout}\n"
                )
        return text

    def _look_at_interface(self, interface: str) -> None:
        """What a system does by itself to a new interface it does not do to ours; to the other it does, or we look amiss."""
        story, server = self.story, self.server
        server.run("udevadm", "settle")
        for name, ours in ((interface, True), ("wan0", False)):
            managed = server.output("networkctl", "--no-pager", "list", name)
            story.claim(
                ("unmanaged" in managed) == ours,
                f"networkd {'leaves' if ours else 'does not leave'} {name} alone",
                managed,
            )
            units = server.output("systemctl", "list-units", "--all", "--plain", f"sys-*{name}*")
            story.claim(
                (f"{name}.device" not in units) == ours,
                f"systemd makes {'no unit' if ours else 'a unit'} of {name}",
                units,
            )
            told = server.output("udevadm", "test", "--action=add", f"/sys/class/net/{name}")
            story.claim(
                (not re.search(r"^run: '?/", told, re.M)) == ours,
                f"udev starts {'no program' if ours else 'a program'} for {name}",
                told,
            )

    def _repack(self) -> Path:
        """The same package with a higher version."""
        tree, newer = self.scratch / "newer", self.scratch / "newer.deb"
        self.server.run("dpkg-deb", "--raw-extract", str(self.package), str(tree))
        control = tree / "DEBIAN/control"
        control.write_text(re.sub(r"(?m)^(Version: .*)", r"\1+newer", control.read_text()))
        self.server.run("dpkg-deb", "-Znone", "--build", str(tree), str(newer))
        shutil.rmtree(tree)
        return newer

    def keep(self, folder: Path) -> None:
        (self.server.scratch / "journal.log").write_text(self.server.journal())
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(
            self.scratch,
            folder,
            ignore=lambda where, names: [
                name
                for name in names
                if name == "bin" or name.endswith(".deb") or not os.path.exists(Path(where, name))
            ],
        )


def main() -> int:
    story = Story()
    package = Path(sys.argv[1]).resolve()
    story.title(f"{package.name} on Linux {os.uname().release}")
    kept = Path(os.environ["SALLYPORT_LAB_SHARE"]) / "package"
    # Readable by all: the daemon's package is installed from there by apt's own user.
    scratch = Path(tempfile.mkdtemp(prefix="sallyport-package-"))
    scratch.chmod(0o755)
    life = PackageLife(story, package, scratch)
    try:
        with time_limit(1800):
            life.prepare()
            life.install()
            life.set_up()
            life.log_in()
            life.upgrade()
            life.use_ipv6_and_dhcp()
            life.use_credentials()
            life.look_back()
            life.remove()
            life.come_back()
            life.crash_and_purge()
    except (Exception, subprocess.SubprocessError):  # whatever went wrong, the logs are wanted
        story.failed.append("the rest could not be tried")
        traceback.print_exc(file=sys.stdout)
    life.keep(kept)
    if story.failed:
        story.title(f"\nDid not hold: {'; '.join(story.failed)}. Logs: {kept}")
        return 1
    story.title("\nAll of it held.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
