// SPDX-License-Identifier: GPL-2.0-or-later
// One VICI connection to an IKE daemon, seen from the client, without any I/O.
#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/expected.h"
#include "base/strong_id.h"
#include "base/time.h"
#include "vici/message.h"
#include "vici/packet.h"

namespace sallyport::vici {

/// The caller's name for a request; comes back with the answer. The protocol has no such number.
using RequestId = StrongId<struct RequestIdTag, uint64_t>;

struct ClientConfig {
  /// From sending a request to its answer, or from one streamed event to the next. Local policy:
  /// charon answers list-sas of 4000 SAs in about a second; terminate and initiate must be sent
  /// with timeout=-1 so that they do not wait for the peer.
  std::chrono::seconds reply_timeout{30};
};

struct Request {
  RequestId id;
  std::string command;
  Message arguments = {};
  /// For a command that answers with a stream of events ("list-sa" for list-sas): the event, which
  /// is registered first when it is not yet.
  std::string stream_event = {};
};

enum class RequestError {
  kUnknownCommand,  // the IKE daemon is too old, or a plugin is missing
  kUnknownEvent,    // so for stream_event; the command was not sent
  kNotEncodable,    // a name or value too long for the protocol; nothing was sent
};
std::string_view ToString(RequestError error);

enum class BreakReason {
  kMalformedPacket,   // or message; `packet_error` says how
  kUnexpectedPacket,  // an answer to nothing, or a packet that only a client may send
  kReplyTimeout,  // no answer in time; since answers carry no number, a later one would be taken
                  // for the answer to another request
};
std::string_view ToString(BreakReason reason);

// ---- Out of the engine: to be carried out in this order ---------------------------------------

/// Octets for the stream.
struct Write {
  std::vector<uint8_t> bytes;
};
/// The answer to Register().
struct Registered {
  std::string event;
  bool known = false;  // false: this IKE daemon has no such event
};
struct EventReceived {
  std::string name;
  Message message;
};
/// One event of the stream that `request` asked for; its Replied comes after the last.
struct Streamed {
  RequestId request;
  Message message;
};
struct Replied {
  RequestId request;
  Expected<Message, RequestError> reply;
};
/// The connection is of no more use and must be closed; no request that is still open will be
/// answered. Whatever is called on the engine afterwards does nothing.
struct Broken {
  BreakReason reason;
  std::optional<PacketError> packet_error;
};

using Action = std::variant<Write, Registered, EventReceived, Streamed, Replied, Broken>;
using Actions = std::vector<Action>;

/// Requests go out one at a time, in the order in which they were made, each when the one before
/// was answered: VICI answers in order and without a number. Events may come at any time, also
/// between a request and its answer. To be made anew for each connection.
class Client {
 public:
  explicit Client(ClientConfig config = {}) : config_(config) {}

  /// Any number may be queued. Its octets are encoded at once; `request` is not kept.
  void Send(const Request& request, TimePoint now, Actions& out);
  /// Asks for an event; once registered it comes until the connection ends.
  void Register(std::string_view event, TimePoint now, Actions& out);

  /// Octets from the stream, cut anywhere.
  void Receive(std::span<const uint8_t> bytes, TimePoint now, Actions& out);
  /// To be called when NextDeadline() has come; early or late calls do no harm.
  void HandleTimeout(TimePoint now, Actions& out);
  std::optional<TimePoint> NextDeadline() const { return deadline_; }

  bool broken() const { return broken_; }
  /// Requests and registrations not answered yet.
  size_t pending() const { return operations_.size(); }

 private:
  /// A packet that is to be answered. A streamed request makes two: its registration, with its
  /// `request`, and the command.
  struct Operation {
    PacketType type;
    std::string name;
    RequestId request;
    std::string stream_event;
    std::vector<uint8_t> segment;
  };

  void StartNext(TimePoint now, Actions& out);
  void HandlePacket(Packet packet, TimePoint now, Actions& out);
  void HandleEvent(Packet packet, TimePoint now, Actions& out);
  void HandleCommandAnswer(Packet packet, Actions& out);
  void HandleRegisterAnswer(bool known, Actions& out);
  void FinishRegistration(bool known, Actions& out);
  bool Awaits(PacketType type) const { return in_flight_ && operations_.front().type == type; }
  void PopFront();
  void Break(BreakReason reason, std::optional<PacketError> packet_error, Actions& out);

  ClientConfig config_;
  PacketStream stream_;
  std::deque<Operation> operations_;  // the first one is in flight when in_flight_ says so
  bool in_flight_ = false;
  std::set<std::string, std::less<>> registered_;
  std::optional<TimePoint> deadline_;
  bool broken_ = false;
};

}  // namespace sallyport::vici
