// SPDX-License-Identifier: GPL-2.0-or-later
// Stand-ins for what is outside of the concentrator: kernel, IKE daemon, users. They record what is
// asked of them and answer when the test says so.
#pragma once
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/access_control.h"
#include "daemon/data_plane.h"
#include "daemon/event.h"
#include "daemon/ike.h"

namespace sallyport::daemon::fake {

class FakeDataPlane final : public DataPlane {
 public:
  std::optional<l2tp::PathId> AddSecurityAssociation(ReqId reqid, const IpAddress&) override {
    sa_reqids.push_back(reqid);
    const l2tp::PathId path(++last_path);
    paths.insert(path);
    return path;
  }
  void RemovePath(l2tp::PathId path) override { paths.erase(path); }
  void FindMissingSas(std::set<KernelSa> sas, SasCallback done) override {
    sas_asked_for.push_back(sas);
    Answer([this, sas = std::move(sas), done = std::move(done)]() mutable {
      done(sas_in_kernel ? std::set<KernelSa>() : sas);
    });
  }
  void FindUnclaimedSas(UnclaimedSasCallback done) override {
    ++looks;
    Answer([this, done = std::move(done)]() mutable { done(unclaimed_sas); });
  }
  void ReadSaCounters(SaCountersCallback done) override {
    Answer([this, done = std::move(done)]() mutable { done(sa_readings); });
  }
  void DeleteSecurityAssociation(const IpAddress&, uint32_t spi) override {
    deleted_spis.push_back(spi);
  }
  void DeleteSecurityAssociations(std::set<ReqId> reqids) override { deleted_reqids.merge(reqids); }
  void PrepareTunnel(const l2tp::PrepareTunnel& request, std::optional<ReqId> reqid,
                     PathCallback done) override {
    tunnel_requests.push_back(request);
    tunnel_reqids.push_back(reqid);
    Answer([this, done = std::move(done)]() mutable {
      if (!tunnels_work) return done(std::nullopt);
      const l2tp::PathId path(++last_path);
      paths.insert(path);
      done(path);
    });
  }
  void CompleteTunnel(l2tp::PathId path, const l2tp::TunnelUp& tunnel_up,
                      DoneCallback done) override {
    completed.push_back({path, tunnel_up.tunnel, tunnel_up.peer_tunnel, tunnel_up.peer});
    Answer([this, done = std::move(done)]() mutable { done(tunnels_complete); });
  }
  void MoveTunnel(l2tp::PathId path, l2tp::TunnelId tunnel, ReqId reqid, const IpEndpoint& peer,
                  DoneCallback done) override {
    moves.push_back({path, tunnel, reqid, peer});
    Answer([this, done = std::move(done)]() mutable { done(moves_work); });
  }
  uint16_t LocalPort(l2tp::PathId) const override { return 40000; }
  std::optional<uint16_t> OuterMtu(const IpAddress&, const IpAddress&) const override {
    return outer_mtu;
  }
  void Send(const l2tp::SendDatagram& datagram) override { sent.push_back(datagram); }
  void PrepareSession(const l2tp::PrepareSession& request, DoneCallback done) override {
    sessions.insert({request.tunnel, request.session});
    Answer([this, done = std::move(done)]() mutable { done(sessions_work); });
  }
  void NumberFrames(const SessionKey& key, DoneCallback done) override {
    numbered.insert(key);
    Answer([this, done = std::move(done)]() mutable {
      frames_before_numbers = frames.size();
      done(numbering_works);
    });
  }
  void StartFrames(const SessionKey& key) override { reading.insert(key); }
  void WriteFrame(const SessionKey&, std::span<const uint8_t> frame) override {
    frames.emplace_back(frame.begin(), frame.end());
  }
  void CreateInterface(const SessionKey&, const std::string& name,
                       InterfaceCallback done) override {
    Answer([this, name, done = std::move(done)]() mutable {
      const std::string made = name.empty() ? "sallyport0" : name;
      done(interfaces_work ? std::optional(made) : std::nullopt);
    });
  }
  void BringUp(const SessionKey& key, const SessionNetwork& network, DoneCallback done) override {
    up[key] = network;
    Answer([done = std::move(done), ok = !bring_up_fails]() mutable { done(ok); });
  }
  void BringDown(const SessionKey& key) override { up.erase(key); }
  void SendIpv6(const SessionKey& key, Ipv6Service service, const IpEndpoint& to,
                std::span<const uint8_t> bytes) override {
    ipv6_sent.push_back({key, service, to, {bytes.begin(), bytes.end()}});
  }
  void ReleaseSession(const SessionKey& key, DoneCallback done) override {
    Answer([this, key, done = std::move(done)]() mutable {
      sessions.erase(key);
      up.erase(key);
      done(true);
    });
  }
  void SendDhcp(const IpAddress& source, const IpEndpoint& destination,
                std::span<const uint8_t> octets) override {
    dhcp_sent.push_back({source, destination, {octets.begin(), octets.end()}});
  }
  void ReadCounters(CountersCallback done) override {
    Answer([this, done = std::move(done)]() mutable {
      done([this](const SessionKey& key) {
        ++counters_looked_at;
        const auto found = counters.find(key);
        return found == counters.end() ? std::nullopt : std::optional(found->second);
      });
    });
  }
  const std::map<std::string, uint64_t>& drops() const override { return no_drops; }
  const std::map<std::string, uint64_t>& data_drops() const override { return no_drops; }

