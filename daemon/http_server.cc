// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/http_server.h"

#include <algorithm>
#include <cerrno>
#include <deque>
#include <exception>
#include <fcntl.h>
#include <fmt/format.h>
#include <microhttpd.h>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <system_error>
#include <utility>

#include "base/timer_queue.h"
#include "base/unique_fd.h"
#include "daemon/unix_listener.h"

namespace sallyport::daemon {
namespace {

struct DaemonStopper {
  void operator()(MHD_Daemon* daemon) const { MHD_stop_daemon(daemon); }
};
using DaemonPtr = std::unique_ptr<MHD_Daemon, DaemonStopper>;

struct ResponseDestroyer {
  void operator()(MHD_Response* response) const { MHD_destroy_response(response); }
};
using ResponsePtr = std::unique_ptr<MHD_Response, ResponseDestroyer>;

/// What is kept for one connection, from accept to close.
struct ConnectionState {
  std::optional<PeerCredentials> peer;
  bool made_request = false;
  bool too_slow = false;  // and therefore being closed
};

/// What is kept for one request, from its headers to its answer.
struct RequestState {
  std::string body;
  size_t body_bytes = 0;               // received so far; body is empty when they are too many
  std::optional<HttpRequest> waiting;  // suspended until what its handler needs is there
};

/// Octets of a streamed answer that are asked for at a time; local policy.
constexpr size_t kStreamBlock = size_t{16} * 1024;

/// Of a body that is too large, this much is read and thrown away so that the caller gets to see
/// the 413; then the connection is closed. Local policy.
constexpr size_t kMaxDiscardedBytes = size_t{1024} * 1024;

std::optional<PeerCredentials> CredentialsOf(MHD_Connection* connection) {
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info == nullptr ? std::nullopt : PeerCredentialsOf(info->connect_fd);
}

ConnectionState& StateOf(MHD_Connection* connection) {
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return *static_cast<ConnectionState*>(info->socket_context);
}

MHD_Result AddQueryParameter(void* request, MHD_ValueKind /*kind*/, const char* name,
                             size_t name_size, const char* value, size_t value_size) {
  static_cast<HttpRequest*>(request)->query.emplace_back(
      std::string(name, name_size),
      value == nullptr ? std::string() : std::string(value, value_size));
  return MHD_YES;
}

MHD_Result Queue(MHD_Connection* connection, const HttpResponse& answer,
                 const ResponsePtr& response) {
  if (response == nullptr) return MHD_NO;
  const auto add = [&response](const char* name, const std::string& value) {
    return MHD_add_response_header(response.get(), name, value.c_str()) == MHD_YES;
  };
  if (!add(MHD_HTTP_HEADER_CONTENT_TYPE, answer.content_type)) return MHD_NO;
  if (!add(MHD_HTTP_HEADER_CACHE_CONTROL, "no-store")) return MHD_NO;
  for (const auto& [name, value] : answer.headers) {
    if (!add(name.c_str(), value)) return MHD_NO;
  }
  return MHD_queue_response(connection, static_cast<unsigned>(answer.status), response.get());
}

}  // namespace

class HttpServer::Implementation {
 public:
  Implementation(EventLoop& loop, const HttpServerOptions& options, Handler handler,
                 Preparer prepare, UnixListener listener)
      : loop_(loop),
        max_body_(options.max_request_bytes),
        request_timeout_(options.request_timeout),
        access_(options.access),
        handler_(std::move(handler)),
        prepare_(std::move(prepare)),
        listener_(std::move(listener)) {}

  ~Implementation() {
    // The library cannot be stopped while a connection is suspended.
    for (const auto& [number, connection] : suspended_) MHD_resume_connection(connection);
  }
  Implementation(const Implementation&) = delete;
  Implementation& operator=(const Implementation&) = delete;

  Expected<void, std::string> Start(const HttpServerOptions& options);
  const CountByReason& drops() const { return drops_; }

 private:
  static MHD_Result OnRequest(void* self, MHD_Connection* connection, const char* path,
                              const char* method, const char* version, const char* upload,
                              size_t* upload_size, void** state);
  static void OnRequestEnd(void* self, MHD_Connection* connection, void** state,
                           MHD_RequestTerminationCode code);
  static void OnConnection(void* self, MHD_Connection* connection, void** state,
                           MHD_ConnectionNotificationCode code);
  /// The next request of the connection has to be whole in time.
  void AwaitRequest(MHD_Connection* connection);
  void CutOffSlow();

