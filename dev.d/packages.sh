# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What each kind of work needs from the distribution.

declare -A debian=(
  [build]="g++ cmake ninja-build pkg-config libmnl-dev libsystemd-dev nlohmann-json3-dev libfmt-dev nettle-dev
    libcli11-dev libtomlplusplus-dev libmicrohttpd-dev libgtest-dev libgmock-dev libbenchmark-dev python3"
  [lint]="clang-14 clang-tidy-14 clang-format-14 libclang-rt-14-dev llvm shellcheck black pyflakes3 git jq prometheus systemd"
  [lab]="qemu-system-x86 busybox-static kmod cpio xz-utils openssl util-linux procps iproute2 nftables conntrack tcpdump tshark iputils-ping
    xl2tpd ppp dhcpcd-base charon-systemd strongswan-swanctl libstrongswan-standard-plugins python3 python3-pytest python3-pytest-xdist
    python3-jsonschema python3-prometheus-client curl jq prometheus socat
    libnss3-tools libcurl3-nss libevent-pthreads-2.1-7 libldns3 libunbound8 libcap-ng0"
  [package]="build-essential git debhelper dh-apparmor dpkg-dev fakeroot scdoc lintian rpm rpmlint"
  [root]="debootstrap debian-archive-keyring dpkg-dev"
)
declare -A fedora=(
  [build]="gcc-c++ cmake ninja-build pkgconf-pkg-config libmnl-devel systemd-devel json-devel fmt-devel nettle-devel
    cli11-devel tomlplusplus-devel libmicrohttpd-devel gtest-devel gmock-devel google-benchmark-devel python3"
  [lint]="clang clang-tools-extra compiler-rt llvm ShellCheck black python3-pyflakes git jq golang-github-prometheus systemd"
  [lab]="qemu-system-x86-core busybox kmod cpio xz openssl util-linux procps-ng iproute nftables conntrack-tools tcpdump wireshark-cli iputils
    xl2tpd ppp dhcpcd strongswan python3 python3-pytest python3-pytest-xdist python3-jsonschema python3-prometheus_client curl jq golang-github-prometheus socat"
  [package]="git rpm-build rpmlint scdoc systemd-rpm-macros"
  [root]="debootstrap dpkg-dev apt"
)

# Services that some of these packages bring and that nobody asked for on a developer's machine.
unwanted_services=(xl2tpd strongswan strongswan-starter strongswan-swanctl prometheus)

as_root() {
  if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

_missing_debian() {
  local package
  for package in "$@"; do
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || echo "$package"
  done
}

_install_debian() {
  local policy=/usr/sbin/policy-rc.d ours=0 fresh=() service status=0
  for service in "${unwanted_services[@]}"; do
    [[ -e /lib/systemd/system/$service.service ]] || fresh+=("$service")
  done
  # Debian starts a service when its package is installed, unless this file says no.
  if [[ ! -e $policy ]]; then
    ours=1
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod +x "$policy"
  fi
  as_root apt-get -o DPkg::Lock::Timeout=300 -q update &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -qy --no-install-recommends install "$@" || status=$?
  if ((ours)); then as_root rm -f "$policy"; fi
  # Nor are they to start at the next boot.
  if [[ -d /run/systemd/system ]]; then
    for service in "${fresh[@]}"; do
      [[ ! -e /lib/systemd/system/$service.service ]] || as_root systemctl --quiet disable "$service" || status=$?
    done
  fi
  return "$status"
}

# need GROUP: installs what is missing of it.
need() {
  local group=$1 packages missing
  if command -v apt-get >/dev/null; then
    read -r -d '' -a packages <<<"${debian[$group]}" || true
    mapfile -t missing < <(_missing_debian "${packages[@]}")
    ((${#missing[@]} == 0)) || step "install $group" _install_debian "${missing[@]}"
  elif command -v dnf >/dev/null; then
    read -r -d '' -a packages <<<"${fedora[$group]}" || true
    rpm -q "${packages[@]}" >/dev/null 2>&1 || step "install $group" as_root dnf -qy --setopt=install_weak_deps=False install "${packages[@]}"
  else
    die "this system has neither apt-get nor dnf; needed: ${debian[$group]//$'\n'/ }"
  fi
}

cmd_setup() {
  local group
  (($#)) || set -- build lint lab package
  for group in "$@"; do
    [[ -v debian[$group] ]] || die "setup knows ${!debian[*]}, not $group"
    need "$group"
  done
  say "Everything for $* is installed."
}
