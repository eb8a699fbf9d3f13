// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/time.h"
#include "ppp/automaton.h"
#include "ppp/layer.h"
#include "ppp/negotiation.h"
#include "ppp/packet.h"

namespace sallyport::ppp {

/// Codes that LCP and every network control protocol have (RFC 1661 §5).
enum class Code : uint8_t {
  kConfigureRequest = 1,
  kConfigureAck = 2,
  kConfigureNak = 3,
  kConfigureReject = 4,
  kTerminateRequest = 5,
  kTerminateAck = 6,
  kCodeReject = 7,
};

/// Drives RFC 1661's automaton for one protocol: reads packets of codes 1 to 7 into events and
/// carries the automaton's actions out. What the options mean is the Negotiation's matter.
class ControlProtocol {
 public:
  /// `config`, `drops` and `negotiation` are borrowed and outlive the object.
  ControlProtocol(Protocol protocol, const LinkConfig& config, DropCounters& drops,
                  Negotiation& negotiation);

  void Up(TimePoint now, LayerOutputs& out);
  void Down(TimePoint now, LayerOutputs& out);
  void Open(TimePoint now, LayerOutputs& out);
  /// In place of Up() and Open(): somebody negotiated in our stead.
  void StartOpened(TimePoint now, LayerOutputs& out);
  /// `text` becomes the Data of our Terminate-Requests.
  void Close(std::string_view text, TimePoint now, LayerOutputs& out);

  /// A code other than 1 to 7 is unknown here: it is answered with Code-Reject.
  void Receive(const Packet& packet, TimePoint now, LayerOutputs& out);
  /// A packet of a code that only the owner knows (RFC 1661 §4.3 RXR): true if it is to be dealt
  /// with, false if it came before Opened.
  bool ReceiveOther();
  void HandleTimeout(TimePoint now, LayerOutputs& out);
  std::optional<TimePoint> NextDeadline() const { return restart_deadline_; }

  Automaton::State state() const { return automaton_.state(); }
  /// A number for a packet that needs one different from the last (RFC 1661 §5.6 to §5.9).
  uint8_t NextIdentifier() { return ++identifier_; }
  /// The longest packet that we may send, octets.
  void set_max_packet_length(size_t octets) { max_packet_length_ = octets; }
  size_t max_packet_length() const { return max_packet_length_; }

 private:
  struct Input {  // what an event came with
    Packet packet{};
    Answer answer{};  // to a Configure-Request
  };

  void Run(Automaton::Event event, const Input& input, TimePoint now, LayerOutputs& out);
  void Carry(Automaton::Action action, const Input& input, TimePoint now, LayerOutputs& out);
  void ReceiveRequest(const Packet& packet, TimePoint now, LayerOutputs& out);
  void ReceiveAnswer(Code code, const Packet& packet, TimePoint now, LayerOutputs& out);
  void ReceiveCodeReject(const Packet& packet, TimePoint now, LayerOutputs& out);
  void SendConfigureRequest(TimePoint now, LayerOutputs& out);
  /// A packet came that calls for an answer; false: there were too many, and it gets none.
  bool CountPeersRequest(LayerOutputs& out);
  bool WithinRequestLimit(unsigned requests, LayerOutputs& out) const;
  void SendCode(Code code, uint8_t identifier, std::span<const uint8_t> data,
                LayerOutputs& out) const;
  void EnterOpened(TimePoint now, LayerOutputs& out);
  void LeaveOpened(TimePoint now, LayerOutputs& out);

  const Protocol protocol_;
  const LinkConfig& config_;
  DropCounters& drops_;
  Negotiation& negotiation_;

  Automaton automaton_;
  std::optional<TimePoint> restart_deadline_;  // RFC 1661 §4.6 Restart Timer
  std::optional<TimePoint> opened_at_;
  unsigned restart_count_ = 0;      // RFC 1661 §4.6: transmissions that are left
  unsigned naks_sent_ = 0;          // since our last Configure-Ack
  unsigned requests_sent_ = 0;      // since the layer was last open for a while
  unsigned requests_received_ = 0;  // likewise, with what else called for an answer meanwhile
  uint8_t identifier_ = 0;          // the last one used
  uint8_t request_identifier_ = 0;  // of our last Configure-Request
  bool request_answered_ = true;    // no Configure-Request of ours is outstanding
  bool retransmission_ = false;     // the next Configure-Request repeats the last one
  size_t max_packet_length_ = kDefaultMru;
  std::string terminate_text_;
};

}  // namespace sallyport::ppp
