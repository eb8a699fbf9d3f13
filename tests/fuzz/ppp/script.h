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
#include "ppp/option.h"

namespace sallyport::ppp {

/// A client that has a name and a password; who asks for them is left open.
inline ClientRole KnownClient() {
  ClientRole client;
  client.user = "User";
  client.password = Secret(std::string_view("clientPass"));
  return client;
}

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
    RunSteps(script, [this](uint8_t /*step*/, WireReader& in) {
      const size_t length = in.U8();
      Receive(in.Take(std::min(length, in.remaining())));
    });
  }

  /// The same for packets of one protocol whose lengths are right: the step's octet, the Code, and
  /// then either Identifier, length and data, or (its bit 3) the Identifier of our last packet with
  /// Code 1, and (its bit 4) its data.
  void RunPackets(uint16_t protocol, std::span<const uint8_t> script) {
    RunSteps(script, [this, protocol](uint8_t step, WireReader& in) {
      const auto found = last_requests_.find(protocol);
      const std::span<const uint8_t> last =
          found == last_requests_.end() ? std::span<const uint8_t>() : found->second;
      const uint8_t code = in.U8();
      const bool answers = (step & 8) != 0 && !last.empty();
      const uint8_t identifier = answers ? last[3] : in.U8();
      const bool same = (step & 16) != 0 && !last.empty();
      const size_t length = same ? 0 : in.U8();
      const auto data = same ? last.subspan(6) : in.Take(std::min(length, in.remaining()));
      ReceivePacket(protocol, code, identifier, {data.begin(), data.end()});
    });
  }

  void ReceivePacket(uint16_t protocol, uint8_t code, uint8_t identifier,
                     const std::vector<uint8_t>& data) {
    const size_t length = 4 + data.size();
    std::vector<uint8_t> frame{
        static_cast<uint8_t>(protocol >> 8), static_cast<uint8_t>(protocol), code, identifier,
        static_cast<uint8_t>(length >> 8),   static_cast<uint8_t>(length)};
    frame.insert(frame.end(), data.begin(), data.end());
    sent_.clear();
    Receive(frame);
    // LCP, and the network control protocols, whose numbers begin with 8 (RFC 1661 §2).
    const bool negotiates = protocol == 0xC021 || protocol >> 12 == 8;
    if (code != 1 || !negotiates) return;
    for (const auto& answer : sent_) {
      const bool same = std::equal(answer.begin(), answer.begin() + 2, frame.begin());
      if (same && answer[3] == identifier) CheckAnswer(answer, data);
    }
  }

  /// LCP opens: the peer acknowledges our request, and asks for `options`.
  void OpenLcp(const std::vector<uint8_t>& options = {}) {
    constexpr uint16_t kLcp = 0xC021;
    Handle(Start{});
    Acknowledge(kLcp);
    ReceivePacket(kLcp, 1, 1, options);
  }

  /// LCP opens, and the peer logs in by PAP and is accepted.
  void LogInWithPap(bool ipv6 = false) {
    OpenLcp();
    constexpr uint8_t kLogin[] = {0xC0, 0x23, 1, 1, 0, 6, 0, 0};
    Receive(kLogin);
    Accept(ipv6);
  }

  /// The peer acknowledges our last Configure-Request. Precondition: there is one.
  void Acknowledge(uint16_t protocol) {
    std::vector<uint8_t> ack = last_requests_.at(protocol);
    ack.at(2) = 2;
    Receive(ack);
  }

  void Accept(bool ipv6 = false) {
    Handle(AuthAccepted{.network = {.local = IpAddress::V4(1),
                                    .peer = IpAddress::V4(2),
                                    .dns = {IpAddress::V4(3), IpAddress()},
                                    .wins = {}},
                        .ipv6 = ipv6,
                        .authenticator_response = std::array<uint8_t, 20>{}});
  }

 private:
  template <typename TakeFrame>
  void RunSteps(std::span<const uint8_t> script, TakeFrame take_frame) {
    WireReader in(script);
    while (!in.empty() && in.ok()) {
      const uint8_t step = in.U8();
      switch (step & 7) {
        case 0:
          Wait(std::chrono::milliseconds(100 * (step >> 3)));
          break;
        case 1:
          Accept((step & 8) != 0);
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
        default:
          take_frame(step, in);
      }
    }
    // However it went, an unanswered link ends and then is quiet.
    Handle(Close{"end"});
    for (int i = 0; i < 4 && !ended_; ++i) Wait(std::chrono::seconds(10));
    if (!ended_ || link_.NextDeadline().has_value()) std::abort();
  }

  /// An Ack is the request's copy, a Reject has copies of some of its options in their order (RFC
  /// 1661 §5.2, §5.4).
  static void CheckAnswer(std::span<const uint8_t> answer, std::span<const uint8_t> asked) {
    const auto said = answer.subspan(6);
    if (answer[2] == 2 && !std::ranges::equal(said, asked)) std::abort();
    if (answer[2] != 4) return;
    const auto options = ParseOptions(asked);
    const auto rejected = ParseOptions(said);
    if (!options || !rejected || rejected->empty()) std::abort();
    auto next = options->begin();
    for (const auto& option : *rejected) {
      next = std::find(next, options->end(), option);
      if (next == options->end()) std::abort();
      ++next;
    }
  }

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
      if (const auto* ipv6 = std::get_if<Ipv6Up>(&action)) CheckIpv6(*ipv6);
      if (std::holds_alternative<Ipv6Down>(action)) Flip(up6_, false);
      if (std::holds_alternative<LinkDown>(action)) ended_ = true;
      if (ended_ && (up_ || up6_)) std::abort();  // NetworkDown goes before LinkDown
    }
  }

  void CheckIpv6(const Ipv6Up& ipv6) {
    Flip(up6_, true);
    // RFC 5072 §4.1: both ends have an identifier, and not the same.
    const auto [local, peer] = std::pair(ipv6.network.local, ipv6.network.peer);
    if (local == 0 || peer == 0 || local == peer) std::abort();
  }

  static void Flip(bool& state, bool to) {
    if (state == to) std::abort();
    state = to;
  }

  void CheckFrame(const std::vector<uint8_t>& bytes) {
    const size_t size = bytes.size();
    if (size < 6 || size > 2 + 1500) std::abort();
    if (size != static_cast<size_t>(2 + (bytes[4] << 8 | bytes[5]))) std::abort();
    sent_.push_back(bytes);
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
  std::vector<std::vector<uint8_t>> sent_;                  // since the last packet of a script
};

}  // namespace sallyport::ppp
