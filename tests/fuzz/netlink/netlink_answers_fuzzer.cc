// SPDX-License-Identifier: GPL-2.0-or-later
// The kernel is trusted, yet a length of its that we misread must not become a wild read. The first
// octet chooses the reader, the rest is what it gets.
#include <cerrno>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "netlink/l2tp.h"
#include "netlink/nftables.h"
#include "netlink/nftables_monitor.h"
#include "netlink/route.h"
#include "netlink/sa_monitor.h"
#include "netlink/xfrm.h"

namespace sallyport::netlink {
namespace {

/// Answers every request with the same datagram, once for each.
class OneAnswer : public Transport {
 public:
  explicit OneAnswer(std::span<const uint8_t> answer) : answer_(answer) {}
  Expected<void, int> Send(std::span<const uint8_t>) override {
    pending_ = true;
    return {};
  }
  Expected<std::span<const uint8_t>, int> Receive() override {
    if (!std::exchange(pending_, false)) return Unexpected{EAGAIN};
    return answer_;
  }
  void WipeReceived() override {}

 private:
  std::span<const uint8_t> answer_;
  bool pending_ = false;
};

Socket SocketWith(std::span<const uint8_t> answer) {
  return Socket(std::make_unique<OneAnswer>(answer));
}

void ReadAs(uint8_t reader, std::span<const uint8_t> bytes) {
  switch (reader % 11) {
    case 9:
      (void)ParseTableEvents(bytes);
      break;
    case 10:
      (void)Nftables(SocketWith(bytes)).ClearTextPeers();
      break;
    case 0:
      (void)ParseSaEvents(bytes);
      break;
    case 1:
      (void)Xfrm(SocketWith(bytes)).ListSas();
      break;
    case 2:
      (void)Route(SocketWith(bytes)).Links("sp");
      break;
    case 3:
      (void)Route(SocketWith(bytes)).Statistics();
      break;
    case 4:
      (void)Route(SocketWith(bytes)).Addresses();
      break;
    case 5:
      (void)Nftables(SocketWith(bytes)).List();
      break;
    case 6:
      (void)Nftables(SocketWith(bytes)).Counters();
      break;
    case 7:
      (void)Nftables(SocketWith(bytes)).Install({});
      break;
    case 8:
      if (auto l2tp = L2tp::Open(SocketWith(bytes))) (void)l2tp->SessionStatistics(1, 1);
      break;
  }
  (void)ParseXfrmStatistics({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace
}  // namespace sallyport::netlink

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  sallyport::netlink::ReadAs(data[0], std::span(data, size).subspan(1));
  return 0;
}
