// SPDX-License-Identifier: GPL-2.0-or-later
// What to tell an operator whose kernel lacks a part of the data path: the modules, and the
// packages that have them.
#pragma once
#include <string_view>

namespace sallyport::netlink {

inline constexpr std::string_view kL2tpModulesHint =
    "the kernel modules l2tp_netlink and l2tp_ppp are missing or blacklisted. Debian: install "
    "linux-image-amd64, the cloud kernel has no PPP. Ubuntu: install linux-modules-extra-$(uname "
    "-r). "
    "Fedora, RHEL: install kernel-modules-extra and remove /etc/modprobe.d/l2tp_*-blacklist.conf";

inline constexpr std::string_view kPppModulesHint =
    "the kernel module ppp_generic is missing or not loaded. Debian: install linux-image-amd64, "
    "the "
    "cloud kernel has no PPP. Ubuntu: install linux-modules-extra-$(uname -r). Fedora, RHEL: "
    "install "
    "kernel-modules-extra. In a container /dev/ppp (character device 108:0) must be passed in";

inline constexpr std::string_view kNftablesModulesHint =
    "the kernel modules nf_tables, nft_xfrm and nft_fib_inet are needed (the last not with "
    "ppp.anti_spoofing = false). Debian, Ubuntu: any linux-image but one built by hand has them. "
    "Fedora, RHEL: install kernel-modules";

inline constexpr std::string_view kXfrmModulesHint =
    "the kernel module xfrm_user is missing. Debian, Ubuntu: any linux-image but one built by hand "
    "has it. Fedora, RHEL: install kernel-modules";

}  // namespace sallyport::netlink
