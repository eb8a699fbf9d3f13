// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "ppp/auth_client.h"
#include "ppp/auth_code.h"
#include "ppp/chap_algorithm.h"

namespace sallyport::ppp {

/// The exchange of the Challenge-Handshake Authentication Protocol (RFC 1994), the client: each
/// challenge is answered, also in the network phase, and the response repeated until Success or
/// Failure comes.
class ChapClient final : public AuthClient {
 public:
  /// All three are borrowed and outlive the object. Precondition: `config.client`.
  ChapClient(const ChapAlgorithm& algorithm, const LinkConfig& config, DropCounters& drops)
      : algorithm_(algorithm), config_(config), drops_(drops) {}

  Protocol protocol() const override { return Protocol::kChap; }
  bool Takes(uint8_t code) const override;
  void Start(TimePoint now, const Entropy& entropy, LayerOutputs& out) override;
  void Receive(const Packet& packet, TimePoint now, const Entropy& entropy,
               LayerOutputs& out) override;
  void HandleTimeout(TimePoint now, LayerOutputs& out) override;
  std::optional<TimePoint> NextDeadline() const override { return deadline_; }

 private:
  struct Exchange {  // the last one
    uint8_t identifier = 0;
    std::vector<uint8_t> challenge;
    ChapResponse response;
    bool pending = true;    // neither Success nor Failure came
    unsigned silences = 0;  // times that we waited for them in vain
  };

  void ReceiveChallenge(const Packet& packet, TimePoint now, const Entropy& entropy,
                        LayerOutputs& out);
  void ReceiveVerdict(const Packet& packet, LayerOutputs& out);
  void SendResponse(LayerOutputs& out) const;

  const ChapAlgorithm& algorithm_;
  const LinkConfig& config_;
  DropCounters& drops_;
  std::optional<Exchange> exchange_;
  /// Of the first challenge or of the next copy of the response.
  std::optional<TimePoint> deadline_;
};

}  // namespace sallyport::ppp
