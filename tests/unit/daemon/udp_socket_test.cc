// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/udp_socket.h"

#include <array>
#include <cerrno>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>
#include <vector>

namespace sallyport::daemon {
namespace {

using testing::ElementsAre;

const IpAddress kLoopback = IpAddress::V4(0x7F000001);
const IpAddress kOtherLoopback = IpAddress::V4(0x7F000002);
const IpAddress kLoopback6 = *IpAddress::Parse("::1");
const IpAddress kAny6 = *IpAddress::Parse("::");

UniqueFd BoundSocket(const IpAddress& local) {
  auto socket = OpenUdpSocket(local.family());
  EXPECT_TRUE(socket);
  EXPECT_TRUE(BindUdpSocket(*socket, {local, 0}));
  return *std::move(socket);
}

void WaitUntilReadable(const UniqueFd& socket) {
  pollfd waiting{.fd = socket.get(), .events = POLLIN, .revents = 0};
  ASSERT_EQ(poll(&waiting, 1, 5000), 1);
}

TEST(UdpSocket, CarriesADatagramAndTellsBothAddresses) {
  const UniqueFd receiver = BoundSocket(IpAddress::V4(0));  // every address
  const UniqueFd sender = BoundSocket(kLoopback);
  const std::array<uint8_t, 3> bytes{1, 2, 3};
  ASSERT_TRUE(SendUdpDatagram(sender, {kOtherLoopback, LocalUdpPort(receiver)}, {}, bytes));
  WaitUntilReadable(receiver);
  int count = 0;
  ReceiveUdpDatagrams(receiver, [&](const UdpDatagram& datagram) {
    ++count;
    EXPECT_EQ(datagram.peer, (IpEndpoint{kLoopback, LocalUdpPort(sender)}));
    EXPECT_EQ(datagram.local, kOtherLoopback);
    EXPECT_THAT(datagram.bytes, ElementsAre(1, 2, 3));
  });
  EXPECT_EQ(count, 1);
}

TEST(UdpSocket, CarriesADatagramOverIpv6WithBothAddressesAndAChecksum) {
  const UniqueFd receiver = BoundSocket(kAny6);
  const UniqueFd sender = BoundSocket(kLoopback6);
  const std::array<uint8_t, 3> bytes{1, 2, 3};
  ASSERT_TRUE(SendUdpDatagram(sender, {kLoopback6, LocalUdpPort(receiver)}, kLoopback6, bytes));
  WaitUntilReadable(receiver);
  int count = 0;
  ReceiveUdpDatagrams(receiver, [&](const UdpDatagram& datagram) {
    ++count;
    EXPECT_EQ(datagram.peer, (IpEndpoint{kLoopback6, LocalUdpPort(sender)}));
    EXPECT_EQ(datagram.local, kLoopback6);
    EXPECT_THAT(datagram.bytes, ElementsAre(1, 2, 3));
  });
  EXPECT_EQ(count, 1);
  // RFC 8200 §8.1: the kernel's L2TP takes this over for its data messages (l2tp_core.c).
  int no_checksum = -1;
  socklen_t size = sizeof no_checksum;
  ASSERT_EQ(getsockopt(sender.get(), SOL_UDP, UDP_NO_CHECK6_TX, &no_checksum, &size), 0);
  EXPECT_EQ(no_checksum, 0);
}

TEST(UdpSocket, OneOfIpv6LeavesIpv4Alone) {
  const UniqueFd v6 = BoundSocket(kAny6);
  const auto v4 = OpenUdpSocket(IpAddress::Family::kV4);
  ASSERT_TRUE(v4);
  EXPECT_TRUE(BindUdpSocket(*v4, {IpAddress::V4(0), LocalUdpPort(v6)}));
}

TEST(UdpSocket, AnswersFromTheAddressAsked) {
  const UniqueFd listener = BoundSocket(IpAddress::V4(0));
  const UniqueFd client = BoundSocket(kLoopback);
  const std::array<uint8_t, 1> bytes{9};
  ASSERT_TRUE(SendUdpDatagram(listener, {kLoopback, LocalUdpPort(client)}, kOtherLoopback, bytes));
  WaitUntilReadable(client);
  ReceiveUdpDatagrams(client, [&](const UdpDatagram& datagram) {
    EXPECT_EQ(datagram.peer, (IpEndpoint{kOtherLoopback, LocalUdpPort(listener)}));
  });
}

TEST(UdpSocket, AConnectedSocketNeedsNoAddress) {
  const UniqueFd receiver = BoundSocket(kLoopback);
  const UniqueFd sender = BoundSocket(kLoopback);
  ASSERT_TRUE(ConnectUdpSocket(sender.get(), {kLoopback, LocalUdpPort(receiver)}));
  const std::array<uint8_t, 1> bytes{7};
  ASSERT_TRUE(SendUdpDatagram(sender, {}, {}, bytes));
  WaitUntilReadable(receiver);
}

TEST(UdpSocket, AnEmptyDatagramIsDelivered) {
  const UniqueFd receiver = BoundSocket(kLoopback);
  const UniqueFd sender = BoundSocket(kLoopback);
  ASSERT_TRUE(SendUdpDatagram(sender, {kLoopback, LocalUdpPort(receiver)}, {}, {}));
  WaitUntilReadable(receiver);
  int count = 0;
  ReceiveUdpDatagrams(receiver, [&](const UdpDatagram& datagram) {
    ++count;
    EXPECT_TRUE(datagram.bytes.empty());
  });
  EXPECT_EQ(count, 1);
}

TEST(UdpSocket, APortInUseIsAnErrorWithText) {
  const UniqueFd first = BoundSocket(kLoopback);
  const auto second = OpenUdpSocket(IpAddress::Family::kV4);
  ASSERT_TRUE(second);
  const auto bound = BindUdpSocket(*second, {kLoopback, LocalUdpPort(first)});
  ASSERT_FALSE(bound);
  EXPECT_EQ(bound.error().code, EADDRINUSE);
  EXPECT_THAT(bound.error().text, testing::HasSubstr("127.0.0.1:"));
}

}  // namespace
}  // namespace sallyport::daemon
