// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/ikev1_probe.h"

#include <array>
#include <chrono>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <utility>

#include "base/wire_reader.h"
#include "daemon/udp_socket.h"

namespace sallyport::daemon {
namespace {

/// For an answer from this very machine. Local policy.
constexpr std::chrono::seconds kPatience{3};

/// A header of RFC 2408 §3.1 alone: both cookies (any but zero, as in an exchange under way), no
/// payload, version 1.0, Identity Protection, no flags, message id 0, length 28.
constexpr std::array<uint8_t, 28> kMessage{'s', 'a', 'l', 'l', 'y', 'p', 'o', 'r',  't', 'p',
                                           'r', 'o', 'b', 'e', 'v', '1', 0,   0x10, 2,   0,
                                           0,   0,   0,   0,   0,   0,   0,   28};

/// RFC 2408 §3.1, RFC 7296 §3.1: the cookies or SPIs, the next payload, then the major version.
bool SpeaksVersion2(std::span<const uint8_t> answer) {
  WireReader reader(answer);
  reader.Take(17);
  return (reader.U8() >> 4) == 2 && reader.ok();
}

}  // namespace

void Ikev1Probe::Start(const IpEndpoint& ike, UniqueFunction<void(bool missing)> done) {
  done_ = std::move(done);
  timer_.Set(loop_.Now());
  auto socket = OpenUdpSocket(ike.address.family());
  if (!socket || !ConnectUdpSocket(socket->get(), ike)) return;
  if (!SendUdpDatagram(*socket, {}, {}, kMessage)) return;
  socket_ = *std::move(socket);
  io_ = loop_.AddIo(socket_.get(), EPOLLIN, [this](uint32_t) { Read(); });
  timer_.Set(loop_.Now() + kPatience);
}

void Ikev1Probe::Read() {
  bool missing = false;
  ReceiveUdpDatagrams(socket_, [&](const UdpDatagram& answer) {
    missing = missing || SpeaksVersion2(answer.bytes);
  });
  // The socket is closed by the timer: not from here, where it is on the stack.
  if (missing && done_) std::exchange(done_, {})(true);
}

void Ikev1Probe::Finish(bool missing) {
  io_.Reset();
  socket_.Reset();
  if (done_) std::exchange(done_, {})(missing);
}

}  // namespace sallyport::daemon
