// SPDX-License-Identifier: GPL-2.0-or-later
// The server as a caller meets it: octets through a real AF_UNIX socket, served by a real loop.
#include "daemon/http_server.h"

#include <cstring>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdexcept>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/daemon/unix_socket_fixture.h"

namespace sallyport::daemon {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using testing::StartsWith;

/// A run that takes this long has hung; nothing is measured against it.
constexpr std::chrono::seconds kHung{30};

/// Writes `request` at once and collects what comes back until the server closes.
class Client {
 public:
  using Ended = std::function<void()>;
  Client(EventLoop& loop, const std::string& path, std::string request, Ended ended)
      : fd_(Connect(path)), request_(std::move(request)), ended_(std::move(ended)) {
    EXPECT_TRUE(fd_.valid()) << std::strerror(errno);
    io_ = loop.AddIo(fd_.get(), request_.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT,
                     [this](uint32_t events) { OnEvents(events); });
  }
  const std::string& answer() const { return answer_; }

 private:
  void OnEvents(uint32_t events) {
    if ((events & EPOLLOUT) != 0) {
      const auto sent =
          ::send(fd_.get(), request_.data(), request_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      // A server that refuses early closes while we write; what it answered is still to be read.
      request_.erase(
          0, sent < 0 && errno != EAGAIN ? request_.npos : static_cast<size_t>(std::max(sent, 0L)));
      if (request_.empty()) io_.SetEvents(EPOLLIN);
    }
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0) return;
    char buffer[4096];
    const auto size = ::recv(fd_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (size > 0) {
      answer_.append(buffer, static_cast<size_t>(size));
    } else if (size == 0 || errno != EAGAIN) {
      io_.Reset();
      ended_();
    }
  }

  UniqueFd fd_;
  std::string request_;
  Ended ended_;
  std::string answer_;
  IoSource io_;
};

class HttpServerTest : public testing::Test {
 protected:
  HttpServerTest() { options_.socket_path = folder_.Path("status.sock"); }

  void Start() {
    auto server = HttpServer::Start(
        loop_, options_,
        [this](const HttpRequest& request) {
          requests_.push_back(request);
          return handler_(request);
        },
        prepare_);
    ASSERT_TRUE(server) << server.error();
    server_.emplace(*std::move(server));
  }

  /// Runs every request on a connection of its own, all at the same time; gives the answers.
  std::vector<std::string> Exchange(const std::vector<std::string>& requests) {
    size_t open = requests.size();
    std::vector<std::unique_ptr<Client>> clients;
    for (const std::string& request : requests) {
      clients.push_back(std::make_unique<Client>(loop_, options_.socket_path, request, [&] {
        if (--open == 0) loop_.Exit(0);
      }));
    }
    Timer hung = loop_.AddTimer([this] { loop_.Exit(1); });
    hung.Set(loop_.Now() + kHung);
    EXPECT_EQ(loop_.Run(), 0) << "a connection was not closed";
    std::vector<std::string> answers;
    for (const auto& client : clients) answers.push_back(client->answer());
    return answers;
  }

