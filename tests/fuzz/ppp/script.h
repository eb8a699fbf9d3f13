// SPDX-License-Identifier: GPL-2.0-or-later
// Drives one link by a script of octets and holds what must be true of its actions.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "base/wire_reader.h"
#include "ppp/link.h"

namespace sallyport::ppp {

/// A link with a clock; aborts when an action breaks the contract of ppp/events.h.
class ScriptedLink {
 public:
  explicit ScriptedLink(LinkConfig config) : config_(std::move(config)), link_(config_, drops_) {}

  void Receive(std::span<const uint8_t> frame) {
    Actions out;
    link_.Receive(frame, now_, NextEntropy(), out);
    // One frame in, a bounded number out: no amplification.
    if (out.size() > 12) std::abort();
    Check(out);
  }

  void Handle(const Command& command) {
    Actions out;
    link_.Handle(command, now_, NextEntropy(), out);
    Check(out);
  }

  void Wait(Duration duration) {
    now_ += duration;
    Actions out;
    link_.HandleTimeout(now_, NextEntropy(), out);
    Check(out);
  }

  /// The rest of the input: each step is one octet that says what and, for a frame, its length
  /// before it.
  void Run(std::span<const uint8_t> script) {
    WireReader in(script);
    while (!in.empty() && in.ok()) {
      const uint8_t step = in.U8();
      switch (step & 7) {
        case 0:
          Wait(std::chrono::milliseconds(100 * (step >> 3)));
          break;
        case 1:
          Handle(AuthAccepted{.network = {.local = IpAddress::V4(1),
                                          .peer = IpAddress::V4(2),
                                          .dns = {IpAddress::V4(3), IpAddress()},
                                          .wins = {}},
                              .ipv6 = (step & 8) != 0,
                              .authenticator_response = std::array<uint8_t, 20>{}});
          break;
        case 2:
          Handle(AuthRejected{.mschap_error = 691, .message = "no", .may_retry = (step & 8) != 0});
          break;
        case 3:
          Handle(ProofOfLife{});
          break;
        case 4:
          if (step == 0xFC) Handle(Close{"end"});
          break;
        default: {
          const size_t length = in.U8();
          Receive(in.Take(std::min(length, in.remaining())));
        }
      }
    }
    // However it went, an unanswered link ends and then is quiet.
    Handle(Close{"end"});
    for (int i = 0; i < 4 && !ended_; ++i) Wait(std::chrono::seconds(10));
    if (!ended_ || link_.NextDeadline().has_value()) std::abort();
  }

  /// The last frame that the link sent with Code 1 on `protocol`. Precondition: there is one.
  const std::vector<uint8_t>& last_request(uint16_t protocol) const {
    return last_requests_.at(protocol);
  }

 private:
  Entropy NextEntropy() {
    Entropy entropy{};
    entropy.fill(++calls_);
    return entropy;
  }

  void Check(const Actions& out) {
    for (const auto& action : out) {
      if (ended_) std::abort();  // nothing follows LinkDown
      if (const auto* frame = std::get_if<SendFrame>(&action)) CheckFrame(frame->bytes);
      if (std::holds_alternative<NetworkUp>(action)) Flip(up_, true);
      if (std::holds_alternative<NetworkDown>(action)) Flip(up_, false);
      if (std::holds_alternative<Ipv6Up>(action)) Flip(up6_, true);
      if (std::holds_alternative<Ipv6Down>(action)) Flip(up6_, false);
      if (std::holds_alternative<LinkDown>(action)) ended_ = true;
      if (ended_ && (up_ || up6_)) std::abort();  // NetworkDown goes before LinkDown
    }
  }

  static void Flip(bool& state, bool to) {
    if (state == to) std::abort();
    state = to;
  }

  void CheckFrame(const std::vector<uint8_t>& bytes) {
    const size_t size = bytes.size();
    if (size < 6 || size > 2 + 1500) std::abort();
    if (size != static_cast<size_t>(2 + (bytes[4] << 8 | bytes[5]))) std::abort();
    if (bytes[2] == 1) last_requests_[static_cast<uint16_t>(bytes[0] << 8 | bytes[1])] = bytes;
  }

  LinkConfig config_;
  DropCounters drops_;
  Link link_;
  TimePoint now_{};
  uint8_t calls_ = 0;
  bool up_ = false;   // IPv4
  bool up6_ = false;  // IPv6
  bool ended_ = false;
  std::map<uint16_t, std::vector<uint8_t>> last_requests_;  // by protocol
};

}  // namespace sallyport::ppp
