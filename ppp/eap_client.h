// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <memory>
#include <optional>

#include "ppp/auth_client.h"
#include "ppp/eap.h"
#include "ppp/eap_client_method.h"

namespace sallyport::ppp {

/// The Extensible Authentication Protocol (RFC 3748), the client ("peer" there): it answers what it
/// is asked, and takes no Success before its method is through.
class EapClient final : public AuthClient {
 public:
  /// Both are borrowed and outlive the object. Precondition: `config.client`.
  EapClient(const LinkConfig& config, DropCounters& drops) : config_(config), drops_(drops) {}

  Protocol protocol() const override { return Protocol::kEap; }
  bool Takes(uint8_t code) const override;
  void Start(TimePoint now, const Entropy& entropy, LayerOutputs& out) override;
  void Receive(const Packet& packet, TimePoint now, const Entropy& entropy,
               LayerOutputs& out) override;
  void HandleTimeout(TimePoint now, LayerOutputs& out) override;
  std::optional<TimePoint> NextDeadline() const override { return deadline_; }
  void PeerInNetworkPhase(LayerOutputs& out) override;

 private:
  struct Answered {  // the last Request that we have answered
    uint8_t identifier = 0;
    SendFrame response;
  };

  void ReceiveRequest(const Packet& packet, TimePoint now, const Entropy& entropy,
                      LayerOutputs& out);
  void ReceiveMethod(const Packet& packet, const EapMessage& message, TimePoint now,
                     const Entropy& entropy, LayerOutputs& out);
  void ReceiveVerdict(const Packet& packet, LayerOutputs& out);
  void Answer(uint8_t identifier, const EapMessage& message, TimePoint now, LayerOutputs& out);
  void Nak(uint8_t identifier, TimePoint now, LayerOutputs& out);
  void Succeed(LayerOutputs& out);

  const LinkConfig& config_;
  DropCounters& drops_;
  std::optional<Answered> answered_;
  std::unique_ptr<EapClientMethod> method_;  // once it has answered a Request
  bool has_naked_ = false;                   // a method that the server asked by
  bool over_ = false;                        // the verdict came
  std::optional<TimePoint> deadline_;        // of the next Request, or of the verdict
};

}  // namespace sallyport::ppp