  /// Carries out what has been asked for, and what that leads to.
  void Work() {
    while (!answers.empty()) {
      auto answer = std::move(answers.front());
      answers.pop_front();
      answer();
    }
  }
  void Answer(UniqueFunction<void()> answer) { answers.push_back(std::move(answer)); }

  std::optional<uint16_t> outer_mtu = 1500;
  bool sas_in_kernel = true;
  std::optional<std::map<KernelSa, ReqId>> unclaimed_sas{std::in_place};
  size_t looks = 0;  // for those
  bool tunnels_work = true;
  bool tunnels_complete = true;
  bool sessions_work = true;
  bool interfaces_work = true;
  std::vector<ReqId> sa_reqids;
  std::vector<std::set<KernelSa>> sas_asked_for;
  std::vector<l2tp::PrepareTunnel> tunnel_requests;
  std::vector<std::optional<ReqId>> tunnel_reqids;
  struct Completion {
    l2tp::PathId path;
    l2tp::TunnelId tunnel;
    l2tp::TunnelId peer_tunnel;
    IpEndpoint peer;
  };
  std::vector<Completion> completed;
  void ReadClearTextPeers(AddressesCallback done) override {
    Answer([this, done = std::move(done)]() mutable { done(clear_text_peers); });
  }
  std::set<IpAddress> clear_text_peers;
  SaReadings sa_readings;
  struct SentDhcp {
    IpAddress source;
    IpEndpoint destination;
    std::vector<uint8_t> octets;
  };
  std::vector<SentDhcp> dhcp_sent;
  struct Move {
    l2tp::PathId path;
    l2tp::TunnelId tunnel;
    ReqId reqid;
    IpEndpoint peer;
  };
  std::vector<Move> moves;
  bool moves_work = true;
  std::vector<uint32_t> deleted_spis;
  std::set<ReqId> deleted_reqids;
  std::set<l2tp::PathId> paths;
  std::set<SessionKey> sessions;
  std::set<SessionKey> reading;   // frames are taken
  std::set<SessionKey> numbered;  // Ns in what is sent
  bool numbering_works = true;
  size_t frames_before_numbers = 0;  // written until the last NumberFrames was done
  std::map<SessionKey, SessionNetwork> up;
  std::map<SessionKey, InterfaceCounters> counters;
  size_t counters_looked_at = 0;  // how often they were asked for, of any session
  std::vector<l2tp::SendDatagram> sent;
  std::vector<std::vector<uint8_t>> frames;
  struct Ipv6Sent {
    SessionKey key;
    Ipv6Service service;
    IpEndpoint to;
    std::vector<uint8_t> bytes;
  };
  std::vector<Ipv6Sent> ipv6_sent;
  bool bring_up_fails = false;
  std::deque<UniqueFunction<void()>> answers;
  uint64_t last_path = 0;
  std::map<std::string, uint64_t> no_drops;
};

class FakeIke final : public Ike {
 public:
  void Start(Observer&) override {}
  void Configure(const IpsecConfig& /*ipsec*/) override { ++configured; }
  size_t configured = 0;
  void Terminate(SaId id) override { terminated.push_back(id); }
  void Initiate(const IkeServer& server) override { initiated.push_back(server); }
  void Stop(UniqueFunction<void()> done) override { done(); }
  const IkeState& state() const override { return ike_state; }
  void Keep(SaId id) override { kept.push_back(id); }
  void ListSas(KnownSasCallback done) override {
    if (ike_state.connected) done(known_sas);
  }

