// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/metrics_text.h"

#include <fmt/format.h>

namespace sallyport::daemon {
namespace {

/// In a label's value: OpenMetrics 1.0, "escaped-string".
std::string Escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\' || c == '"') escaped += '\\';
    if (c == '\n') {
      escaped += "\\n";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

}  // namespace

std::string_view ContentType(MetricsFormat format) {
  return format == MetricsFormat::kOpenMetrics
             ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
             : "text/plain; version=0.0.4; charset=utf-8";
}

MetricsFormat ChooseFormat(std::string_view accept) {
  const bool newer = accept.find("application/openmetrics-text") != accept.npos;
  const bool older = accept.find("text/plain") != accept.npos;
  return older && !newer ? MetricsFormat::kPlain : MetricsFormat::kOpenMetrics;
}

void MetricsText::Begin(std::string_view name, std::string_view type, std::string_view unit,
                        std::string_view help, std::string_view suffix) {
  name_ = name;
  suffix_ = suffix;
  if (format_ == MetricsFormat::kOpenMetrics) {
    text_ += fmt::format("# TYPE {} {}\n", name, type);
    if (!unit.empty()) text_ += fmt::format("# UNIT {} {}\n", name, unit);
    text_ += fmt::format("# HELP {} {}\n", name, help);
    return;
  }
  // There the family has the name of its samples, and no type for information.
  const std::string family = fmt::format("{}{}", name, suffix);
  text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", family, help, family,
                       type == "info" ? "gauge" : type);
}

void MetricsText::Counter(std::string_view name, std::string_view unit, std::string_view help) {
  Begin(name, "counter", unit, help, "_total");
}
void MetricsText::Gauge(std::string_view name, std::string_view unit, std::string_view help) {
  Begin(name, "gauge", unit, help, "");
}
void MetricsText::Info(std::string_view name, std::string_view help) {
  Begin(name, "info", "", help, "_info");
}
void MetricsText::HistogramOf(std::string_view name, std::string_view unit, std::string_view help) {
  Begin(name, "histogram", unit, help, "");
}

void MetricsText::Line(std::string_view suffix, Labels labels, std::string_view value) {
  text_ += name_;
  text_ += suffix;
  char separator = '{';
  for (const auto& [name, label] : labels) {
    if (name.empty()) continue;
    text_ += fmt::format("{}{}=\"{}\"", separator, name, Escaped(label));
    separator = ',';
  }
  if (separator == ',') text_ += '}';
  text_ += fmt::format(" {}\n", value);
}

void MetricsText::Sample(Labels labels, uint64_t value) {
  Line(suffix_, labels, std::to_string(value));
}

void MetricsText::Sample(Labels labels, double value) {
  Line(suffix_, labels, fmt::format("{}", value));
}

void MetricsText::Sample(std::pair<std::string_view, std::string_view> label,
                         const Histogram& histogram) {
  uint64_t up_to = 0;
  for (size_t place = 0; place < Histogram::kBounds.size(); ++place) {
    up_to += histogram.InClass(place);
    // With a decimal point, as OpenMetrics 1.0 has it ("canonical numbers").
    const std::string bound = fmt::format("{:#.6g}", Histogram::kBounds[place]);
    const size_t last = bound.find_last_not_of('0');
    Line("_bucket", {label, {"le", bound.substr(0, last + (bound[last] == '.' ? 2 : 1))}},
         std::to_string(up_to));
  }
  Line("_bucket", {label, {"le", "+Inf"}}, std::to_string(histogram.count()));
  Line("_sum", {label}, fmt::format("{}", histogram.sum()));
  Line("_count", {label}, std::to_string(histogram.count()));
}

std::string MetricsText::Finish() && {
  if (format_ == MetricsFormat::kOpenMetrics) text_ += "# EOF\n";
  return std::move(text_);
}

}  // namespace sallyport::daemon
