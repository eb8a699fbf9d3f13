// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <optional>

#include "ppp/auth_client.h"
#include "ppp/auth_code.h"

namespace sallyport::ppp {

/// Password Authentication Protocol (RFC 1334 §2), the client: it sends its request until that is
/// answered.
class PapClient final : public AuthClient {
 public:
  /// Both are borrowed and outlive the object. Precondition: `config.client`.
  PapClient(const LinkConfig& config, DropCounters& drops) : config_(config), drops_(drops) {}

  Protocol protocol() const override { return Protocol::kPap; }
  bool Takes(uint8_t code) const override;
  void Start(TimePoint now, const Entropy& entropy, LayerOutputs& out) override;
  void Receive(const Packet& packet, TimePoint now, const Entropy& entropy,
               LayerOutputs& out) override;
  void HandleTimeout(TimePoint now, LayerOutputs& out) override;
  std::optional<TimePoint> NextDeadline() const override { return deadline_; }

 private:
  void SendRequest(TimePoint now, LayerOutputs& out);

  const LinkConfig& config_;
  DropCounters& drops_;
  uint8_t first_identifier_ = 0;  // each request has the next
  uint8_t requests_sent_ = 0;
  std::optional<TimePoint> deadline_;  // of the next request; none once there was an answer
};

}  // namespace sallyport::ppp
