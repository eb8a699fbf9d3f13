// SPDX-License-Identifier: GPL-2.0-or-later
// A sequence of steps against a tunnel that is established. The input is a list of steps, each an
// octet that says which, and what that step needs:
//   0 a control message in order: length, then AVPs   1 the same, session id of a live call
//   2 a raw datagram: length, then octets             3 time passes: seconds
//   4 the call's kernel session is ready or not       5 a command closes the call
//   6 an Nr and an Ns of the peer's choice            7 data for the call
#include <cstdint>
#include <cstdlib>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "base/wire_reader.h"
#include "base/wire_writer.h"
#include "l2tp/endpoint.h"
#include "l2tp/header.h"

namespace {

using sallyport::Entropy;
using sallyport::IpAddress;
using sallyport::IpEndpoint;
using sallyport::TimePoint;
using sallyport::WireReader;
using sallyport::WireWriter;
namespace l2tp = sallyport::l2tp;

constexpr l2tp::PathId kPath{1};

class Driver {
 public:
  Driver() : endpoint_(Config()) {
    // SCCRQ: Protocol Version, Framing Capabilities, Host Name, Assigned Tunnel ID 7.
    constexpr uint8_t kSccrq[] = {0x80, 8,  0, 0, 0, 0, 0,   1,        // Message Type
                                  0x80, 8,  0, 0, 0, 2, 1,   0,        //
                                  0x80, 10, 0, 0, 0, 3, 0,   0, 0, 3,  //
                                  0x80, 7,  0, 0, 0, 7, 'c',           //
                                  0x80, 8,  0, 0, 0, 9, 0,   7};
    constexpr uint8_t kScccn[] = {0x80, 8, 0, 0, 0, 0, 0, 3};
    Control({}, kSccrq);
    Control({}, kScccn);
    if (!up_) std::abort();
  }

  void Run(std::span<const uint8_t> input) {
    WireReader in(input);
    while (!in.empty()) Step(in);
    // Left alone, everything comes to an end.
    for (int i = 0; i < 200 && endpoint_.NextDeadline(); ++i) Advance(std::chrono::seconds(31));
    if (endpoint_.tunnel_count() != 0 || !tunnels_.empty() || !sessions_.empty()) std::abort();
  }

 private:
  static l2tp::EndpointConfig Config() {
    l2tp::EndpointConfig config;
    config.host_name = "lns";
    config.max_sessions_per_tunnel = 4;
    return config;
  }

  void Step(WireReader& in) {
    switch (in.U8() % 8) {
      case 0:
        Control({}, in.Take(std::min<size_t>(in.U8(), in.remaining())));
        return;
      case 1:
        Control(last_session_, in.Take(std::min<size_t>(in.U8(), in.remaining())));
        return;
      case 2:
        Receive(in.Take(std::min<size_t>(in.U16() % 1500, in.remaining())));
        return;
      case 3:
        Advance(std::chrono::seconds(in.U8()));
        return;
      case 4:
        Give(l2tp::SessionPrepared{tunnel_, last_session_, in.U8() % 2 == 0});
        return;
      case 5:
        Give(l2tp::CloseSession{tunnel_, last_session_, {}});
        return;
      case 6:
        ns_ = static_cast<uint16_t>(ns_ + in.U16());
        nr_ = static_cast<uint16_t>(nr_ + in.U16());
        return;
      case 7: {
        WireWriter out;
        out.U16(2);
        out.U16(tunnel_.value());
        out.U16(last_session_.value());
        out.Bytes(in.Take(std::min<size_t>(in.U8(), in.remaining())));
        Receive(out.view());
        return;
      }
      default:
        return;
    }
  }

  void Control(l2tp::SessionId session, std::span<const uint8_t> avps) {
    const l2tp::ControlHeader header{tunnel_, session, ns_, nr_};
    if (!avps.empty()) ++ns_;
    Receive(l2tp::BuildControlMessage(header, avps));
  }

  void Receive(std::span<const uint8_t> bytes) {
    endpoint_.Receive({.path = kPath, .peer = peer_, .local = {}, .bytes = bytes}, now_,
                      NextEntropy(), actions_);
    CarryOut();
  }
  Entropy NextEntropy() {
    Entropy entropy{};
    for (uint8_t& octet : entropy) octet = ++random_;
    return entropy;
  }
  void Give(const l2tp::Command& command) {
    endpoint_.Handle(command, now_, NextEntropy(), actions_);
    CarryOut();
  }
  void Advance(std::chrono::seconds by) {
    now_ += by;
    endpoint_.HandleTimeout(now_, NextEntropy(), actions_);
    CarryOut();
  }

  void CarryOut() {
    for (const auto& action : std::exchange(actions_, {})) {
      std::visit([this](const auto& one) { Note(one); }, action);
    }
  }
  void Note(const l2tp::SendDatagram& send) {
    const auto packet = l2tp::ParsePacket(send.bytes);
    if (!packet || !std::holds_alternative<l2tp::ControlPacket>(*packet)) std::abort();
    const auto& header = std::get<l2tp::ControlPacket>(*packet).header;
    nr_ = static_cast<uint16_t>(header.ns + 1);
  }
  void Note(const l2tp::PrepareTunnel& request) {
    if (!tunnels_.emplace(request.tunnel, true).second) std::abort();
    tunnel_ = request.tunnel;
    ns_ = 1;  // its SCCRQ was 0
    Give(l2tp::TunnelPrepared{request.tunnel, kPath});
  }
  void Note(const l2tp::TunnelUp&) { up_ = true; }
  void Note(const l2tp::PrepareSession& request) {
    if (!sessions_.emplace(std::pair(request.tunnel, request.session), false).second) std::abort();
    last_session_ = request.session;
  }
  void Note(const l2tp::SessionUp& up) {
    const auto known = sessions_.find({up.tunnel, up.session});
    if (known == sessions_.end() || std::exchange(known->second, true)) std::abort();
  }
  void Note(const l2tp::SessionDown& down) {
    if (sessions_.erase({down.tunnel, down.session}) != 1) std::abort();
  }
  void Note(const l2tp::TunnelDown& down) {
    const auto known = tunnels_.find(down.tunnel);
    if (known == tunnels_.end() || !std::exchange(known->second, false)) std::abort();
  }
  void Note(const l2tp::TunnelReleased& released) {
    const auto known = tunnels_.find(released.tunnel);
    if (known == tunnels_.end() || known->second) std::abort();
    tunnels_.erase(known);
  }
  void Note(const l2tp::DataFrame& data) {
    const auto known = sessions_.find({data.tunnel, data.session});
    if (known == sessions_.end() || !known->second || data.frame.empty()) std::abort();
  }
  void Note(const l2tp::Refused& refused) {
    if (refused.result.result == 0) std::abort();
  }

  l2tp::Endpoint endpoint_;
  l2tp::Actions actions_;
  TimePoint now_{std::chrono::hours(1)};
  IpEndpoint peer_{IpAddress::V4(0xCB007109), 1701};
  uint8_t random_ = 0;
  bool up_ = false;
  l2tp::TunnelId tunnel_;
  l2tp::SessionId last_session_;
  uint16_t ns_ = 0;
  uint16_t nr_ = 0;
  std::map<l2tp::TunnelId, bool> tunnels_;                               // true until TunnelDown
  std::map<std::pair<l2tp::TunnelId, l2tp::SessionId>, bool> sessions_;  // true after SessionUp
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Driver().Run(std::span(data, size));
  return 0;
}
