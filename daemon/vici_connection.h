// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/expected.h"
#include "base/unique_fd.h"
#include "base/unique_function.h"
#include "daemon/event_loop.h"
#include "vici/client.h"

namespace sallyport::daemon {

/// A VICI client on a unix socket in the event loop. Gives each answer to the callback of its
/// request. Callbacks run from the event loop, except that one whose request cannot be encoded is
/// called at once; they must not destroy the connection.
class ViciConnection {
 public:
  using Reply = Expected<vici::Message, vici::RequestError>;
  using ReplyCallback = UniqueFunction<void(Reply reply)>;
  using MessageCallback = UniqueFunction<void(const vici::Message& message)>;
  using RegisteredCallback = UniqueFunction<void(bool known)>;
  using EventCallback = std::function<void(std::string_view name, const vici::Message& message)>;
  /// Called once: the connection is of no more use, and the callbacks that wait are never called.
  /// `malformed`: what was wrong with the packet that did it; empty: it was none.
  using BrokenCallback = std::function<void(const std::string& reason, std::string_view malformed)>;

  /// Connects to `path` without waiting. Error: an errno of socket(2) or connect(2).
  static Expected<UniqueFd, int> Connect(const std::string& path);

  /// `loop` outlives the connection.
  ViciConnection(EventLoop& loop, UniqueFd socket, EventCallback on_event,
                 BrokenCallback on_broken);
  ViciConnection(const ViciConnection&) = delete;
  ViciConnection& operator=(const ViciConnection&) = delete;

  void Request(std::string_view command, const vici::Message& arguments, ReplyCallback on_reply);
  /// For a command that answers with a stream of `event`s.
  void RequestStream(std::string_view command, std::string_view event,
                     const vici::Message& arguments, MessageCallback on_streamed,
                     ReplyCallback on_reply);
  /// `on_registered` may be empty.
  void Register(std::string_view event, RegisteredCallback on_registered);

 private:
  struct Pending {
    MessageCallback on_streamed;
    ReplyCallback on_reply;
  };

  void Send(vici::Request request, Pending pending);
  void OnIo(uint32_t epoll_events);
  void OnTimer();
  void Read();
  void Flush();
  void Carry(vici::Actions actions);
  void Do(vici::Write& write);
  void Do(vici::Registered& registered);
  void Do(vici::EventReceived& event);
  void Do(vici::Streamed& streamed);
  void Do(vici::Replied& replied);
  void Do(const vici::Broken& broken);
  void Break(const std::string& reason, std::string_view malformed = {});

  EventLoop& loop_;
  UniqueFd socket_;
  EventCallback on_event_;
  BrokenCallback on_broken_;
  vici::Client client_;
  uint64_t last_request_ = 0;
  std::map<vici::RequestId, Pending> pending_;
  std::multimap<std::string, RegisteredCallback, std::less<>> registering_;
  std::vector<uint8_t> unwritten_;
  bool broken_ = false;
  IoSource io_;
  Timer timer_;
};

/// Why a command did nothing; empty when `reply` says success.
std::string FailureOf(const ViciConnection::Reply& reply);

}  // namespace sallyport::daemon
