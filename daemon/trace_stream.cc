// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/trace_stream.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/text.h"
#include "daemon/log.h"
#include "daemon/status_json.h"
#include "trace/mask.h"
#include "trace/text.h"

namespace sallyport::daemon {
namespace {

using Layer = TracedPacket::Layer;

Json ToJson(const IpEndpoint& endpoint) {
  Json json{{"address", nullptr}, {"port", endpoint.port}};
  if (endpoint.address) json["address"] = endpoint.address.ToString();
  return json;
}

/// A packet as it may be shown: without what proves a password.
struct MaskedPacket {
  std::vector<uint8_t> octets;
  std::string text;

  explicit MaskedPacket(const TracedPacket& packet)
      : octets(packet.bytes.begin(), packet.bytes.end()) {
    if (packet.layer == Layer::kPpp) {
      trace::MaskPpp(octets);
      text = trace::PppText(octets);
    } else {
      trace::MaskL2tp(octets);
      text = trace::L2tpText(octets);
    }
  }
};

std::string Line(const TracedPacket& packet, const MaskedPacket& masked, uint64_t seq) {
  const bool is_frame = packet.layer == Layer::kPpp;
  Json line{{"seq", seq},
            {"time", TimestampNow()},
            {"type", is_frame ? "ppp" : "l2tp"},
            {"direction", packet.received ? "in" : "out"},
            {"peer", ToJson(packet.peer)},
            {"local", ToJson(packet.local)},
            {"tunnel", nullptr},
            {"session", nullptr},
            {"user", nullptr},
            {"header", nullptr},
            {"text", masked.text},
            {"octets", ToHex(masked.octets)}};
  if (packet.tunnel) line["tunnel"] = packet.tunnel.value();
  if (packet.sessions.size() == 1) {
    const TracedPacket::Session& session = packet.sessions.front();
    line["session"] = session.id;
    if (!session.user.empty()) line["user"] = session.user;
  }
  if (is_frame) {
    line["header"] = {{"tunnel", packet.header_tunnel}, {"session", packet.header_session}};
  }
  return ToText(line);
}

bool IsLogged() { return CurrentLogLevel() == LogLevel::kDebug; }

std::vector<LogField> FieldsOf(const TracedPacket& packet) {
  std::vector<LogField> fields{{"PEER", packet.peer.ToString()}};
  if (packet.tunnel) fields.push_back({"TUNNEL", std::to_string(packet.tunnel.value())});
  if (packet.sessions.size() == 1) {
    fields.push_back({"SESSION", packet.sessions.front().id});
    if (const std::string& user = packet.sessions.front().user; !user.empty()) {
      fields.push_back({"USER", user});
    }
  }
  return fields;
}

}  // namespace

/// The queue of one who traces.
class TraceStream::Subscriber final : public LineQueue {
 public:
  explicit Subscriber(TraceQuery query) : query_(std::move(query)) {}

  /// `line` makes the packet's.
  void Take(const TracedPacket& packet, const std::function<const std::string&()>& line) {
    switch (Judge(packet)) {
      case Verdict::kWanted:
        if (packet.tunnel) chosen_.insert(packet.tunnel);
        Release(packet);
        Push(line());
        return;
      case Verdict::kPerhaps:
        Hold(packet, line());
        return;
      case Verdict::kUnwanted:
        // It has turned out to be somebody else.
        if (packet.session) Gone(packet.tunnel, packet.session);
        if (!packet.sessions.empty()) chosen_.erase(packet.tunnel);
        return;
    }
  }

  void Gone(l2tp::TunnelId tunnel, l2tp::SessionId session) {
    if (!session) chosen_.erase(tunnel);
    TakeHeld(
        [tunnel, session](const Held& held) {
          return held.tunnel == tunnel && (!session || held.session == session);
        },
        [](const std::string& /*line*/) {});
  }

 private:
  enum class Verdict : uint8_t { kWanted, kPerhaps, kUnwanted };
  struct Held {
    l2tp::TunnelId tunnel;
    l2tp::SessionId session;  // none: of the whole tunnel
    std::string line;
  };

