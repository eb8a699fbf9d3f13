// SPDX-License-Identifier: GPL-2.0-or-later
// A daemon without a kernel, and a crowd of clients that are connected: what it has to do when
// somebody asks about all of them.
#pragma once
#include <cstdlib>
#include <functional>
#include <memory>
#include <utility>

#include "aaa/pool_set.h"
#include "daemon/concentrator.h"
#include "daemon/event_stream.h"
#include "daemon/http_server.h"
#include "daemon/log.h"
#include "daemon/status_api.h"
#include "daemon/status_view.h"
#include "daemon/trace_stream.h"
#include "tests/unit/daemon/fakes.h"
#include "tests/unit/l2tp/wire_builder.h"

namespace sallyport::daemon {

class Crowd {
 public:
  using Bytes = l2tp::testing::Bytes;

  /// `clients` have an SA, a tunnel and a session each, which is up. `calls` sessions besides have
  /// just been asked for, many in a tunnel.
  explicit Crowd(size_t clients, size_t calls = 0) {
    constexpr size_t kCallsOfATunnel = 200;
    SetLogLevel(LogLevel::kError);
    for (size_t client = 0; client < clients; ++client) BringUp();
    for (size_t call = 0; call < calls; ++call) {
      if (call % kCallsOfATunnel == 0) OpenTunnel();
      (void)Call();
      Acknowledge();
    }
  }
  ~Crowd() { SetLogLevel(log_level_); }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  HttpResponse Handle(const HttpRequest& request) { return api_.Handle(request); }

  /// Serves the API at `socket_path`, as the daemon does.
  Expected<HttpServer, std::string> Serve(const std::string& socket_path,
                                          HttpServer::Handler handler) {
    HttpServerOptions options;
    options.socket_path = socket_path;
    return HttpServer::Start(loop, options, std::move(handler),
                             [this](const HttpRequest& request, std::function<void()> ready) {
                               if (!StatusApi::ShowsCounters(request)) return false;
                               ReadCounters(std::move(ready));
                               return true;
                             });
  }

  /// Those of sessions and SAs.
  void ReadCounters(std::function<void()> done) {
    concentrator_.RefreshCounters([this, done = std::move(done)]() mutable {
      concentrator_.RefreshSaCounters(std::move(done));
      loop.Defer([this] { plane.Work(); });
    });
    loop.Defer([this] { plane.Work(); });
  }

  Concentrator& concentrator() { return concentrator_; }
  const SessionMap& sessions() const { return concentrator_.sessions().sessions(); }

  EventLoop loop;
  fake::FakeDataPlane plane;

 private:
  static Concentrator::Options Options() {
    Concentrator::Options options;
    options.l2tp.host_name = "gw";
    // All come at once, and stay without a word.
    options.l2tp.sccrq_per_second = 0;
    options.l2tp.sccrq_per_second_prefix = 0;
    options.l2tp.hello_interval = std::chrono::seconds{0};
    options.l2tp.setup_timeout = std::chrono::hours{1};
    options.ppp.host_name = "gw";
    options.ppp.auth = {ppp::AuthMethod::kPap};
    options.ppp.echo_interval = std::chrono::seconds{0};
    return options;
  }

  static aaa::PoolSet Pools() {
    aaa::PoolSettings pool;
    pool.name = "default";
    pool.ranges = {*aaa::AddressRange::Parse("10.64.0.0/16")};
    pool.gateway = *IpAddress::Parse("10.64.0.1");
    return *aaa::PoolSet::Create({pool});
  }

  void Settle() {
    do {
      plane.Work();
      loop.RunPending();
    } while (!plane.answers.empty());
  }

  /// A client of its own begins.
  void OpenTunnel() {
    const uint32_t client = clients_++;
    SecurityAssociation sa;
    sa.id = SaId(client + 1);
    sa.reqid = ReqId(client + 1);
    sa.peer = {IpAddress::V4(0x0B000001 + client), 4500};
    sa.local = local_;
    sa.local_id = "192.0.2.10";
    sa.remote_id = "192.168.1.20";
    sa.ike_version = "IKEv1";
    sa.spi_in = 2 * client + 1;
    sa.spi_out = 2 * client + 2;
    sa.udp_encapsulation = true;
    sa.ike_proposal = "AES_CBC_256/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_2048";
    sa.esp_proposal = "AES_CBC_256/HMAC_SHA2_256_128";
    plane.sa_readings.sas[{.destination = sa.local, .spi = sa.spi_in}] = {.bytes = client};
    plane.sa_readings.sas[{.destination = sa.peer.address, .spi = sa.spi_out}] = {.bytes = client};
    concentrator_.OnSaUp(sa);
    peer_ = {sa.peer.address, 1701};
    tunnel_ = 0;
    ns_ = 0;
    nr_ = 0;
    tunnel_ = Send(0, l2tp::testing::SccrqAvps(77)).U16(9);
    (void)Send(0, l2tp::testing::ScccnAvps());
  }