  /// A request after which the server closes.
  static std::string Request(const std::string& line, const std::string& body = "") {
    return line + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  TemporaryFolder folder_;
  EventLoop loop_;
  HttpServerOptions options_;
  HttpServer::Handler handler_ = [](const HttpRequest&) {
    HttpResponse response;
    response.body = "{}\n";
    return response;
  };
  HttpServer::Preparer prepare_;
  std::vector<HttpRequest> requests_;
  std::optional<HttpServer> server_;
};

TEST_F(HttpServerTest, Request_ReachesTheHandlerDecodedAndWithItsCaller) {
  Start();
  Exchange({Request("POST /v1/a%20b?user=b%26ob&flag&user=", "body")});
  ASSERT_EQ(requests_.size(), 1U);
  EXPECT_EQ(requests_[0].method, "POST");
  EXPECT_EQ(requests_[0].path, "/v1/a b");
  EXPECT_THAT(requests_[0].query,
              ElementsAre(Pair("user", "b&ob"), Pair("flag", ""), Pair("user", "")));
  EXPECT_EQ(requests_[0].body, "body");
  EXPECT_EQ(requests_[0].peer,
            (PeerCredentials{.pid = ::getpid(), .uid = ::getuid(), .gid = ::getgid()}));
}

TEST_F(HttpServerTest, Answer_CarriesStatusHeadersAndBody) {
  handler_ = [](const HttpRequest&) {
    return HttpResponse{.status = 405,
                        .content_type = "application/problem+json",
                        .headers = {{"Allow", "GET, HEAD"}},
                        .body = "{\"status\":405}\n",
                        .problem_code = "method_not_allowed"};
  };
  Start();
  const std::string answer = Exchange({Request("PUT /v1")})[0];
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 405 Method Not Allowed\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nAllow: GET, HEAD\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Type: application/problem+json\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: 15\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n{\"status\":405}\n"));
  EXPECT_THAT(server_->drops(), ElementsAre(Pair("method_not_allowed", 1)));
}

TEST_F(HttpServerTest, Head_HasTheLengthButNoBody) {
  Start();
  const std::string answer = Exchange({Request("HEAD /v1")})[0];
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: 3\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
}

TEST_F(HttpServerTest, PipelinedRequests_AreAnsweredInOrder) {
  handler_ = [](const HttpRequest& request) {
    HttpResponse response;
    response.body = request.path + "!";
    return response;
  };
  Start();
  const std::string keep = " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const std::string answer = Exchange({"GET /1" + keep + "GET /2" + keep + Request("GET /3")})[0];
  const size_t first = answer.find("/1!");
  const size_t second = answer.find("/2!", first);
  EXPECT_LT(first, second);
  EXPECT_LT(second, answer.find("/3!", second));
  EXPECT_THAT(answer, EndsWith("/3!"));
}

TEST_F(HttpServerTest, ChunkedBody_IsPutTogether) {
  Start();
  Exchange(
      {"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
       "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"});
  ASSERT_EQ(requests_.size(), 1U);
  EXPECT_EQ(requests_[0].body, "abcde");
}

TEST_F(HttpServerTest, LargestBody_IsTakenAndALargerOneRefused) {
  options_.max_request_bytes = 4096;
  Start();
  const auto answers = Exchange({Request("POST /fits", std::string(4096, 'x')),
                                 Request("POST /over", std::string(4097, 'x'))});
  EXPECT_THAT(answers[0], StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(answers[1], StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(answers[1], HasSubstr("application/problem+json"));
  EXPECT_THAT(answers[1], HasSubstr(R"("code":"body_too_large")"));
  ASSERT_EQ(requests_.size(), 1U);
  EXPECT_EQ(requests_[0].body.size(), 4096U);
  EXPECT_THAT(server_->drops(), ElementsAre(Pair("body_too_large", 1)));
}

TEST_F(HttpServerTest, BodyWithoutEnd_IsCutOff) {
  options_.max_request_bytes = 4096;
  Start();
  std::string request = "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 600; ++i) request += "1000\r\n" + std::string(4096, 'x') + "\r\n";
  EXPECT_THAT(Exchange({request}), ElementsAre(""));
  EXPECT_THAT(requests_, IsEmpty());
}

TEST_F(HttpServerTest, HugeHeader_IsRefused) {
  options_.max_request_bytes = 4096;
  Start();
  const auto answers =
      Exchange({"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(8192, 'x') + "\r\n\r\n",
                "GET /" + std::string(8192, 'x') + " HTTP/1.1\r\nHost: localhost\r\n\r\n"});
  EXPECT_THAT(answers[0], StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(answers[1], StartsWith("HTTP/1.1 414 "));
  EXPECT_THAT(requests_, IsEmpty());
  EXPECT_THAT(server_->drops(), ElementsAre(Pair("no_request", 2)));
}

TEST_F(HttpServerTest, WhatIsNotHttp_NeverReachesTheHandler) {
  options_.idle_timeout = std::chrono::seconds{1};
  Start();
  std::vector<std::string> garbage{std::string("\0\xFF\x16\x03\x01\r\n\r\n", 9),
                                   "GET\r\n\r\n",
                                   "GET / HTTP/9.9\r\n\r\n",
                                   "{\"command\":\"status\"}\n",
                                   "GET / HTTP/1.1\r\n\r\n",  // RFC 9112 §3.2: no Host, 400
                                   "\r\n\r\n\r\n"};
  for (const std::string& answer : Exchange(garbage)) EXPECT_THAT(answer, Not(HasSubstr(" 200 ")));
  EXPECT_THAT(requests_, IsEmpty());
  EXPECT_THAT(server_->drops(), ElementsAre(Pair("no_request", garbage.size())));
}

TEST_F(HttpServerTest, EveryTruncatedRequest_IsDroppedWhenItsTimeIsOver) {
  options_.idle_timeout = std::chrono::seconds{1};
  Start();
  const std::string whole = "POST /v1?a=b HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}";
  ASSERT_LE(whole.size(), options_.max_connections);
  std::vector<std::string> cut;
  for (size_t size = 0; size < whole.size(); ++size) cut.push_back(whole.substr(0, size));
  for (const std::string& answer : Exchange(cut)) EXPECT_EQ(answer, "");
  EXPECT_THAT(requests_, IsEmpty());
}

TEST_F(HttpServerTest, SilentClient_DoesNotHoldUpOthers) {
  options_.idle_timeout = std::chrono::seconds{1};
  options_.max_connections = 2;
  Start();
  const auto answers = Exchange({"", "GET / HT", Request("GET /")});  // the third waits for a place
  EXPECT_THAT(answers[2], StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpServerTest, HandlerThatThrows_IsAnsweredWith500) {
  handler_ = [](const HttpRequest&) -> HttpResponse { throw std::runtime_error("no memory"); };
  Start();
  const std::string answer = Exchange({Request("GET /")})[0];
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(answer, HasSubstr("no memory"));
  EXPECT_THAT(server_->drops(), ElementsAre(Pair("handler_failed", 1)));
}

TEST_F(HttpServerTest, RequestThatMustWait_IsAnsweredWhenItsNeedsAreThere) {
  bool prepared = false;
  prepare_ = [&](const HttpRequest& request, std::function<void()> ready) {
    if (request.path != "/slow") return false;
    // Two turns later, with other requests served meanwhile.
    loop_.Defer([&, ready] {
      loop_.Defer([&, ready] {
        prepared = true;
        ready();
      });
    });
    return true;
  };
  handler_ = [&](const HttpRequest& request) {
    EXPECT_TRUE(request.path == "/quick" || prepared);
    HttpResponse response;
    response.body = request.path + ":" + request.body;
    return response;
  };
  Start();
  const auto answers = Exchange({Request("POST /slow", "body"), Request("GET /quick")});
  EXPECT_THAT(answers[0], EndsWith("\r\n\r\n/slow:body"));
  EXPECT_THAT(answers[1], EndsWith("\r\n\r\n/quick:"));
}

TEST_F(HttpServerTest, StoppedWhileARequestWaits_ClosesIt) {
  std::function<void()> ready;
  prepare_ = [&](const HttpRequest&, std::function<void()> when_ready) {
    ready = std::move(when_ready);
    loop_.Defer([this] { server_.reset(); });
    return true;
  };
  Start();
  EXPECT_THAT(Exchange({Request("GET /v1")}), ElementsAre(IsEmpty()));
  EXPECT_TRUE(ready);
  EXPECT_THAT(requests_, IsEmpty());
}

TEST_F(HttpServerTest, LargeAnswer_ComesWhole) {
  handler_ = [](const HttpRequest&) {
    HttpResponse response;
    response.body.assign(8'000'000, 'x');  // beyond any socket buffer: many turns of the loop
    return response;
  };
  Start();
  const std::string answer = Exchange({Request("GET /")})[0];
  EXPECT_EQ(answer.size() - answer.find("\r\n\r\n") - 4, 8'000'000U);
}

/// Gives out what the test lays in, and waits meanwhile.
class Script : public BodySource {
 public:
  Next Produce(std::string& out) override {
    ++produced;
    if (pieces.empty()) return ended ? Next::kEnd : Next::kWait;
    out = std::exchange(pieces.front(), {});
    pieces.erase(pieces.begin());
    return Next::kMore;
  }
  void Add(std::string piece) {
    pieces.push_back(std::move(piece));
    Wake();
  }
  void End() {
    ended = true;
    Wake();
  }

  std::vector<std::string> pieces;
  bool ended = false;
  int produced = 0;
};

/// The octets of a chunked body (RFC 9112 §7.1).
std::string Unchunked(const std::string& answer) {
  std::string_view rest = answer;
  rest.remove_prefix(rest.find("\r\n\r\n") + 4);
  std::string body;
  while (!rest.empty()) {
    const size_t size = std::stoul(std::string(rest.substr(0, rest.find("\r\n"))), nullptr, 16);
    rest.remove_prefix(rest.find("\r\n") + 2);
    if (size == 0) break;
    body += rest.substr(0, size);
    rest.remove_prefix(size + 2);
  }
  return body;
}

TEST_F(HttpServerTest, StreamedAnswer_ComesPieceByPiece) {
  const auto script = std::make_shared<Script>();
  script->pieces = {"one,", "", std::string(100'000, 'x'), "", ",two"};  // empty: in another turn
  script->ended = true;
  handler_ = [&](const HttpRequest&) {
    HttpResponse response;
    response.stream = script;
    return response;
  };
  Start();
  EXPECT_EQ(Unchunked(Exchange({Request("GET /")})[0]),
            "one," + std::string(100'000, 'x') + ",two");
  EXPECT_EQ(script.use_count(), 1) << "the server has let go of it";
}

TEST_F(HttpServerTest, StreamThatWaits_IsWokenAndDoesNotSpin) {
  const auto script = std::make_shared<Script>();
  options_.idle_timeout = std::chrono::seconds{1};
  options_.request_timeout = std::chrono::seconds{1};
  handler_ = [&](const HttpRequest&) {
    HttpResponse response;
    response.stream = script;
    return response;
  };
  Start();
  // Longer than the timeouts, which are not for one who waits for us.
  Timer later = loop_.AddTimer([&] { script->Add("late"); });
  later.Set(loop_.Now() + std::chrono::milliseconds(2500));
  Timer end = loop_.AddTimer([&] { script->End(); });
  end.Set(loop_.Now() + std::chrono::milliseconds(2600));
  EXPECT_EQ(Unchunked(Exchange({Request("GET /")})[0]), "late");
  EXPECT_LT(script->produced, 10);
}

TEST_F(HttpServerTest, StreamThatWaits_GoesWithTheServer) {
  const auto script = std::make_shared<Script>();
  handler_ = [&](const HttpRequest&) {
    HttpResponse response;
    response.stream = script;
    loop_.Defer([this] { loop_.Defer([this] { server_.reset(); }); });
    return response;
  };
  Start();
  Exchange({Request("GET /")});
  EXPECT_EQ(script.use_count(), 1);
  script->Add("nobody listens");
}

TEST_F(HttpServerTest, StreamWhoseClientGoes_IsLetGoWhenItIsWrittenTo) {
  const auto script = std::make_shared<Script>();
  const auto other = std::make_shared<Script>();
  handler_ = [&](const HttpRequest& request) {
    HttpResponse response;
    response.stream = request.path == "/stream" ? script : other;
    return response;
  };
  Start();
  UniqueFd client = Connect(options_.socket_path);
  const std::string request = Request("GET /stream");
  ASSERT_EQ(::send(client.get(), request.data(), request.size(), 0), ssize_t(request.size()));
  // Once the stream is taken the client goes; then it is written to until the server lets go.
  Timer step;
  step = loop_.AddTimer([&] {
    if (client && script.use_count() == 2) client.Reset();
    if (!client) script->Add("more");
    if (!client && script.use_count() == 1) return other->End();
    step.Set(loop_.Now() + std::chrono::milliseconds(10));
  });
  step.Set(loop_.Now());
  Exchange({Request("GET /")});
  EXPECT_EQ(script.use_count(), 1);
}

/// Sends an octet every few milliseconds, for ever, and so is never idle.
class Trickler {
 public:
  Trickler(EventLoop& loop, const std::string& path, const std::string& begun)
      : loop_(loop), fd_(Connect(path)) {
    EXPECT_EQ(::send(fd_.get(), begun.data(), begun.size(), MSG_NOSIGNAL), ssize_t(begun.size()));
    timer_ = loop.AddTimer([this] {
      if (::send(fd_.get(), "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1) Next();
    });
    Next();
  }
  /// To the end of the answer, which has come.
  std::string Answer() const {
    std::string answer(4096, '\0');
    const ssize_t size = ::recv(fd_.get(), answer.data(), answer.size(), MSG_DONTWAIT);
    answer.resize(static_cast<size_t>(std::max<ssize_t>(size, 0)));
    return answer;
  }

 private:
  void Next() { timer_.Set(loop_.Now() + std::chrono::milliseconds(20)); }

  EventLoop& loop_;
  UniqueFd fd_;
  Timer timer_;
};

TEST_F(HttpServerTest, RequestThatTricklesIn_IsCutOff) {
  const auto script = std::make_shared<Script>();
  options_.request_timeout = std::chrono::seconds{1};
  options_.max_connections = 4;
  handler_ = [&](const HttpRequest& request) {
    HttpResponse response;
    if (request.path == "/after") response.stream = script;
    return response;
  };
  Start();
  const std::string whole = "GET /whole HTTP/1.1\r\nHost: h\r\n\r\n";
  const Trickler line(loop_, options_.socket_path, "GET /");
  const Trickler head(loop_, options_.socket_path, "GET / HTTP/1.1\r\nX: ");
  const Trickler body(loop_, options_.socket_path,
                      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 30000\r\n\r\n");
  const Trickler second(loop_, options_.socket_path, whole + "GET / HTTP/1.1\r\nX: ");
  // They have every place. This one is served once one of them has lost its own, and ends once all
  // have.
  Timer step;
  step = loop_.AddTimer([&] {
    const auto& drops = server_->drops();
    if (const auto found = drops.find("request_too_slow"); found != drops.end()) {
      if (found->second == 4) script->End();
    }
    step.Set(loop_.Now() + std::chrono::milliseconds(10));
  });
  step.Set(loop_.Now());
  EXPECT_THAT(Exchange({Request("GET /after")})[0], StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(server_->drops(), ElementsAre(Pair("request_too_slow", 4)));
  EXPECT_THAT(second.Answer(), StartsWith("HTTP/1.1 200 ")) << "to what came whole";
  std::vector<std::string> paths;
  for (const HttpRequest& request : requests_) paths.push_back(request.path);
  EXPECT_THAT(paths, ElementsAre("/whole", "/after"));
}

TEST_F(HttpServerTest, StreamThatThrows_BreaksOff) {
  class Broken : public BodySource {
    Next Produce(std::string&) override { throw std::runtime_error("no memory"); }
  };
  handler_ = [](const HttpRequest&) {
    HttpResponse response;
    response.stream = std::make_shared<Broken>();
    return response;
  };
  Start();
  EXPECT_THAT(Exchange({Request("GET /")})[0], Not(EndsWith("0\r\n\r\n")));
}

TEST_F(HttpServerTest, Request_SaysWhatItsSocketIsForAndWhatItAccepts) {
  options_.access = Access::kMonitor;
  options_.mode = 0666;
  Start();
  Exchange({"GET / HTTP/1.1\r\nHost: h\r\nAccept: text/plain\r\nConnection: close\r\n\r\n"});
  ASSERT_EQ(requests_.size(), 1U);
  EXPECT_EQ(requests_[0].access, Access::kMonitor);
  EXPECT_EQ(requests_[0].accept, "text/plain");
  struct stat file {};
  ASSERT_EQ(::stat(options_.socket_path.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 07777, 0666U);
}

TEST_F(HttpServerTest, SocketFile_HasItsModeAndGoesWithTheServer) {
  options_.socket_path = folder_.Path("run/sallyport.sock");
  options_.group = ::getgid();
  Start();
  struct stat file {};
  ASSERT_EQ(::stat(options_.socket_path.c_str(), &file), 0);
  EXPECT_TRUE(S_ISSOCK(file.st_mode));
  EXPECT_EQ(file.st_mode & 07777, 0660U);
  EXPECT_EQ(file.st_gid, ::getgid());
  server_.reset();
  EXPECT_NE(::stat(options_.socket_path.c_str(), &file), 0);
}

TEST_F(HttpServerTest, StoppedWithOpenConnections_ClosesThem) {
  Start();
  const UniqueFd idle = Connect(options_.socket_path);
  Exchange({Request("GET /")});  // so that the first one has been accepted
  server_.reset();
  char octet = 0;
  EXPECT_EQ(::recv(idle.get(), &octet, 1, MSG_DONTWAIT), 0);
}

}  // namespace
}  // namespace sallyport::daemon
