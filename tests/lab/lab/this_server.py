# SPDX-License-Identifier: GPL-2.0-or-later
"""The system that a scenario runs on, where that is the gateway itself; and what is on it."""

import grp
import hashlib
import os
import pwd
import re
import stat
from pathlib import Path

from lab.host import Host

# What installing and purging any package leaves: dpkg's, apt's and systemd's own books, logs, and caches.
OTHERS_FILES = re.compile(
    r"/var/(lib/(dpkg|apt|systemd/(timers|catalog)|ucf)|log|cache/(apt|debconf|ldconfig|man))(/|$)"
    # dh_apparmor's lines in every package with a profile remove it when it is empty.
    r"|/etc/apparmor\.d/disable$"
    r"|/var/lib/systemd/(random-seed|credential\.secret)$|/etc/ld\.so\.cache$|/etc/(passwd|group|g?shadow)-?$|/etc/\.pwd\.lock$"
    # AppArmor's cache of the profiles of strongSwan's packages.
    r"|/var/cache/apparmor/[^/]+/usr\.sbin\.(charon-systemd|swanctl)$"
)


class ThisServer(Host):
    """The system that we run on, with what a host of the lab can do."""

    def __init__(self, scratch: Path) -> None:
        self.name = self.namespace = "server"
        self.scratch = scratch
        self.processes = []
        scratch.mkdir(parents=True)

    def _enter(self, arguments: tuple[str, ...]) -> list[str]:
        return list(arguments)

    def path(self, inside: str) -> Path:
        return Path(inside)

    def apt(self, *arguments: str) -> str:
        words = ("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--yes", *arguments)
        return self.run(*words, timeout=600).stdout

    def journal(self, *arguments: str) -> str:
        # With --grep it fails where it finds nothing.
        words = ("journalctl", "--boot", "--quiet", "--no-pager", *arguments)
        return self.run(*words, check=False).stdout

    def property(self, name: str, unit: str = "sallyportd") -> str:
        return self.output("systemctl", "show", "--value", f"--property={name}", unit).strip()

    def accounts(self) -> set[str]:
        return {line for name in ("passwd", "group") for line in _lines(Path("/etc", name))}


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


def every_file() -> dict[str, str]:
    """Every file and folder of the root file system; of those in /etc, what they are and have, too."""
    device = os.stat("/").st_dev
    found = {}
    for folder, folders, files in os.walk("/"):
        folders[:] = [
            name
            for name in folders
            if name != "tmp" and os.lstat(os.path.join(folder, name)).st_dev == device
        ]
        for name in (*folders, *files):
            path = Path(folder, name)
            found[str(path)] = _content(path) if folder.startswith("/etc") else ""
    return found


def _content(path: Path) -> str:
    status = path.lstat()
    what = f"{stat.filemode(status.st_mode)} {status.st_uid}:{status.st_gid}"
    if path.is_symlink():
        return f"{what} {os.readlink(path)}"
    return f"{what} {hashlib.sha1(path.read_bytes()).hexdigest()}" if path.is_file() else what


def mode_of(path: Path) -> str:
    """As in `-rw-r----- root sallyport`."""
    status = path.stat()
    owner, group = pwd.getpwuid(status.st_uid).pw_name, grp.getgrgid(status.st_gid).gr_name
    return f"{stat.filemode(status.st_mode)} {owner} {group}"


def listening(server: ThisServer) -> set[str]:
    """Who listens, without how many wait."""
    lines = server.output("ss", "-Hlntuxw").splitlines()
    return {" ".join([line.split()[0], line.split()[4]]) for line in lines}