  /// One more session in the tunnel that was opened last.
  SessionKey Call() {
    const auto answer = Send(0, l2tp::testing::IcrqAvps(static_cast<uint16_t>(ns_)));
    return {l2tp::TunnelId(tunnel_), l2tp::SessionId(answer.U16(14))};
  }

  /// From SCCRQ to packets that flow.
  void BringUp() {
    OpenTunnel();
    const SessionKey key = Call();
    (void)Send(key.session.value(), l2tp::testing::IccnAvps());
    Agree(key, 0xC021, {});
    Frame(key,
          {0xC0, 0x23, 1, 5, 0, 17, 5, 'a', 'l', 'i', 'c', 'e', 6, 's', 'e', 'c', 'r', 'e', 't'});
    Agree(key, 0x8021, {3, 6, 10, 64, 0, 2});
    plane.counters[key] = {.rx_bytes = 1000, .tx_bytes = 2000, .rx_packets = 10, .tx_packets = 20};
    plane.frames.clear();
  }

  /// Or it would be told again and again.
  void Acknowledge() {
    const Bytes zlb = l2tp::testing::ControlMessage(tunnel_, 0, ns_, nr_);
    concentrator_.OnDatagram(
        {.path = l2tp::PathId(plane.last_path), .peer = peer_, .local = local_, .bytes = zlb}, {});
  }

  /// Sends the client's next message; gives what it is answered with, if it is more than a ZLB.
  l2tp::testing::Decoded Send(uint16_t session, const l2tp::testing::AvpList& avps) {
    const Bytes bytes = l2tp::testing::ControlMessage(tunnel_, session, ns_++, nr_, avps.bytes());
    concentrator_.OnDatagram(
        {.path = l2tp::PathId(plane.last_path), .peer = peer_, .local = local_, .bytes = bytes},
        {});
    Settle();
    l2tp::testing::Decoded answer;
    for (const auto& sent : std::exchange(plane.sent, {})) {
      auto message = l2tp::testing::Decode(sent.bytes);
      if (message.IsZlb()) continue;
      answer = std::move(message);
      ++nr_;
    }
    return answer;
  }
  void Frame(const SessionKey& key, const Bytes& frame) {
    concentrator_.OnFrame(key, frame);
    Settle();
  }
  /// Both sides of a protocol of PPP agree; the client asks for `options`.
  void Agree(const SessionKey& key, uint16_t protocol, const Bytes& options) {
    const Bytes head{static_cast<uint8_t>(protocol >> 8), static_cast<uint8_t>(protocol)};
    for (auto frame = plane.frames.rbegin();; ++frame) {
      if (frame == plane.frames.rend()) std::abort();
      if (!std::equal(head.begin(), head.end(), frame->begin()) || (*frame)[2] != 1) continue;
      Bytes ack = *frame;
      ack[2] = 2;  // Configure-Ack
      Frame(key, ack);
      break;
    }
    Bytes request = head;
    request.insert(request.end(), {1, 9, 0, static_cast<uint8_t>(4 + options.size())});
    request.insert(request.end(), options.begin(), options.end());
    Frame(key, request);
  }

  const LogLevel log_level_ = CurrentLogLevel();
  fake::FakeIke ike_;
  fake::FakeAccess access_;
  RandomSource random_;
  EventStream events_{loop};
  TraceStream trace_{loop};
  Concentrator concentrator_{loop, plane, &ike_, access_, random_, Options()};
  Config config_;
  aaa::PoolSet pools_ = Pools();
  StatusView view_{{.concentrator = concentrator_,
                    .data_plane = plane,
                    .ike = &ike_,
                    .pools = pools_,
                    .events = events_,
                    .trace = trace_,
                    .config = config_}};
  StatusApi api_{view_, [this](EventQuery query) { return events_.Subscribe(std::move(query)); },
                 StatusApi::Options()};

  // Of the client that came last.
  const IpAddress local_ = IpAddress::V4(0xC000020A);
  uint32_t clients_ = 0;
  IpEndpoint peer_;
  uint16_t tunnel_ = 0;
  uint16_t ns_ = 0;
  uint16_t nr_ = 0;
};

}  // namespace sallyport::daemon
