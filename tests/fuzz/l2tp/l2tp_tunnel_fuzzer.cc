// SPDX-License-Identifier: GPL-2.0-or-later
// A sequence of steps against a tunnel that is established. The first octet of the input says how
// it came to be: bit 0 we dialled it, bit 1 a secret is shared and our AVPs are hidden, the others
// the policy of sequencing. Then a list of steps, each an octet that says which, and what that step
// needs:
//   0 a control message in order: length, then AVPs   1 the same, session id of a live call
//   2 a raw datagram: length, then octets             3 time passes: seconds
//   4 the call's kernel session is ready or not       5 a command closes the call
//   6 an Nr and an Ns of the peer's choice            7 data for the call
//   8 we ask for a call: its direction                9 WEN or SLI of ours for the call
//  10 the tunnel is closed, or everything            11 data keeps the tunnel alive
#include <cstdint>
#include <cstdlib>
#include <map>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "base/wire_reader.h"
#include "base/wire_writer.h"
#include "l2tp/endpoint.h"
#include "l2tp/header.h"
#include "l2tp/validate.h"

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
  explicit Driver(uint8_t mode)
      : dialled_((mode & 1) != 0), policy_(Policy((mode & 2) != 0)), endpoint_(Config(mode)) {
    // The peer's tunnel id is 7. Protocol Version, Framing and Bearer Capabilities, Host Name,
    // Assigned Tunnel ID.
    constexpr uint8_t kSccrq[] = {0x80, 8,  0, 0, 0, 0, 0,   1,        // Message Type
                                  0x80, 8,  0, 0, 0, 2, 1,   0,        //
                                  0x80, 10, 0, 0, 0, 3, 0,   0, 0, 3,  //
                                  0x80, 7,  0, 0, 0, 7, 'c',           //
                                  0x80, 8,  0, 0, 0, 9, 0,   7};
    constexpr uint8_t kSccrp[] = {0x80, 8,  0, 0, 0, 0, 0,   2,        // Message Type
                                  0x80, 8,  0, 0, 0, 2, 1,   0,        //
                                  0x80, 10, 0, 0, 0, 3, 0,   0, 0, 3,  //
                                  0x80, 10, 0, 0, 0, 4, 0,   0, 0, 3,  //
                                  0x80, 7,  0, 0, 0, 7, 'c',           //
                                  0x80, 8,  0, 0, 0, 9, 0,   7};
    constexpr uint8_t kScccn[] = {0x80, 8, 0, 0, 0, 0, 0, 3};
    if (dialled_) {
      const l2tp::DialId dial(++last_dial_);
      dials_.insert(dial);
      Give(l2tp::OpenTunnel{dial, kPath, peer_, IpAddress(), policy_});
      Control({}, kSccrp);
    } else {
      Control({}, kSccrq);
      Control({}, kScccn);
    }
    if (!up_) std::abort();
  }

  void Run(std::span<const uint8_t> input) {
    WireReader in(input);
    while (!in.empty()) Step(in);
    // Left alone, everything comes to an end.
    for (int i = 0; i < 200 && endpoint_.NextDeadline(); ++i) Advance(std::chrono::seconds(31));
    if (endpoint_.tunnel_count() != 0 || !tunnels_.empty() || !sessions_.empty()) std::abort();
    if (!dials_.empty()) std::abort();  // each comes to something
  }

 private:
  static l2tp::TunnelPolicy Policy(bool shared) {
    if (!shared) return {};
    return {.secret = sallyport::Secret("secret"), .challenge = false, .hide_avps = true};
  }
  static l2tp::EndpointConfig Config(uint8_t mode) {
    l2tp::EndpointConfig config;
    config.host_name = "lns";
    config.max_sessions_per_tunnel = 4;
    config.take_outgoing_calls = true;
    config.sequencing = static_cast<l2tp::Sequencing>((mode >> 2) % 3);
    config.peers.push_back({.host_name = "", .addresses = {}, .tunnel = Policy((mode & 2) != 0)});
    return config;
  }

  void Step(WireReader& in) {
    switch (in.U8() % 12) {
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
      case 8:
        OpenCall(in.U8() % 2 == 0 ? l2tp::CallDirection::kIncoming
                                  : l2tp::CallDirection::kOutgoing);
        return;
      case 9:
        Give(l2tp::ReportErrors{tunnel_, last_session_, {}});
        Give(l2tp::SetLinkInfo{tunnel_, last_session_});
        return;
      case 10:
        if (in.U8() % 2 == 0) {
          Give(l2tp::CloseTunnel{tunnel_, {}});
        } else {
          Give(l2tp::Shutdown{});
        }
        return;
      case 11:
        Give(l2tp::ProofOfLife{tunnel_});
        return;
      default:
        return;
    }
  }

  void OpenCall(l2tp::CallDirection direction) {
    const l2tp::DialId dial(++last_dial_);
    dials_.insert(dial);
    l2tp::OpenCall call{
        .dial = dial, .tunnel = tunnel_, .direction = direction, .details = {}, .proxy = {}};
    call.details.called_number = "1";
    call.proxy.authen_type = 3;
    call.proxy.authen_response = sallyport::Secret("password");
    Give(call);
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
    const auto& control = std::get<l2tp::ControlPacket>(*packet);
    if (control.IsZlb()) return;
    nr_ = static_cast<uint16_t>(control.header.ns + 1);
    // What we send is what we would take.
    const auto message = l2tp::Validate(control.avps, &policy_.secret);
    if (!message) std::abort();
    if (const auto* icrq = std::get_if<l2tp::Icrq>(&*message)) {
      last_session_ = icrq->assigned_session;
    } else if (const auto* ocrq = std::get_if<l2tp::Ocrq>(&*message)) {
      last_session_ = ocrq->assigned_session;
    }
  }
  void Note(const l2tp::PrepareTunnel& request) {
    if (!tunnels_.emplace(request.tunnel, true).second) std::abort();
    if (request.dial) Settle(*request.dial);
    tunnel_ = request.tunnel;
    ns_ = request.dial ? 0 : 1;  // its SCCRQ was 0
    Give(l2tp::TunnelPrepared{request.tunnel, kPath});
  }
  void Note(const l2tp::TunnelUp&) { up_ = true; }
  void Note(const l2tp::PrepareSession& request) {
    if (!sessions_.emplace(std::pair(request.tunnel, request.session), false).second) std::abort();
    if (request.dial) Settle(*request.dial);
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
    ExpectUp(data.tunnel, data.session);
    if (data.frame.empty()) std::abort();
  }
  void Note(const l2tp::DialFailed& failed) { Settle(failed.dial); }
  void Note(const l2tp::ErrorsReported& report) { ExpectUp(report.tunnel, report.session); }
  void Note(const l2tp::LinkInfo& info) { ExpectUp(info.tunnel, info.session); }
  void Note(const l2tp::Refused& refused) {
    if (refused.result.result == 0) std::abort();
  }

  void Settle(l2tp::DialId dial) {
    if (dials_.erase(dial) != 1) std::abort();
  }
  void ExpectUp(l2tp::TunnelId tunnel, l2tp::SessionId session) const {
    const auto known = sessions_.find({tunnel, session});
    if (known == sessions_.end() || !known->second) std::abort();
  }

  const bool dialled_;
  const l2tp::TunnelPolicy policy_;
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
  uint64_t last_dial_ = 0;
  std::set<l2tp::DialId> dials_;            // nothing has become of them yet
  std::map<l2tp::TunnelId, bool> tunnels_;  // true until TunnelDown
  std::map<std::pair<l2tp::TunnelId, l2tp::SessionId>, bool> sessions_;  // true after SessionUp
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  Driver(data[0]).Run(std::span(data, size).subspan(1));
  return 0;
}
