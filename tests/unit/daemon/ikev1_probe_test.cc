// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/ikev1_probe.h"

#include <chrono>
#include <gtest/gtest.h>
#include <optional>
#include <sys/epoll.h>
#include <vector>

#include "daemon/udp_socket.h"

namespace sallyport::daemon {
namespace {

const IpAddress kLoopback = IpAddress::V4(0x7F000001);

/// What the probe finds where somebody answers each datagram with `answer`, if that is not empty.
bool FoundMissing(const std::vector<uint8_t>& answer) {
  EventLoop loop;
  UniqueFd ike = *OpenUdpSocket(IpAddress::Family::kV4);
  EXPECT_TRUE(BindUdpSocket(ike, {kLoopback, 0}));
  size_t asked = 0;
  IoSource io = loop.AddIo(ike.get(), EPOLLIN, [&](uint32_t) {
    ReceiveUdpDatagrams(ike, [&](const UdpDatagram& datagram) {
      ++asked;
      EXPECT_EQ(datagram.bytes.size(), 28U);
      EXPECT_EQ(datagram.bytes[17], 0x10);  // version 1.0
      EXPECT_EQ(datagram.bytes[27], 28);
      if (answer.empty()) return;
      EXPECT_TRUE(SendUdpDatagram(ike, datagram.peer, {}, answer));
    });
  });
  std::optional<bool> found;
  Ikev1Probe probe(loop);
  probe.Start({kLoopback, LocalUdpPort(ike)}, [&](bool missing) {
    found = missing;
    loop.Exit(0);
  });
  EXPECT_FALSE(found) << "not from inside of Start()";
  loop.Run();
  EXPECT_EQ(asked, 1U);
  return found.value_or(false);
}

std::vector<uint8_t> Header(uint8_t version) {
  std::vector<uint8_t> header(28);
  header[17] = version;
  return header;
}

TEST(Ikev1Probe, AnAnswerInVersion2SaysThatVersion1IsMissing) {
  EXPECT_TRUE(FoundMissing(Header(0x20)));
}

TEST(Ikev1Probe, AnotherAnswerOrSilenceSaysNothing) {
  EXPECT_FALSE(FoundMissing(Header(0x10)));
  EXPECT_FALSE(FoundMissing({0x20}));
  EXPECT_FALSE(FoundMissing({}));
}

TEST(Ikev1Probe, WhereNobodyListensNothingIsFound) {
  EventLoop loop;
  std::optional<bool> found;
  Ikev1Probe probe(loop);
  probe.Start({kLoopback, 1}, [&](bool missing) {
    found = missing;
    loop.Exit(0);
  });
  loop.Run();
  EXPECT_EQ(found, false);
}

}  // namespace
}  // namespace sallyport::daemon
