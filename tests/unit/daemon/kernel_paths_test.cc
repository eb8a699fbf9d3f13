// SPDX-License-Identifier: GPL-2.0-or-later
// The listeners, which need no rights of their own. Paths of SAs and tunnels need the kernel's L2TP
// and are shown in the lab.
#include "daemon/kernel_paths.h"

#include <array>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <poll.h>
#include <vector>

namespace sallyport::daemon {
namespace {

using testing::ElementsAre;

const IpAddress kLoopback = IpAddress::V4(0x7F000001);
const IpAddress kOtherLoopback = IpAddress::V4(0x7F000002);
const IpAddress kLoopback6 = *IpAddress::Parse("::1");

class RecordingObserver final : public DataPlane::Observer {
 public:
  void OnDatagram(const l2tp::Datagram& datagram, const Reception& reception) override {
    EXPECT_TRUE(reception.listener);
    EXPECT_FALSE(reception.reqid) << "there is no firewall rule that marks it";
    datagrams.push_back(datagram);
    datagrams.back().bytes = {};  // borrowed
  }
  void OnFrame(const SessionKey&, std::span<const uint8_t>) override {}
  void OnDhcp(const SessionKey&, const DhcpDatagram&) override {}
  void OnIpv6Message(const SessionKey&, const Ipv6Message&) override {}
  void OnSessionLost(const SessionKey&) override {}
  void OnSasDeleted(const std::set<KernelSa>&) override {}
  void OnSasUncertain() override {}
  std::vector<l2tp::Datagram> datagrams;
};

UniqueFd Client(const IpAddress& local) {
  auto socket = OpenUdpSocket(local.family());
  EXPECT_TRUE(socket);
  EXPECT_TRUE(BindUdpSocket(*socket, {local, 0}));
  return *std::move(socket);
}

/// A port that nothing uses now.
uint16_t FreePort() { return LocalUdpPort(Client(IpAddress::V4(0))); }

class KernelPathsTest : public testing::Test {
 protected:
  void Listen(std::vector<IpAddress> listen) {
    paths_ = std::make_unique<KernelPaths>(
        loop_, pool_,
        KernelPaths::Options{.listen = std::move(listen), .port = port_, .ipsec_required = false});
    paths_->SetObserver(&observer_);
    const auto listening = paths_->Listen();
    ASSERT_TRUE(listening) << listening.error().text;
  }
  /// Sends a datagram to the listener; gives what the observer got of it.
  l2tp::Datagram Ask(const UniqueFd& client, const IpAddress& local) {
    const std::array<uint8_t, 2> bytes{0xC8, 2};
    EXPECT_TRUE(SendUdpDatagram(client, {local, port_}, {}, bytes));
    observer_.datagrams.clear();
    loop_.RunPending();  // loopback delivers before sendmsg() returns
    EXPECT_EQ(observer_.datagrams.size(), 1U);
    return observer_.datagrams.empty() ? l2tp::Datagram{} : observer_.datagrams.front();
  }

  EventLoop loop_;
  WorkerPool pool_{loop_, 1, [] { return std::make_unique<KernelContext>(); }};
  RecordingObserver observer_;
  uint16_t port_ = FreePort();
  std::unique_ptr<KernelPaths> paths_;
};

TEST_F(KernelPathsTest, WithoutAnAddressItListensOnAllOfBothFamilies) {
  Listen({});
  for (const auto& local : {kLoopback, kLoopback6}) {
    const UniqueFd client = Client(local);
    const l2tp::Datagram asked = Ask(client, local);
    EXPECT_EQ(asked.peer, (IpEndpoint{local, LocalUdpPort(client)}));
    EXPECT_EQ(asked.local, local);
    EXPECT_FALSE(asked.authenticated) << "it came through no SA";
    EXPECT_EQ(paths_->LocalPort(asked.path), port_);
  }
}

TEST_F(KernelPathsTest, ListensOnTheAddressesNamedAndNoOther) {
  Listen({kLoopback6, kOtherLoopback});
  EXPECT_EQ(Ask(Client(kLoopback6), kLoopback6).local, kLoopback6);
  const UniqueFd client = Client(kLoopback);
  EXPECT_EQ(Ask(client, kOtherLoopback).local, kOtherLoopback);
  const std::array<uint8_t, 1> bytes{0};
  (void)SendUdpDatagram(client, {kLoopback, port_}, {}, bytes);
  observer_.datagrams.clear();
  loop_.RunPending();
  EXPECT_TRUE(observer_.datagrams.empty());
}

TEST_F(KernelPathsTest, AnAnswerLeavesFromTheAddressThatWasAsked) {
  Listen({});
  const UniqueFd client = Client(kLoopback);
  const l2tp::Datagram asked = Ask(client, kOtherLoopback);
  paths_->Send({asked.path, asked.peer, asked.local, {1, 2, 3}});
  pollfd waiting{.fd = client.get(), .events = POLLIN, .revents = 0};
  ASSERT_EQ(poll(&waiting, 1, 5000), 1);
  int count = 0;
  ReceiveUdpDatagrams(client, [&](const UdpDatagram& answer) {
    ++count;
    EXPECT_EQ(answer.peer, (IpEndpoint{kOtherLoopback, port_}));
    EXPECT_THAT(answer.bytes, ElementsAre(1, 2, 3));
  });
  EXPECT_EQ(count, 1);
  EXPECT_EQ(paths_->send_failures(), 0U);
}

TEST_F(KernelPathsTest, AnAddressThatIsNotOursIsAnError) {
  KernelPaths paths(
      loop_, pool_,
      {.listen = {*IpAddress::Parse("2001:db8::1")}, .port = port_, .ipsec_required = false});
  const auto listening = paths.Listen();
  ASSERT_FALSE(listening);
  EXPECT_THAT(listening.error().text, testing::HasSubstr("[2001:db8::1]:"));
}

}  // namespace
}  // namespace sallyport::daemon