  Verdict Judge(const TracedPacket& packet) const {
    if (query_.peer && !query_.peer->Contains(packet.peer.address)) return Verdict::kUnwanted;
    if (!query_.user && !query_.session) return Verdict::kWanted;
    // After its last session a tunnel has its own goodbye to say.
    if (packet.sessions.empty() && chosen_.contains(packet.tunnel)) return Verdict::kWanted;
    // A session is yet to come, or its user is yet to be told.
    bool perhaps = packet.sessions.empty();
    for (const TracedPacket::Session& session : packet.sessions) {
      if (query_.session && session.id != *query_.session) continue;
      if (!query_.user || NamesUser(session.user, *query_.user)) return Verdict::kWanted;
      perhaps = perhaps || session.user.empty();
    }
    return perhaps && packet.tunnel ? Verdict::kPerhaps : Verdict::kUnwanted;
  }

  void Hold(const TracedPacket& packet, const std::string& line) {
    held_.push_back({.tunnel = packet.tunnel, .session = packet.session, .line = line});
    held_bytes_ += line.size();
    while (held_bytes_ > kMaxHeldBytes) {
      held_bytes_ -= held_.front().line.size();
      held_.pop_front();
    }
  }

  /// Takes those that `which` chooses out, in order, and gives each to `take`.
  void TakeHeld(const auto& which, const auto& take) {
    for (Held& held : held_) {
      if (!which(held)) continue;
      held_bytes_ -= held.line.size();
      take(std::move(held.line));
    }
    std::erase_if(held_, which);
  }

  /// What was said before it turned out who it is.
  void Release(const TracedPacket& packet) {
    const auto belongs = [&packet](const Held& held) {
      return held.tunnel == packet.tunnel && (!held.session || held.session == packet.session);
    };
    TakeHeld(belongs, [this](std::string line) { Push(std::move(line)); });
  }

  TraceQuery query_;
  std::set<l2tp::TunnelId> chosen_;  // those that had what is asked for
  std::deque<Held> held_;
  size_t held_bytes_ = 0;
};

TraceStream::TraceStream(EventLoop& loop)
    : loop_(loop), subscribers_(loop, [this] {
        return ToText({{"seq", seq_}, {"time", TimestampNow()}, {"type", "heartbeat"}});
      }) {}

std::shared_ptr<BodySource> TraceStream::Subscribe(TraceQuery query) {
  if (subscribers_.Live().size() >= kMaxSubscribers) return nullptr;
  auto subscriber = std::make_shared<Subscriber>(std::move(query));
  subscriber->Push(
      ToText({{"api", kApiVersion}, {"seq", seq_}, {"time", TimestampNow()}, {"type", "begin"}}));
  subscribers_.Add(subscriber);
  return subscriber;
}

bool TraceStream::wanted() const { return subscribers_.size() > 0 || IsLogged(); }

void TraceStream::Take(const TracedPacket& packet) {
  const auto live = subscribers_.Live();
  if (live.empty() && !IsLogged()) return;
  ++seq_;
  // Made when it is wanted, and once.
  std::optional<MaskedPacket> shown;
  const auto masked = [&]() -> const MaskedPacket& {
    return shown ? *shown : shown.emplace(packet);
  };
  std::optional<std::string> made;
  const auto line = [&]() -> const std::string& {
    return made ? *made : made.emplace(Line(packet, masked(), seq_));
  };
  if (IsLogged()) {
    packet_log_.LogDebug("control_message", (packet.received ? "<- " : "-> ") + masked().text,
                         loop_.Now(), FieldsOf(packet));
  }
  for (const auto& subscriber : live) subscriber->Take(packet, line);
}

void TraceStream::Gone(l2tp::TunnelId tunnel, l2tp::SessionId session) {
  for (const auto& subscriber : subscribers_.Live()) subscriber->Gone(tunnel, session);
}

}  // namespace sallyport::daemon
