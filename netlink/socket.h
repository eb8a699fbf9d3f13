// SPDX-License-Identifier: GPL-2.0-or-later
// Requests to the kernel over one netlink socket, and their answers.
#pragma once
#include <cstdint>
#include <functional>
#include <libmnl/libmnl.h>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/expected.h"
#include "netlink/kernel_error.h"
#include "netlink/message.h"

namespace sallyport::netlink {

/// Carries datagrams to the kernel and back; the seam at which tests put a kernel of their own.
class Transport {
 public:
  virtual ~Transport() = default;
  /// Error: errno.
  virtual Expected<void, int> Send(std::span<const uint8_t> datagram) = 0;
  /// The next datagram, borrowed until the next call. Never waits. Errors: EAGAIN when there is
  /// none, ENOBUFS when the kernel had to drop some, EMSGSIZE when one was too large, other errnos.
  virtual Expected<std::span<const uint8_t>, int> Receive() = 0;
  /// Overwrites what was received last, for datagrams that may hold keys.
  virtual void WipeReceived() = 0;
};

/// An AF_NETLINK socket (libmnl's) of the calling thread's network namespace.
class KernelTransport : public Transport {
 public:
  /// `protocol` is NETLINK_ROUTE or another; `groups` is the list of multicast groups to join.
  static Expected<std::unique_ptr<KernelTransport>, KernelError> Open(
      int protocol, std::span<const int> groups = {});

  Expected<void, int> Send(std::span<const uint8_t> datagram) override;
  Expected<std::span<const uint8_t>, int> Receive() override;
  void WipeReceived() override;

  /// Sets aside room for `octets` of notifications, beyond net.core.rmem_max (needs CAP_NET_ADMIN).
  Expected<void, int> ReserveReceiveBuffer(int octets);
  /// For the caller's event loop; readable when Receive() has something.
  int fd() const { return mnl_socket_get_fd(socket_.get()); }

 private:
  struct Closer {
    void operator()(mnl_socket* socket) const { mnl_socket_close(socket); }
  };
  using MnlSocket = std::unique_ptr<mnl_socket, Closer>;
  explicit KernelTransport(MnlSocket socket) : socket_(std::move(socket)) {}

  MnlSocket socket_;
  std::vector<uint8_t> received_;
};

/// One conversation with the kernel. Not for two threads at a time; each opens its own. An
/// `operation` is a few words for the error's text, such as "delete L2TP tunnel 7".
class Socket {
 public:
  static Expected<Socket, KernelError> Open(int protocol);
  explicit Socket(std::unique_ptr<Transport> transport) : transport_(std::move(transport)) {}

  /// Sends `message` and waits for the kernel's acknowledgement.
  Expected<void, KernelError> Request(const Message& message, std::string_view operation);

  /// Sends `message`, whose answer is one message; gives that message's payload.
  Expected<std::vector<uint8_t>, KernelError> Query(const Message& message,
                                                    std::string_view operation);

  /// Sends the dump request `message`; `each` is called for every entry, whose payload is borrowed
  /// for the call. The value is false when the list changed meanwhile, so that entries may be
  /// missing or doubled (NLM_F_DUMP_INTR).
  Expected<bool, KernelError> DumpOnce(const Message& message, std::string_view operation,
                                       const std::function<void(const Received&)>& each);

  /// The list of what `parse` (Received -> std::optional<T>) makes of the entries. A dump that the
  /// kernel calls inconsistent is made anew, kDumpAttempts times in all; then the error is EINTR.
  template <typename Parse>
  auto Dump(const Message& message, std::string_view operation, Parse parse)
      -> Expected<std::vector<typename std::invoke_result_t<Parse, const Received&>::value_type>,
                  KernelError> {
    for (int attempt = 0; attempt < kDumpAttempts; ++attempt) {
      std::vector<typename std::invoke_result_t<Parse, const Received&>::value_type> list;
      const auto consistent = DumpOnce(message, operation, [&](const Received& entry) {
        if (auto item = parse(entry)) list.push_back(*std::move(item));
      });
      if (!consistent) return Unexpected{consistent.error()};
      if (*consistent) return list;
    }
    return DumpNeverConsistent(operation);
  }

  /// Why one message of a transaction was refused.
  struct Rejection {
    size_t index = 0;  // into `messages`
    KernelError error;
  };
  /// Sends `messages` as one nfnetlink batch for `subsystem` (NFNL_SUBSYS_*): all take effect or
  /// none. Every rejected message is in the list, which is empty on success.
  std::vector<Rejection> Transact(std::span<const Message> messages, uint8_t subsystem,
                                  std::string_view operation);

  /// Overwrites the answer received last, whose entries may hold keys.
  void WipeReceived() { transport_->WipeReceived(); }

  static constexpr int kDumpAttempts = 5;  // local policy

 private:
  /// Whether there is more to wait for.
  enum class Next { kContinue, kDone };

  Expected<uint32_t, KernelError> Send(const Message& message, uint16_t flags,
                                       std::string_view operation);
  /// Hands every answer to `handle` until it or the kernel is done. The value is the flags of all.
  Expected<uint16_t, KernelError> AwaitAnswers(uint32_t sequence, std::string_view operation,
                                               const std::function<Next(const Received&)>& handle);
  std::vector<Rejection> CollectRejections(uint32_t begin, size_t count,
                                           std::string_view operation);
  static Unexpected<KernelError> DumpNeverConsistent(std::string_view operation);

  std::unique_ptr<Transport> transport_;
  uint32_t last_sequence_ = 0;
};

/// The verdict of an NLMSG_ERROR or NLMSG_DONE message: nothing, or the kernel's refusal with its
/// extended acknowledgement (linux/netlink.h, enum nlmsgerr_attrs).
Expected<void, KernelError> ParseAcknowledgement(const Received& message,
                                                 std::string_view operation);

}  // namespace sallyport::netlink
