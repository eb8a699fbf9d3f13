// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/http_response.h"

#include <gtest/gtest.h>
#include <string>

namespace sallyport::cli {
namespace {

using State = HttpResponseParser::State;

HttpResponseParser Parse(std::string_view text) {
  HttpResponseParser parser;
  parser.Receive(text);
  return parser;
}

constexpr std::string_view kLength =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\ncontent-LENGTH:  3 \r\n\r\n{}\n";
constexpr std::string_view kChunked =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"
    "3;name=value\r\n{\"a\r\n"    // an extension is ignored
    "A\r\n\":\"\r\n0\r\n\"}\r\n"  // the data may look like framing
    "0\r\nTrailer: x\r\n\r\n";

TEST(HttpResponseParser, BodyWithLength_EndsWithIt) {
  const auto parser = Parse(kLength);
  ASSERT_TRUE(parser.done());
  EXPECT_EQ(parser.response().status, 200);
  EXPECT_EQ(parser.response().body, "{}\n");
}

TEST(HttpResponseParser, ChunkedBody_IsPutTogether) {
  const auto parser = Parse(kChunked);
  ASSERT_TRUE(parser.done());
  EXPECT_EQ(parser.response().body, "{\"a\":\"\r\n0\r\n\"}");
}

TEST(HttpResponseParser, OctetByOctet_GivesTheSame) {
  for (const std::string_view whole : {kLength, kChunked}) {
    HttpResponseParser parser;
    for (const char octet : whole) parser.Receive({&octet, 1});
    ASSERT_TRUE(parser.done());
    EXPECT_EQ(parser.response().body, Parse(whole).response().body);
  }
}

TEST(HttpResponseParser, EveryTruncation_FailsAtTheEnd) {
  for (const std::string_view whole : {kLength, kChunked}) {
    for (size_t size = 0; size < whole.size(); ++size) {
      auto parser = Parse(whole.substr(0, size));
      EXPECT_FALSE(parser.done()) << size;
      EXPECT_FALSE(parser.failed()) << size;
      parser.Finish();
      EXPECT_TRUE(parser.failed()) << size;
    }
  }
}

TEST(HttpResponseParser, BodyWithoutLength_EndsWhenThePeerCloses) {
  auto parser = Parse("HTTP/1.0 404 Not Found\r\n\r\nno");
  EXPECT_FALSE(parser.done());
  parser.Receive("thing");
  parser.Finish();
  ASSERT_TRUE(parser.done());
  EXPECT_EQ(parser.response().status, 404);
  EXPECT_EQ(parser.response().body, "nothing");
}

TEST(HttpResponseParser, InterimResponses_ArePassedOver) {
  const auto parser = Parse(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nContent-Length: 9\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
  ASSERT_TRUE(parser.done());
  EXPECT_EQ(parser.response().status, 200);
  EXPECT_EQ(parser.response().body, "x");
}

TEST(HttpResponseParser, ResponsesWithoutBody_AreDoneAtOnce) {
  EXPECT_TRUE(Parse("HTTP/1.1 204 No Content\r\n\r\n").done());
  EXPECT_TRUE(Parse("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n").done());
  HttpResponseParser head(false);
  head.Receive("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
  EXPECT_TRUE(head.done());
}

TEST(HttpResponseParser, ChunkedGoesBeforeLength) {
  for (const char* headers : {"Content-Length: 9\r\nTransfer-Encoding: chunked\r\n",
                              "Transfer-Encoding: chunked\r\nContent-Length: 9\r\n"}) {
    const auto parser =
        Parse(std::string("HTTP/1.1 200 OK\r\n") + headers + "\r\n1\r\nx\r\n0\r\n\r\n");
    ASSERT_TRUE(parser.done()) << headers;
    EXPECT_EQ(parser.response().body, "x");
  }
}

TEST(HttpResponseParser, WhatIsNotAResponse_Fails) {
  const std::string head = "HTTP/1.1 200 OK\r\n";
  const std::string chunked = head + "Transfer-Encoding: chunked\r\n\r\n";
  for (const std::string& text : {std::string("SSH-2.0-OpenSSH_9.2\r\n\r\n"),
                                  std::string("HTTP/2 200 OK\r\n\r\n"),
                                  std::string("HTTP/1.1 99 No\r\n\r\n"),
                                  std::string("HTTP/1.1 600 No\r\n\r\n"),
                                  std::string("HTTP/1.1 2x0 OK\r\n\r\n"),
                                  std::string("HTTP/1.1 200OK\r\n\r\n"),
                                  std::string("\r\n\r\n"),
                                  head + "no colon\r\n\r\n",
                                  head + ": no name\r\n\r\n",
                                  head + "Content-Length: -1\r\n\r\n",
                                  head + "Content-Length: 1x\r\n\r\n",
                                  head + "Content-Length:\r\n\r\n",
                                  head + "Content-Length: 1\r\nContent-Length: 1\r\n\r\n",
                                  head + "Content-Length: 99999999999999999999\r\n\r\n",
                                  head + "Content-Length: 268435457\r\n\r\n",
                                  head + "Transfer-Encoding: gzip\r\n\r\n",
                                  head + "Content-Length: 1\r\n\r\nxy",  // more than announced
                                  chunked + "\r\n",
                                  chunked + "x\r\n",
                                  chunked + "-1\r\n",
                                  chunked + "10000001\r\n",
                                  chunked + "ffffffffffffffffff\r\n",
                                  chunked + "1\r\nab\r\n",
                                  chunked + "0\r\n\r\nmore"}) {
    EXPECT_TRUE(Parse(text).failed()) << text;
  }
}

TEST(HttpResponseParser, HeadWithoutEnd_Fails) {
  HttpResponseParser parser;
  parser.Receive("HTTP/1.1 200 OK\r\nX: ");
  for (size_t i = 0; i <= HttpResponseParser::kMaxHeadBytes; ++i) parser.Receive("x");
  EXPECT_TRUE(parser.failed());
}

TEST(HttpResponseParser, ChunkLineWithoutEnd_Fails) {
  auto parser = Parse("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;");
  parser.Receive(std::string(HttpResponseParser::kMaxHeadBytes + 1, 'x'));
  EXPECT_TRUE(parser.failed());
}

TEST(HttpResponseParser, FailureStays) {
  auto parser = Parse("garbage\r\n\r\n");
  parser.Receive(kLength);
  parser.Finish();
  EXPECT_EQ(parser.state(), State::kFailed);
}

}  // namespace
}  // namespace sallyport::cli
