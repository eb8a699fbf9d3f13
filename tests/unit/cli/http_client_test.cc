// SPDX-License-Identifier: GPL-2.0-or-later
// The client against a scripted server on a real AF_UNIX socket.
#include "cli/http_client.h"

#include <cstring>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>

#include "base/unique_fd.h"

namespace sallyport::cli {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

/// A run that takes this long has hung; nothing is measured against it.
constexpr std::chrono::seconds kHung{30};
/// For the cases that end by it.
constexpr std::chrono::milliseconds kShort{50};

class HttpClientTest : public testing::Test {
 protected:
  HttpClientTest() {
    std::string name = std::filesystem::temp_directory_path() / "sallyport-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    path_ = folder_ / "s";
  }
  ~HttpClientTest() override {
    if (server_.joinable()) server_.join();
    std::filesystem::remove_all(folder_);
  }

  void Listen(int backlog = 1) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
    listener_ = UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
              0);
    ASSERT_EQ(::listen(listener_.get(), backlog), 0);
  }

  /// Accepts one connection, reads until `request_end` has come, answers in pieces and closes.
  void Serve(std::string request_end, std::vector<std::string> pieces) {
    Listen();
    server_ = std::thread([this, request_end, pieces] {
      const UniqueFd fd(::accept(listener_.get(), nullptr, nullptr));
      char buffer[4096];
      while (request_.find(request_end) == request_.npos) {
        const auto size = ::recv(fd.get(), buffer, sizeof buffer, 0);
        if (size <= 0) return;
        request_.append(buffer, static_cast<size_t>(size));
      }
      for (const std::string& piece : pieces) {
        ::send(fd.get(), piece.data(), piece.size(), MSG_NOSIGNAL);
      }
    });
  }

  std::filesystem::path folder_;
  std::string path_;
  UniqueFd listener_;
  std::thread server_;
  std::string request_;  // as the server got it; read after join()
};

TEST_F(HttpClientTest, Call_SendsTheRequestAndGivesTheResponse) {
  Serve("{\"all\":true}", {"HTTP/1.1 200 OK\r\nContent-", "Length: 4\r\n\r\n{}", " \n"});
  const auto response = Call(path_, {"POST", "/v1/x?user=a%20b", R"({"all":true})"}, kHung);
  server_.join();
  ASSERT_TRUE(response) << response.error().detail;
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "{} \n");
  EXPECT_THAT(request_, StartsWith("POST /v1/x?user=a%20b HTTP/1.1\r\nHost: localhost\r\n"));
  EXPECT_THAT(request_, HasSubstr("\r\nContent-Length: 12\r\n"));
  EXPECT_THAT(request_, EndsWith("\r\n\r\n{\"all\":true}"));
}

TEST_F(HttpClientTest, AnswerBeforeTheRequestWasRead_IsSeen) {
  Serve("POST", {"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n"});
  const auto response = Call(path_, {"POST", "/", std::string(4'000'000, ' ')}, kHung);
  ASSERT_TRUE(response) << response.error().detail;
  EXPECT_EQ(response->status, 413);
}

TEST_F(HttpClientTest, Follow_HandsOnWhatComesAsItComes) {
  Serve("\r\n\r\n", {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\none\n\r\n",
                     "4\r\ntwo\n\r\n", "0\r\n\r\n"});
  std::string taken;
  const auto response =
      Follow(path_, {"GET", "/v1/events", ""}, kHung, kHung, [&](std::string_view octets) {
        taken += octets;
        return true;
      });
  ASSERT_TRUE(response) << response.error().detail;
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "");
  EXPECT_EQ(taken, "one\ntwo\n");
}

TEST_F(HttpClientTest, Follow_EndsWhenItsReaderHasEnough) {
  Serve("\r\n\r\n", {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\none\n\r\n"});
  const auto response = Follow(path_, {"GET", "/v1/events", ""}, kHung, kHung,
                               [](std::string_view) { return false; });
  EXPECT_TRUE(response);
}

TEST_F(HttpClientTest, FollowOfARefusal_GivesItWhole) {
  Serve("\r\n\r\n", {"HTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\n{}"});
  const auto response =
      Follow(path_, {"GET", "/v1/events", ""}, kHung, kHung, [](std::string_view) {
        ADD_FAILURE();
        return true;
      });
  ASSERT_TRUE(response) << response.error().detail;
  EXPECT_EQ(response->status, 503);
  EXPECT_EQ(response->body, "{}");
}

TEST_F(HttpClientTest, FollowOfAStreamThatBreaksOff_Fails) {
  Serve("\r\n\r\n", {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\non"});
  const auto response =
      Follow(path_, {"GET", "/v1/events", ""}, kHung, kHung, [](std::string_view) { return true; });
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, CallError::Kind::kBroken);
}

TEST_F(HttpClientTest, NoSocket_IsUnreachable) {
  const auto response = Call(path_, {"GET", "/", ""}, kHung);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, CallError::Kind::kUnreachable);
}

TEST_F(HttpClientTest, SocketThatNobodyListensOn_IsUnreachable) {
  Listen();
  listener_.Reset();
  const auto response = Call(path_, {"GET", "/", ""}, kHung);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, CallError::Kind::kUnreachable);
}

TEST_F(HttpClientTest, SilentServer_IsATimeout) {
  Listen();
  const auto response = Call(path_, {"GET", "/", ""}, kShort);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, CallError::Kind::kTimeout);
}

TEST_F(HttpClientTest, FullBacklog_IsATimeout) {
  Listen(0);  // takes one connection that is not accepted, then connect() waits
  const auto first = Call(path_, {"GET", "/", ""}, kShort);
  const auto second = Call(path_, {"GET", "/", ""}, kShort);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, CallError::Kind::kTimeout);
}

TEST_F(HttpClientTest, ConnectionThatEndsEarly_IsBroken) {
  Serve("\r\n\r\n", {"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n{}"});
  const auto response = Call(path_, {"GET", "/", ""}, kHung);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, CallError::Kind::kBroken);
}

TEST_F(HttpClientTest, ServerThatIsNotHttp_IsBroken) {
  Serve("\r\n\r\n", {"220 mail.example ESMTP\r\n\r\n"});
  const auto response = Call(path_, {"GET", "/", ""}, kHung);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, CallError::Kind::kBroken);
}

TEST_F(HttpClientTest, PathTooLongForASocket_IsSaid) {
  const auto response = Call("/" + std::string(200, 'x'), {"GET", "/", ""}, kHung);
  ASSERT_FALSE(response);
  EXPECT_THAT(response.error().detail, HasSubstr("too long"));
}

TEST(PercentEncode, LeavesOnlyUnreservedCharacters) {
  EXPECT_EQ(PercentEncode("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(PercentEncode("a b&c=d?e/f%\xC3\xA4"), "a%20b%26c%3Dd%3Fe%2Ff%25%C3%A4");
}

}  // namespace
}  // namespace sallyport::cli
