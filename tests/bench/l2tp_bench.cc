// SPDX-License-Identifier: GPL-2.0-or-later
// What the L2TP engine costs for each client, with few and with many others connected.
#include <benchmark/benchmark.h>
#include <cstdint>
#include <cstdlib>
#include <utility>
#include <vector>

#include "base/entropy.h"
#include "base/ip_address.h"
#include "l2tp/endpoint.h"
#include "l2tp/header.h"
#include "l2tp/message.h"
#include "l2tp/validate.h"

namespace sallyport::l2tp {
namespace {

constexpr TunnelId kPeerTunnel{1};
constexpr SessionId kPeerSession{1};

Sccrq Request() {
  Sccrq request;
  request.assigned_tunnel = kPeerTunnel;
  request.receive_window = 8;
  request.host_name = "laptop";
  request.vendor_name = "Microsoft";
  return request;
}

/// An Endpoint and clients that do everything right. Each client comes by a path of its own.
class Concentrator {
 public:
  Concentrator() : endpoint_(Config()) {}

  /// From SCCRQ to ICCN. Gives the client's path.
  PathId Connect() {
    const PathId path(++last_path_);
    now_ += std::chrono::milliseconds(1);
    Receive(path, TunnelId(), SessionId(), 0, 0, Request());
    const TunnelId tunnel = tunnel_;
    Receive(path, tunnel, SessionId(), 1, 1, Scccn{});
    Icrq call;
    call.assigned_session = kPeerSession;
    Receive(path, tunnel, SessionId(), 2, 1, call);
    if (session_ == SessionId()) std::abort();
    Receive(path, tunnel, session_, 3, 2, Iccn{});
    return path;
  }
  void Drop(PathId path) { Give(PathDown{path}); }

  /// A HELLO with the number `ns`, which the endpoint acknowledges.
  void SendHello(PathId path, TunnelId tunnel, uint16_t ns) {
    Receive(path, tunnel, SessionId(), ns, 2, Hello{});
  }
  TunnelId last_tunnel() const { return tunnel_; }

 private:
  static EndpointConfig Config() {
    EndpointConfig config;
    config.host_name = "gw";
    config.sccrq_per_second = 0;  // the clients come faster than any would
    config.sccrq_per_second_prefix = 0;
    return config;
  }

  Entropy NextEntropy() {
    Entropy entropy{};
    for (uint8_t& octet : entropy) {
      seed_ = seed_ * 6364136223846793005 + 1442695040888963407;  // Knuth's MMIX generator
      octet = static_cast<uint8_t>(seed_ >> 56);
    }
    return entropy;
  }

  void Receive(PathId path, TunnelId tunnel, SessionId session, uint16_t ns, uint16_t nr,
               const Message& message) {
    const auto bytes = BuildControlMessage({tunnel, session, ns, nr}, Encode(message));
    endpoint_.Receive({.path = path,
                       .peer = {IpAddress::V4(0xC6336401), 1701},
                       .local = IpAddress::V4(0xCB00710A),
                       .bytes = bytes,
                       .authenticated = true},
                      now_, NextEntropy(), actions_);
    Answer();
  }
  void Give(const Command& command) {
    endpoint_.Handle(command, now_, NextEntropy(), actions_);
    Answer();
  }
  /// Prepares at once whatever is to be prepared.
  void Answer() {
    for (const Action& action : std::exchange(actions_, {})) {
      if (const auto* prepare = std::get_if<PrepareTunnel>(&action)) {
        tunnel_ = prepare->tunnel;
        Give(TunnelPrepared{prepare->tunnel, prepare->path});
      } else if (const auto* call = std::get_if<PrepareSession>(&action)) {
        session_ = call->session;
        Give(SessionPrepared{call->tunnel, call->session, true});
      }
    }
  }

  Endpoint endpoint_;
  Actions actions_;
  TimePoint now_{std::chrono::hours(1)};
  uint64_t last_path_ = 0;
  uint64_t seed_ = 1;
  TunnelId tunnel_;
  SessionId session_;
};

/// A client connects and goes, while `range(0)` others stay.
void BM_ConnectAndGo(benchmark::State& state) {
  Concentrator concentrator;
  for (int64_t i = 0; i < state.range(0); ++i) concentrator.Connect();
  for (auto _ : state) concentrator.Drop(concentrator.Connect());
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_ConnectAndGo)->Arg(0)->Arg(1000)->Arg(20000);

/// One of many clients says HELLO and is answered.
void BM_Hello(benchmark::State& state) {
  Concentrator concentrator;
  for (int64_t i = 1; i < state.range(0); ++i) concentrator.Connect();
  const PathId path = concentrator.Connect();
  const TunnelId tunnel = concentrator.last_tunnel();
  uint16_t ns = 4;
  for (auto _ : state) concentrator.SendHello(path, tunnel, ns++);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Hello)->Arg(1)->Arg(20000);

void BM_ValidateSccrq(benchmark::State& state) {
  const auto avps = Encode(Request());
  for (auto _ : state) benchmark::DoNotOptimize(Validate(avps));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_ValidateSccrq);

}  // namespace
}  // namespace sallyport::l2tp
