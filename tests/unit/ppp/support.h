// SPDX-License-Identifier: GPL-2.0-or-later
// One link under test in virtual time, its actions as text, so that a test reads like the exchange.
#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ppp/link.h"

namespace sallyport::ppp {

inline constexpr uint16_t kLcp = 0xC021, kPap = 0xC023, kChap = 0xC223, kEap = 0xC227,
                          kIpcp = 0x8021, kIpv6cp = 0x8057;
// Codes of RFC 1661 §5, RFC 1334 §2.2 and RFC 1994 §4.
inline constexpr uint8_t kConfReq = 1, kConfAck = 2, kConfNak = 3, kConfRej = 4, kTermReq = 5,
                         kTermAck = 6, kCodeRej = 7, kProtRej = 8, kEchoReq = 9, kEchoRep = 10,
                         kDiscard = 11, kIdentification = 12, kTimeRemaining = 13;
inline constexpr uint8_t kPapRequest = 1, kPapAck = 2, kPapNak = 3;
// RFC 3748 §4, §5.
inline constexpr uint8_t kEapRequest = 1, kEapResponse = 2, kEapSuccess = 3, kEapFailure = 4;
inline constexpr uint8_t kChallenge = 1, kResponse = 2, kSuccess = 3, kFailure = 4;

/// Octets written in hexadecimal, blanks ignored.
std::vector<uint8_t> Octets(std::string_view hex);
/// The hexadecimal of a text.
std::string Hex(std::string_view text);
/// A frame: Protocol, Code, Identifier, the right Length, and `data` in hexadecimal.
std::vector<uint8_t> Wire(uint16_t protocol, uint8_t code, uint8_t identifier,
                          std::string_view data = "");

/// "LCP 1/7 010405dc" (protocol, Code/Identifier, data), "AUTH ms-chap-v2 user", "AUTH eap 4 user"
/// (the method's Type), "UP 10.9.0.2 mtu 1400" (the peer's address), "ESTABLISHED pap own chap-md5
/// 1500 proxied" (the second half only where it applies), "DOWN", "UP6 1111:2222:3333:4444 mtu
/// 1400" (the peer's interface identifier), "DOWN6", "END not_converging".
std::string ToText(const Action& action);
/// The same text for a frame that we send.
std::string Sent(uint16_t protocol, uint8_t code, uint8_t identifier, std::string_view data = "");

/// What aaa/ does with a login: the verdict on a user with that password. `accept_all`: it takes
/// any other as well.
Command Decide(const Authenticate& request, std::string_view password, bool accept_all = false);

using Texts = std::vector<std::string>;

NetworkParameters TestNetwork();

/// A link with a clock and predictable entropy: octet i of the k-th call is 16 * k + i, so that our
/// first Magic-Number is 10111213.
class TestLink {
 public:
  explicit TestLink(LinkConfig config = {});

  Texts Start();
  Texts Receive(const std::vector<uint8_t>& frame);
  Texts Handle(const Command& command);
  /// Lets `duration` pass, stopping at each deadline.
  Texts Wait(Duration duration);

  /// Takes LCP to Opened: the peer acknowledges our request and sends one with `options`.
  Texts OpenLcp(std::string_view options = "");
  /// Takes a link with PAP to the network phase.
  Texts LogInWithPap(bool ipv6 = false);
  /// Takes the link from the network phase to IPCP's Opened.
  Texts OpenIpcp();
  /// Takes the link from the network phase to IPv6CP's Opened, the peer with the identifier
  /// 0000:0000:0000:0002.
  Texts OpenIpv6cp();
  /// IPCP in the client's role: the server gives it 10.9.0.2 and has 10.9.0.1.
  Texts OpenIpcpAsClient();

  /// The octets of the last Configure-Request that we sent on `protocol`, from its Code on, in
  /// hexadecimal: Identifier and options.
  uint8_t RequestIdentifier(uint16_t protocol) const;
  std::string RequestOptions(uint16_t protocol) const;
  /// The Ack to it.
  std::vector<uint8_t> Ack(uint16_t protocol) const;

  const std::optional<Authenticate>& authenticate() const { return authenticate_; }
  const std::optional<NetworkUp>& network_up() const { return network_up_; }
  /// What LinkDown said.
  const std::string& detail() const { return detail_; }
  /// The entropy of the next call.
  void SetEntropy(const Entropy& entropy) { entropy_ = entropy; }
  uint64_t Drops(DropReason reason) const { return drops_.Get(reason); }
  uint64_t AllDrops() const;
  Phase phase() const { return link_.phase(); }
  std::optional<TimePoint> NextDeadline() const { return link_.NextDeadline(); }
  /// The frames of the last call.
  const std::vector<std::vector<uint8_t>>& frames() const { return frames_; }

 private:
  Texts Take(Actions actions);
  Entropy NextEntropy();

  LinkConfig config_;
  DropCounters drops_;
  Link link_;
  TimePoint now_{};
  uint8_t calls_ = 0;
  bool ended_ = false;
  std::optional<Entropy> entropy_;
  std::optional<Authenticate> authenticate_;
  std::optional<NetworkUp> network_up_;
  std::string detail_;
  std::map<uint16_t, std::vector<uint8_t>> requests_;  // the last of each protocol
  std::vector<std::vector<uint8_t>> frames_;
};

/// A configuration with one method.
LinkConfig ConfigWith(AuthMethod method);
/// With PAP and both families.
LinkConfig DualStack(NetworkUse ipv4 = NetworkUse::kAllow, NetworkUse ipv6 = NetworkUse::kAllow);
/// A client's: "User" with the password "clientPass" (RFC 2759 §9.2).
LinkConfig ClientConfig(std::vector<AuthMethod> methods);

}  // namespace sallyport::ppp
