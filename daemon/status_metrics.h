// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>

#include "daemon/metrics_text.h"
#include "daemon/status_model.h"

namespace sallyport::daemon {

/// The metrics of docs/status-api.md. No series names a user or a client: their number is bounded
/// by the configuration.
std::string MetricsOf(const MetricsStatus& metrics, MetricsFormat format);

/// What every process tells of itself (Prometheus' "process_" metrics), from /proc/self.
void AppendProcessMetrics(MetricsText& text);

}  // namespace sallyport::daemon