  /// One step of the library's loop, then its next deadline.
  void Turn();
  MHD_Result Receive(MHD_Connection* connection, RequestState& state, const char* path,
                     const char* method, std::string_view upload);
  /// Whether the request has to wait for what the handler needs.
  bool Suspend(MHD_Connection* connection, const HttpRequest& request);
  void Resume(uint64_t number);
  MHD_Result Answer(MHD_Connection* connection, const HttpResponse& answer);
  struct Stream;
  ResponsePtr StreamOf(MHD_Connection* connection, const HttpResponse& answer);
  static ssize_t ReadStream(void* stream, uint64_t position, char* buffer, size_t size);
  bool MayProduce(Stream& stream);
  ssize_t PutOff(Stream& stream);
  static void EndStream(void* stream);
  uint64_t Park(MHD_Connection* connection);
  HttpResponse BodyTooLarge() const;
  HttpResponse CallHandler(const HttpRequest& request) const;

  EventLoop& loop_;
  const size_t max_body_;
  const std::chrono::seconds request_timeout_;
  const Access access_;
  const Handler handler_;
  const Preparer prepare_;
  CountByReason drops_;
  std::map<uint64_t, MHD_Connection*> suspended_;
  uint64_t last_suspended_ = 0;
  bool turn_again_ = false;      // the library has more to do than it tells
  bool produced_ = false;        // a piece of a stream, in this turn: however many ask, one is made
  std::deque<Stream*> waiting_;  // for the next
  TimerQueue<MHD_Connection*> requests_due_;  // of connections without a whole request
  Timer requests_timer_;
  UnixListener listener_;
  DaemonPtr daemon_;  // its connections' last notifications use what is above
  Timer timer_;
  IoSource io_;
};

/// A streamed answer on its way to one connection. The library owns it.
struct HttpServer::Implementation::Stream {
  Implementation& server;
  MHD_Connection* connection;
  std::shared_ptr<BodySource> source;
  std::string piece;
  size_t taken = 0;  // octets of it
  bool ended = false;
  uint64_t parked = 0;  // its number while it waits
};

Expected<void, std::string> HttpServer::Implementation::Start(const HttpServerOptions& options) {
  UniqueFd listen_fd(::fcntl(listener_.fd(), F_DUPFD_CLOEXEC, 0));
  if (!listen_fd) {
    return Unexpected{"cannot copy a descriptor: " + std::generic_category().message(errno)};
  }
  // MHD_stop_daemon() closes the copy. After a failed start it may be closed or not: better to lose
  // one descriptor then than to close one that is somebody else's by now.
  daemon_.reset(MHD_start_daemon(
      MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, nullptr, nullptr, &Implementation::OnRequest,
      this, MHD_OPTION_STRICT_FOR_CLIENT, 1,                 // RFC 9112 §3.2: no Host is a 400
      MHD_OPTION_LISTEN_SOCKET, listen_fd.Release(),         //
      MHD_OPTION_CONNECTION_LIMIT, options.max_connections,  //
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, options.max_request_bytes,                       //
      MHD_OPTION_CONNECTION_TIMEOUT, static_cast<unsigned>(options.idle_timeout.count()),  //
      MHD_OPTION_NOTIFY_COMPLETED, &Implementation::OnRequestEnd, this,                    //
      MHD_OPTION_NOTIFY_CONNECTION, &Implementation::OnConnection, this,                   //
      MHD_OPTION_END));
  const auto* info =
      daemon_ == nullptr ? nullptr : MHD_get_daemon_info(daemon_.get(), MHD_DAEMON_INFO_EPOLL_FD);
  if (info == nullptr || info->epoll_fd < 0) {
    return Unexpected{options.socket_path + ": libmicrohttpd " + MHD_get_version() +
                      " cannot serve it with epoll"};
  }
  timer_ = loop_.AddTimer([this] { Turn(); });
  requests_timer_ = loop_.AddTimer([this] { CutOffSlow(); });
  io_ = loop_.AddIo(info->epoll_fd, EPOLLIN, [this](uint32_t) { Turn(); });
  return {};
}

void HttpServer::Implementation::Turn() {
  turn_again_ = false;
  produced_ = false;
  MHD_run(daemon_.get());
  MHD_UNSIGNED_LONG_LONG milliseconds = 0;
  if (turn_again_) {
    timer_.Set(loop_.Now());
  } else if (MHD_get_timeout(daemon_.get(), &milliseconds) == MHD_YES) {
    timer_.Set(loop_.Now() + std::chrono::milliseconds(milliseconds));
  } else {
    timer_.Set(std::nullopt);
  }
}

void HttpServer::Implementation::AwaitRequest(MHD_Connection* connection) {
  requests_due_.Set(connection, loop_.Now() + request_timeout_);
  requests_timer_.Set(requests_due_.Next());
}

void HttpServer::Implementation::CutOffSlow() {
  while (const auto connection = requests_due_.TakeExpired(loop_.Now())) {
    StateOf(*connection).too_slow = true;
    const auto* info = MHD_get_connection_info(*connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    // The library, which has no call for it, takes this for the other end's doing.
    if (info != nullptr) (void)::shutdown(info->connect_fd, SHUT_RDWR);
  }
  requests_timer_.Set(requests_due_.Next());
}

void HttpServer::Implementation::OnRequestEnd(void* self, MHD_Connection* connection, void** state,
                                              MHD_RequestTerminationCode /*code*/) {
  delete static_cast<RequestState*>(std::exchange(*state, nullptr));
  static_cast<Implementation*>(self)->AwaitRequest(connection);
}

void HttpServer::Implementation::OnConnection(void* self, MHD_Connection* connection, void** state,
                                              MHD_ConnectionNotificationCode code) {
  auto& server = *static_cast<Implementation*>(self);
  switch (code) {
    case MHD_CONNECTION_NOTIFY_STARTED:
      *state = new ConnectionState{.peer = CredentialsOf(connection)};
      server.AwaitRequest(connection);
      return;
    case MHD_CONNECTION_NOTIFY_CLOSED: {
      const std::unique_ptr<ConnectionState> ended(
          static_cast<ConnectionState*>(std::exchange(*state, nullptr)));
      server.requests_due_.Set(connection, std::nullopt);
      // At its limit of connections the library stops watching the listening socket and only looks
      // at the beginning of a run whether it may again: without another run it would stay deaf.
      server.turn_again_ = true;
      if (ended->too_slow) {
        ++server.drops_["request_too_slow"];
      } else if (!ended->made_request) {
        ++server.drops_["no_request"];
      }
      return;
    }
  }
}

/// The library calls this when the headers are complete, for each piece of the body, and with an
/// empty piece at the end.
MHD_Result HttpServer::Implementation::OnRequest(void* self, MHD_Connection* connection,
                                                 const char* path, const char* method,
                                                 const char* /*version*/, const char* upload,
                                                 size_t* upload_size, void** state) {
  if (*state == nullptr) {
    *state = new RequestState;
    StateOf(connection).made_request = true;
    return MHD_YES;
  }
  const std::string_view piece(upload, *upload_size);
  *upload_size = 0;  // all of it is taken
  return static_cast<Implementation*>(self)->Receive(
      connection, *static_cast<RequestState*>(*state), path, method, piece);
}

MHD_Result HttpServer::Implementation::Receive(MHD_Connection* connection, RequestState& state,
                                               const char* path, const char* method,
                                               std::string_view upload) {
  if (!upload.empty()) {
    state.body_bytes += upload.size();
    if (state.body_bytes > max_body_) {
      state.body.clear();
      return state.body_bytes > max_body_ + kMaxDiscardedBytes ? MHD_NO : MHD_YES;
    }
    state.body += upload;
    return MHD_YES;
  }
  requests_due_.Set(connection, std::nullopt);  // it is whole
  if (state.waiting) return Answer(connection, CallHandler(*state.waiting));
  // The library takes an answer only before the body or, as here, at its end.
  if (state.body_bytes > max_body_) return Answer(connection, BodyTooLarge());
  HttpRequest request{.method = method,
                      .path = path,
                      .query = {},
                      .body = std::move(state.body),
                      .peer = StateOf(connection).peer,
                      .access = access_};
  const char* accept =
      MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
  if (accept != nullptr) request.accept = accept;
  MHD_get_connection_values_n(connection, MHD_GET_ARGUMENT_KIND, AddQueryParameter, &request);
  if (Suspend(connection, request)) {
    state.waiting = std::move(request);
    return MHD_YES;
  }
  return Answer(connection, CallHandler(request));
}

bool HttpServer::Implementation::Suspend(MHD_Connection* connection, const HttpRequest& request) {
  const uint64_t number = last_suspended_ + 1;
  if (!prepare_ || !prepare_(request, [this, number] { Resume(number); })) return false;
  Park(connection);
  return true;
}

/// Nothing is read from or written to the connection until Resume() of the number.
uint64_t HttpServer::Implementation::Park(MHD_Connection* connection) {
  suspended_[++last_suspended_] = connection;
  MHD_suspend_connection(connection);
  return last_suspended_;
}

void HttpServer::Implementation::Resume(uint64_t number) {
  const auto found = suspended_.find(number);
  if (found == suspended_.end()) return;
  MHD_resume_connection(found->second);
  suspended_.erase(found);
  // Not from here, which may be within a turn.
  turn_again_ = true;
  timer_.Set(loop_.Now());
}

ResponsePtr HttpServer::Implementation::StreamOf(MHD_Connection* connection,
                                                 const HttpResponse& answer) {
  auto stream = std::make_unique<Stream>(
      Stream{.server = *this, .connection = connection, .source = answer.stream, .piece = {}});
  ResponsePtr response(MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, kStreamBlock,
                                                         &ReadStream, stream.get(), &EndStream));
  if (response != nullptr) {
    Stream* owned = stream.release();
    owned->source->SetWaker([owned] { owned->server.Resume(std::exchange(owned->parked, 0)); });
  }
  return response;
}

ssize_t HttpServer::Implementation::ReadStream(void* stream, uint64_t /*position*/, char* buffer,
                                               size_t size) {
  Stream& self = *static_cast<Stream*>(stream);
  while (self.taken == self.piece.size()) {
    if (self.ended) return MHD_CONTENT_READER_END_OF_STREAM;
    if (!self.server.MayProduce(self)) return self.server.PutOff(self);
    self.piece.clear();
    self.taken = 0;
    BodySource::Next next = BodySource::Next::kEnd;
    try {
      next = self.source->Produce(self.piece);
    } catch (const std::exception&) {
      return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    self.ended = next == BodySource::Next::kEnd;
    if (!self.piece.empty() || self.ended) continue;
    if (next == BodySource::Next::kMore) return self.server.PutOff(self);
    self.parked = self.server.Park(self.connection);
    return 0;
  }
  const size_t given = self.piece.copy(buffer, size, self.taken);
  self.taken += given;
  return static_cast<ssize_t>(given);
}

/// One piece is made in a turn, by who has waited longest for it.
bool HttpServer::Implementation::MayProduce(Stream& stream) {
  const auto waits = std::ranges::find(waiting_, &stream);
  if (produced_ || (!waiting_.empty() && waits != waiting_.begin())) {
    if (waits == waiting_.end()) waiting_.push_back(&stream);
    return false;
  }
  if (waits != waiting_.end()) waiting_.erase(waits);
  produced_ = true;
  return true;
}

/// To another turn of the loop.
ssize_t HttpServer::Implementation::PutOff(Stream& stream) {
  Resume(Park(stream.connection));
  return 0;
}

void HttpServer::Implementation::EndStream(void* stream) {
  const std::unique_ptr<Stream> ended(static_cast<Stream*>(stream));
  ended->source->SetWaker({});
  std::erase(ended->server.waiting_, ended.get());
}

MHD_Result HttpServer::Implementation::Answer(MHD_Connection* connection,
                                              const HttpResponse& answer) {
  if (!answer.problem_code.empty()) ++drops_[answer.problem_code];
  if (answer.stream) return Queue(connection, answer, StreamOf(connection, answer));
  // The library copies the body; its parameter is not const only because another mode frees it.
  return Queue(
      connection, answer,
      ResponsePtr(MHD_create_response_from_buffer(
          answer.body.size(), const_cast<char*>(answer.body.data()), MHD_RESPMEM_MUST_COPY)));
}

HttpResponse HttpServer::Implementation::BodyTooLarge() const {
  return ProblemResponse({.status = 413,
                          .code = "body_too_large",
                          .title = "The body of the request is too large",
                          .detail = fmt::format("A body has at most {} octets.", max_body_),
                          .hint = "Split the call into several."});
}

HttpResponse HttpServer::Implementation::CallHandler(const HttpRequest& request) const {
  // An exception must not unwind through the C library's frames, nor one request end the daemon.
  try {
    return handler_(request);
  } catch (const std::exception& error) {
    return ProblemResponse({.status = 500,
                            .code = "handler_failed",
                            .title = "The daemon could not make the answer",
                            .detail = error.what(),
                            .hint = "This is a bug in sallyportd; please report it."});
  }
}

Expected<HttpServer, std::string> HttpServer::Start(EventLoop& loop,
                                                    const HttpServerOptions& options,
                                                    Handler handler, Preparer prepare) {
  auto listener = UnixListener::Open(options.socket_path, options.group, options.mode);
  if (!listener) return Unexpected{listener.error()};
  auto implementation = std::make_unique<Implementation>(loop, options, std::move(handler),
                                                         std::move(prepare), *std::move(listener));
  if (const auto started = implementation->Start(options); !started) {
    return Unexpected{started.error()};
  }
  return HttpServer(std::move(implementation));
}

HttpServer::HttpServer(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
HttpServer::HttpServer(HttpServer&&) noexcept = default;
HttpServer& HttpServer::operator=(HttpServer&&) noexcept = default;
HttpServer::~HttpServer() = default;

const CountByReason& HttpServer::drops() const { return implementation_->drops(); }

}  // namespace sallyport::daemon
