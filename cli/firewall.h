// SPDX-License-Identifier: GPL-2.0-or-later
// Whether this machine's firewall lets clients in, as far as the files of ufw and firewalld tell.
// Pure.
#pragma once
#include "cli/doctor.h"

namespace sallyport::cli {

/// `ipsec`: clients come by IKE and ESP, not by L2TP in the clear.
Finding ExamineFirewall(const Patient& patient, bool ipsec);

}  // namespace sallyport::cli
