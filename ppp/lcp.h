// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <optional>

#include "base/entropy.h"
#include "base/time.h"
#include "ppp/control_protocol.h"
#include "ppp/lcp_options.h"

namespace sallyport::ppp {

/// The Link Control Protocol (RFC 1661 §5, §6): the automaton with LCP's options, and the codes of
/// its own: Protocol-Reject, the echoes, Discard-Request, and RFC 1570's Identification and
/// Time-Remaining.
class Lcp {
 public:
  /// `config` and `drops` are borrowed and outlive the object.
  Lcp(const LinkConfig& config, DropCounters& drops);

  /// The lower layer is up: our Configure-Request goes out.
  void Start(TimePoint now, const Entropy& entropy, LayerOutputs& out);
  /// In place of Start(): Opened at once, with what a LAC negotiated in our stead.
  void StartOpened(LcpNegotiation negotiated, TimePoint now, LayerOutputs& out);
  void Close(std::string_view text, TimePoint now, LayerOutputs& out);
  void Receive(const Packet& packet, TimePoint now, const Entropy& entropy, LayerOutputs& out);
  void HandleTimeout(TimePoint now, LayerOutputs& out);
  std::optional<TimePoint> NextDeadline() const;

  /// Tells the peer that we do not know `frame`'s protocol (RFC 1661 §5.7). Precondition: opened().
  void RejectProtocol(const Frame& frame, LayerOutputs& out);
  /// The peer is alive: the unanswered echoes are forgotten and the next is put off.
  void ProofOfLife(TimePoint now);

  bool opened() const { return protocol_.state() == Automaton::State::kOpened; }
  std::optional<AuthMethod> method() const { return negotiation_.method(); }
  std::optional<AuthMethod> own_method() const { return negotiation_.own_method(); }
  /// Why a server that hangs up before Opened may have done so.
  std::optional<LayerFailed> unmet_demand() const { return negotiation_.unmet_demand(); }
  /// The longest Information field that we may send now, octets (RFC 1661 §6.1).
  uint16_t peer_mru() const { return opened() ? negotiation_.state().agreed.mru : kDefaultMru; }

 private:
  enum class Code : uint8_t {  // RFC 1661 §5.7 to §5.9; RFC 1570 §1.1, §1.2
    kProtocolReject = 8,
    kEchoRequest = 9,
    kEchoReply = 10,
    kDiscardRequest = 11,
    kIdentification = 12,
    kTimeRemaining = 13,
  };

  void Settle(bool was_opened, TimePoint now);
  void ReceiveOther(Code code, const Packet& packet, TimePoint now, LayerOutputs& out);
  void SendEcho(Code code, uint8_t identifier, std::span<const uint8_t> data,
                LayerOutputs& out) const;
  void StartEchoTimer(TimePoint now);

  const LinkConfig& config_;
  DropCounters& drops_;
  LcpNegotiation negotiation_;
  ControlProtocol protocol_;
  std::optional<TimePoint> echo_deadline_;
  unsigned unanswered_echoes_ = 0;
};

}  // namespace sallyport::ppp
