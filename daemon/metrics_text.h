// SPDX-License-Identifier: GPL-2.0-or-later
// What Prometheus and its kin read: OpenMetrics 1.0, or the older text format 0.0.4 for those that
// ask for it. Pure.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/histogram.h"

namespace sallyport::daemon {

enum class MetricsFormat : uint8_t { kOpenMetrics, kPlain };

/// The media type with its parameters.
std::string_view ContentType(MetricsFormat format);

/// The format for a request with this Accept header: the older only when it is named and the newer
/// is not.
MetricsFormat ChooseFormat(std::string_view accept);

/// Writes one family after the other, each with its samples at once.
class MetricsText {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  explicit MetricsText(MetricsFormat format) : format_(format) {}

  /// `name` is without "_total" and the like; `unit` is its last word, or empty.
  void Counter(std::string_view name, std::string_view unit, std::string_view help);
  void Gauge(std::string_view name, std::string_view unit, std::string_view help);
  void Info(std::string_view name, std::string_view help);
  void HistogramOf(std::string_view name, std::string_view unit, std::string_view help);

  /// A sample of the family that was begun last.
  void Sample(Labels labels, uint64_t value);
  void Sample(Labels labels, double value);
  /// Of a histogram; `label` may have an empty name.
  void Sample(std::pair<std::string_view, std::string_view> label, const Histogram& histogram);

  /// The whole text.
  std::string Finish() &&;

 private:
  void Begin(std::string_view name, std::string_view type, std::string_view unit,
             std::string_view help, std::string_view suffix);
  void Line(std::string_view suffix, Labels labels, std::string_view value);

  MetricsFormat format_;
  std::string text_;
  std::string name_;
  std::string suffix_;  // of the samples
};

}  // namespace sallyport::daemon