  std::vector<SaId> terminated;
  std::vector<IkeServer> initiated;
  std::vector<SaId> kept;
  KnownSas known_sas;
  IkeState ike_state = Connected();

 private:
  static IkeState Connected() {
    IkeState state;
    state.connected = true;
    return state;
  }
};

/// One user, "alice" with the PAP password "secret", and one address.
class FakeAccess final : public AccessControl {
 public:
  Expected<AccessGranted, AccessDenied> Decide(const ppp::Authenticate& request,
                                               const std::optional<Lease>& held) override {
    const auto* pap = std::get_if<ppp::PapCredential>(&request.credential);
    if (request.user != "alice" || (pap != nullptr && pap->password.text() != "secret")) {
      return Unexpected{AccessDenied{.log_text = "wrong password", .answer = {}, .guessed = true}};
    }
    if (exhausted) {
      return Unexpected{AccessDenied{.log_text = "no free address in the pool",
                                     .answer = {},
                                     .reason = AttemptReason::kNoAddress}};
    }
    if (!held) ++leases;
    AccessGranted granted;
    granted.lease = {.pool = "default",
                     .user = "alice",
                     .address = IpAddress::V4(0x0A400002),
                     .gateway = IpAddress::V4(0x0A400001)};
    granted.limits = limits;
    granted.lease.prefix = prefix;
    granted.lease.delegated = delegated;
    granted.answer.ipv6 = prefix.has_value();
    granted.answer.network.local = granted.lease.gateway;
    granted.answer.network.peer = granted.lease.address;
    return granted;
  }
  Expected<ppp::AuthAccepted, AccessDenied> DecideAgain(const ppp::Authenticate&) override {
    if (again) return ppp::AuthAccepted{};
    return Unexpected{AccessDenied{.log_text = "not known", .answer = {}, .guessed = true}};
  }
  void Release(const Lease&) override { --leases; }

  int leases = 0;
  bool again = true;       // whether a second login is right
  bool exhausted = false;  // no address is left
  SessionLimits limits;
  std::optional<IpPrefix> prefix;  // of who logs in, as the next
  std::optional<IpPrefix> delegated;
};

/// What was published, in order.
class RecordedEvents final : public EventSink {
 public:
  void Publish(const Event& event) override { events.push_back(event); }
  std::vector<std::string> Types() const {
    std::vector<std::string> types;
    for (const Event& event : events) types.emplace_back(event.type);
    return types;
  }
  /// A text of the last event of a type.
  std::string Text(std::string_view type, std::string_view field) const {
    std::string text;
    for (const Event& event : events) {
      for (const EventField& one : event.fields) {
        const auto* value = std::get_if<std::string>(&one.value);
        if (event.type == type && one.name == field && value != nullptr) text = *value;
      }
    }
    return text;
  }

  std::vector<Event> events;
};

}  // namespace sallyport::daemon::fake
