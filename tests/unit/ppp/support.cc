// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/ppp/support.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "base/wire_writer.h"
#include "crypto/chap.h"
#include "crypto/mschapv2.h"

namespace sallyport::ppp {
namespace {

std::string_view Name(EndReason reason) {
  switch (reason) {
    case EndReason::kPeerTerminated:
      return "peer_terminated";
    case EndReason::kLocalClose:
      return "local_close";
    case EndReason::kNegotiationTimeout:
      return "negotiation_timeout";
    case EndReason::kNotConverging:
      return "not_converging";
    case EndReason::kAuthenticationRefused:
      return "authentication_refused";
    case EndReason::kAuthenticationFailed:
      return "authentication_failed";
    case EndReason::kAuthenticationTimeout:
      return "authentication_timeout";
    case EndReason::kMethodNotAllowed:
      return "method_not_allowed";
    case EndReason::kServerUnproven:
      return "server_unproven";
    case EndReason::kEchoTimeout:
      return "echo_timeout";
    case EndReason::kNetworkRefused:
      return "network_refused";
    case EndReason::kLoopback:
      return "loopback";
    case EndReason::kLowerLayerDown:
      return "lower_layer_down";
  }
  return "?";
}

std::string_view Name(AuthMethod method) {
  switch (method) {
    case AuthMethod::kPap:
      return "pap";
    case AuthMethod::kChapMd5:
      return "chap-md5";
    case AuthMethod::kMsChapV2:
      return "ms-chap-v2";
    case AuthMethod::kEap:
      return "eap";
  }
  return "?";
}

std::string_view ProtocolName(unsigned protocol) {
  if (protocol == kLcp) return "LCP";
  if (protocol == kPap) return "PAP";
  if (protocol == kChap) return "CHAP";
  if (protocol == kEap) return "EAP";
  if (protocol == kIpv6cp) return "IPV6CP";
  return protocol == kIpcp ? "IPCP" : "?";
}

struct Describe {
  std::string operator()(const SendFrame& frame) const {
    const auto& octets = frame.bytes;
    EXPECT_GE(octets.size(), 6U);
    EXPECT_EQ(octets.size(),
              static_cast<size_t>(2 + (octets[4] << 8 | octets[5])));  // Length covers the packet
    return std::string(ProtocolName(static_cast<unsigned>(octets[0] << 8 | octets[1]))) + " " +
           std::to_string(octets[2]) + "/" + std::to_string(octets[3]) + " " +
           ToHex(std::span(octets).subspan(6));
  }
  std::string operator()(const LinkEstablished& established) const {
    std::string text = "ESTABLISHED ";
    text += established.method ? Name(*established.method) : "none";
    if (established.own_method) text.append(" own ").append(Name(*established.own_method));
    text += " " + std::to_string(established.peer_mru);
    return established.proxied ? text + " proxied" : text;
  }
  std::string operator()(const Authenticate& request) const {
    std::string text = "AUTH " + std::string(Name(request.method)) + " ";
    if (request.eap_method) text += std::to_string(static_cast<int>(*request.eap_method)) + " ";
    return text + PrintableText(request.user, 300);
  }
  std::string operator()(const NetworkUp& up) const {
    return "UP " + up.network.peer.ToString() + " mtu " + std::to_string(up.mtu);
  }
  std::string operator()(const NetworkDown&) const { return "DOWN"; }
  std::string operator()(const Ipv6Up& up) const {
    WireWriter identifier;
    identifier.U64(up.network.peer);
    std::string hex = ToHex(identifier.view());
    for (const size_t colon : {12U, 8U, 4U}) hex.insert(colon, ":");
    return "UP6 " + hex + " mtu " + std::to_string(up.mtu);
  }
  std::string operator()(const Ipv6Down&) const { return "DOWN6"; }
  std::string operator()(const LinkDown& down) const {
    return "END " + std::string(Name(down.reason));
  }
};

}  // namespace

std::vector<uint8_t> Octets(std::string_view hex) {
  std::string digits;
  std::ranges::copy_if(hex, std::back_inserter(digits), [](char c) { return c != ' '; });
  const auto octets = FromHex(digits);
  EXPECT_TRUE(octets.has_value()) << hex;
  return octets.value_or(std::vector<uint8_t>{});
}

std::string Hex(std::string_view text) {
  return ToHex({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

std::vector<uint8_t> Wire(uint16_t protocol, uint8_t code, uint8_t identifier,
                          std::string_view data) {
  const auto octets = Octets(data);
  const size_t length = octets.size() + 4;
  std::vector<uint8_t> frame{
      static_cast<uint8_t>(protocol >> 8), static_cast<uint8_t>(protocol), code, identifier,
      static_cast<uint8_t>(length >> 8),   static_cast<uint8_t>(length)};
  frame.insert(frame.end(), octets.begin(), octets.end());
  return frame;
}

std::string ToText(const Action& action) { return std::visit(Describe{}, action); }

std::string Sent(uint16_t protocol, uint8_t code, uint8_t identifier, std::string_view data) {
  return ToText(SendFrame{Wire(protocol, code, identifier, data)});
}

NetworkParameters TestNetwork() {
  return {.local = IpAddress::V4(0x0A090001),
          .peer = IpAddress::V4(0x0A090002),
          .dns = {IpAddress::V4(0x0A090035), IpAddress::V4(0x0A090036)},
          .wins = {IpAddress::V4(0x0A090037), IpAddress()}};
}

LinkConfig ConfigWith(AuthMethod method) {
  LinkConfig config;
  config.auth = {method};
  config.host_name = "lns";
  return config;
}

LinkConfig DualStack(NetworkUse ipv4, NetworkUse ipv6) {
  LinkConfig config = ConfigWith(AuthMethod::kPap);
  config.ipv4 = ipv4;
  config.ipv6 = ipv6;
  return config;
}

LinkConfig ClientConfig(std::vector<AuthMethod> methods) {
  LinkConfig config;
  config.client = ClientRole{};
  config.client->user = "User";
  config.client->password = Secret(std::string_view("clientPass"));
  config.client->methods = std::move(methods);
  return config;
}

Command Decide(const Authenticate& request, std::string_view password, bool accept_all) {
  const auto hash = crypto::NtPasswordHash(password);
  const AuthRejected rejected;
  const auto user = crypto::UserWithoutDomain(request.user);
  if (const auto* login = std::get_if<MsChapV2Credential>(&request.credential)) {
    const auto expected = crypto::GenerateNtResponse(login->authenticator_challenge,
                                                     login->peer_challenge, user, hash);
    if (expected != login->nt_response && !accept_all) return rejected;
    return AuthAccepted{
        .network = TestNetwork(),
        .authenticator_response = crypto::GenerateAuthenticatorResponse(
            hash, login->nt_response, login->peer_challenge, login->authenticator_challenge, user)};
  }
  bool good = false;
  if (const auto* login = std::get_if<ChapMd5Credential>(&request.credential)) {
    good = login->response ==
           crypto::ChapMd5Response(login->identifier, Octets(Hex(password)), login->challenge);
  }
  if (const auto* login = std::get_if<PapCredential>(&request.credential)) {
    good = login->password.text() == password;
  }
  if (!good && !accept_all) return rejected;
  return AuthAccepted{.network = TestNetwork(), .authenticator_response = {}};
}

TestLink::TestLink(LinkConfig config) : config_(std::move(config)), link_(config_, drops_) {}

Texts TestLink::Start() { return Handle(ppp::Start{}); }

Texts TestLink::Receive(const std::vector<uint8_t>& frame) {
  Actions actions;
  link_.Receive(frame, now_, NextEntropy(), actions);
  return Take(std::move(actions));
}

Texts TestLink::Handle(const Command& command) {
  Actions actions;
  link_.Handle(command, now_, NextEntropy(), actions);
  return Take(std::move(actions));
}

Texts TestLink::Wait(Duration duration) {
  const TimePoint end = now_ + duration;
  Actions actions;
  while (link_.NextDeadline() && *link_.NextDeadline() <= end) {
    now_ = std::max(now_, *link_.NextDeadline());
    link_.HandleTimeout(now_, NextEntropy(), actions);
  }
  now_ = end;
  return Take(std::move(actions));
}

Texts TestLink::OpenLcp(std::string_view options) {
  if (phase() == Phase::kDead) Start();
  Receive(Ack(kLcp));
  return Receive(Wire(kLcp, kConfReq, 1, options));
}

Texts TestLink::LogInWithPap(bool ipv6) {
  OpenLcp();
  Receive(Wire(kPap, kPapRequest, 1, "03 626f62 02 7077"));  // "bob", "pw"
  return Handle(AuthAccepted{.network = TestNetwork(), .ipv6 = ipv6, .authenticator_response = {}});
}

Texts TestLink::OpenIpcp() {
  Receive(Ack(kIpcp));
  return Receive(Wire(kIpcp, kConfReq, 1, "0306 0a090002"));
}

Texts TestLink::OpenIpv6cp() {
  Receive(Ack(kIpv6cp));
  return Receive(Wire(kIpv6cp, kConfReq, 1, "010a 0000000000000002"));
}

Texts TestLink::OpenIpcpAsClient() {
  Receive(Wire(kIpcp, kConfNak, RequestIdentifier(kIpcp), "0306 0a090002"));
  Receive(Ack(kIpcp));
  return Receive(Wire(kIpcp, kConfReq, 1, "0306 0a090001"));
}

uint8_t TestLink::RequestIdentifier(uint16_t protocol) const {
  const auto request = requests_.find(protocol);
  return request != requests_.end() ? request->second[3] : 0;
}

std::string TestLink::RequestOptions(uint16_t protocol) const {
  const auto request = requests_.find(protocol);
  return request != requests_.end() ? ToHex(std::span(request->second).subspan(6)) : "";
}

std::vector<uint8_t> TestLink::Ack(uint16_t protocol) const {
  return Wire(protocol, kConfAck, RequestIdentifier(protocol), RequestOptions(protocol));
}

uint64_t TestLink::AllDrops() const {
  uint64_t sum = 0;
  for (const auto& [reason, count] : drops_.All()) sum += count;
  return sum;
}

Texts TestLink::Take(Actions actions) {
  Texts texts;
  frames_.clear();
  for (const auto& action : actions) {
    EXPECT_FALSE(ended_) << "after LinkDown: " << ToText(action);
    texts.push_back(ToText(action));
    if (const auto* frame = std::get_if<SendFrame>(&action)) {
      frames_.push_back(frame->bytes);
      const auto protocol = static_cast<uint16_t>(frame->bytes[0] << 8 | frame->bytes[1]);
      if (frame->bytes[2] == kConfReq) requests_[protocol] = frame->bytes;
    }
    if (const auto* login = std::get_if<Authenticate>(&action)) authenticate_ = *login;
    if (const auto* up = std::get_if<NetworkUp>(&action)) network_up_ = *up;
    if (const auto* down = std::get_if<LinkDown>(&action)) detail_ = down->detail;
    ended_ = ended_ || std::holds_alternative<LinkDown>(action);
  }
  if (ended_) {
    EXPECT_FALSE(link_.NextDeadline().has_value());
  }
  return texts;
}

Entropy TestLink::NextEntropy() {
  Entropy entropy{};
  for (size_t i = 0; i < entropy.size(); ++i) {
    entropy[i] = static_cast<uint8_t>(16 * calls_ + static_cast<int>(i));
  }
  ++calls_;
  return std::exchange(entropy_, std::nullopt).value_or(entropy);
}

}  // namespace sallyport::ppp
