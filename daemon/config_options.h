// SPDX-License-Identifier: GPL-2.0-or-later
// What the configuration means to each part of the daemon: a key that is not passed on here has no
// effect.
#pragma once
#include "daemon/concentrator.h"
#include "daemon/config.h"
#include "daemon/event.h"
#include "daemon/local_access.h"
#include "daemon/resolver.h"
#include "dhcp/dhcpv6_server.h"
#include "l2tp/events.h"

namespace sallyport::daemon {

LocalAccess::Options AccessOptions(const Config& config);
l2tp::EndpointConfig EndpointOptions(const L2tpConfig& config);
/// With this machine's DUID (RFC 8415 §11).
dhcp::Dhcpv6Config Dhcpv6Options(const PppConfig& config);
/// What a reload changes.
Concentrator::LiveOptions ReloadedOptions(const Config& config);
/// The same, what is fixed from the start, and the dials. `resolver`, `events` and `trace` must
/// outlive the concentrator.
Concentrator::Options ConcentratorOptions(const Config& config, Resolver* resolver,
                                          EventSink* events, TraceSink* trace = nullptr);

}  // namespace sallyport::daemon
