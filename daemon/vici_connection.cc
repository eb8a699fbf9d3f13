// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/vici_connection.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>
#include <utility>

#include "base/secret.h"
#include "vici/events.h"

namespace sallyport::daemon {
namespace {

/// Octets taken from the socket at once. Local policy; charon's events have 1 to 2 KiB each.
constexpr size_t kReadSize = size_t{64} * 1024;

std::string ErrorText(int error) { return std::generic_category().message(error); }

}  // namespace

Expected<UniqueFd, int> ViciConnection::Connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return Unexpected{ENAMETOOLONG};
  std::memcpy(address.sun_path, path.data(), path.size());
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return Unexpected{errno};
  // unix(7): connecting never waits; a full backlog (charon's is 3) is EAGAIN.
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);  // the socket API's own cast
  if (::connect(socket.get(), generic, sizeof address) != 0) return Unexpected{errno};
  return socket;
}

ViciConnection::ViciConnection(EventLoop& loop, UniqueFd socket, EventCallback on_event,
                               BrokenCallback on_broken)
    : loop_(loop),
      socket_(std::move(socket)),
      on_event_(std::move(on_event)),
      on_broken_(std::move(on_broken)),
      io_(loop.AddIo(socket_.get(), EPOLLIN, [this](uint32_t events) { OnIo(events); })),
      timer_(loop.AddTimer([this] { OnTimer(); })) {}

void ViciConnection::Request(std::string_view command, const vici::Message& arguments,
                             ReplyCallback on_reply) {
  Send({.id = {}, .command = std::string(command), .arguments = arguments},
       {.on_streamed = {}, .on_reply = std::move(on_reply)});
}

void ViciConnection::RequestStream(std::string_view command, std::string_view event,
                                   const vici::Message& arguments, MessageCallback on_streamed,
                                   ReplyCallback on_reply) {
  Send({.id = {},
        .command = std::string(command),
        .arguments = arguments,
        .stream_event = std::string(event)},
       {.on_streamed = std::move(on_streamed), .on_reply = std::move(on_reply)});
}

void ViciConnection::Send(vici::Request request, Pending pending) {
  request.id = vici::RequestId(++last_request_);
  pending_.emplace(request.id, std::move(pending));
  vici::Actions actions;
  client_.Send(request, loop_.Now(), actions);
  Carry(std::move(actions));
}

void ViciConnection::Register(std::string_view event, RegisteredCallback on_registered) {
  registering_.emplace(event, std::move(on_registered));
  vici::Actions actions;
  client_.Register(event, loop_.Now(), actions);
  Carry(std::move(actions));
}

void ViciConnection::OnIo(uint32_t epoll_events) {
  if ((epoll_events & EPOLLOUT) != 0) Flush();
  if ((epoll_events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) Read();
}

void ViciConnection::OnTimer() {
  vici::Actions actions;
  client_.HandleTimeout(loop_.Now(), actions);
  Carry(std::move(actions));
}

void ViciConnection::Read() {
  std::array<uint8_t, kReadSize> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled
  while (!broken_) {
    const ssize_t size = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) return;
    if (size < 0) return Break(ErrorText(errno));
    if (size == 0) return Break("the IKE daemon closed the connection");
    vici::Actions actions;
    client_.Receive(std::span(buffer).first(static_cast<size_t>(size)), loop_.Now(), actions);
    Carry(std::move(actions));
  }
}

void ViciConnection::Flush() {
  size_t written = 0;
  while (!broken_ && written < unwritten_.size()) {
    const ssize_t size = ::send(socket_.get(), unwritten_.data() + written,
                                unwritten_.size() - written, MSG_NOSIGNAL);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) break;
    if (size < 0) return Break(ErrorText(errno));
    written += static_cast<size_t>(size);
  }
  // Requests may hold a key.
  WipeBytes(std::span(unwritten_).first(written));
  unwritten_.erase(unwritten_.begin(), unwritten_.begin() + static_cast<std::ptrdiff_t>(written));
  if (!broken_) io_.SetEvents(unwritten_.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT);
}

void ViciConnection::Carry(vici::Actions actions) {
  for (vici::Action& action : actions) {
    if (broken_) return;
    std::visit([this](auto& what) { Do(what); }, action);
  }
  if (!broken_) timer_.Set(client_.NextDeadline());
}

void ViciConnection::Do(vici::Write& write) {
  unwritten_.insert(unwritten_.end(), write.bytes.begin(), write.bytes.end());
  WipeBytes(write.bytes);
  Flush();
}

void ViciConnection::Do(vici::Registered& registered) {
  auto waiting = registering_.extract(registered.event);
  if (!waiting.empty() && waiting.mapped()) waiting.mapped()(registered.known);
}

void ViciConnection::Do(vici::EventReceived& event) { on_event_(event.name, event.message); }

void ViciConnection::Do(vici::Streamed& streamed) {
  const auto waiting = pending_.find(streamed.request);
  if (waiting != pending_.end() && waiting->second.on_streamed) {
    waiting->second.on_streamed(streamed.message);
  }
}

void ViciConnection::Do(vici::Replied& replied) {
  auto waiting = pending_.extract(replied.request);
  if (!waiting.empty()) waiting.mapped().on_reply(std::move(replied.reply));
}

void ViciConnection::Do(const vici::Broken& broken) {
  std::string reason(vici::ToString(broken.reason));
  std::string_view malformed;
  if (broken.packet_error) {
    malformed = vici::ToString(*broken.packet_error);
    reason += fmt::format(" ({})", malformed);
  }
  Break(reason, malformed);
}

void ViciConnection::Break(const std::string& reason, std::string_view malformed) {
  if (broken_) return;
  broken_ = true;
  io_.Reset();
  timer_.Set(std::nullopt);
  on_broken_(reason, malformed);
}

std::string FailureOf(const ViciConnection::Reply& reply) {
  if (!reply) return std::string(vici::ToString(reply.error()));
  const auto result = vici::ParseCommandResult(*reply);
  return result.success ? std::string() : result.error;
}

}  // namespace sallyport::daemon
