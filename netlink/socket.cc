// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/socket.h"

#include <cerrno>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <string>
#include <sys/socket.h>

#include "base/secret.h"
#include "base/text.h"

namespace sallyport::netlink {
namespace {

// The kernel builds dumps in pieces of at most 32 KiB (net/netlink/af_netlink.c, netlink_dump) and
// single answers of about a page; notifications are smaller.
constexpr size_t kReceiveBuffer = size_t{32} * 1024;

constexpr int32_t kLargestErrno = 4095;  // include/linux/err.h, MAX_ERRNO

constexpr std::string_view kTooLong = "an attribute of the request is too long";

Expected<void, int> SetIntOption(int fd, int level, int option, int value) {
  if (::setsockopt(fd, level, option, &value, sizeof value) < 0) return Unexpected{errno};
  return {};
}

Message BatchMarker(uint16_t type, uint8_t subsystem) {
  // net/netfilter/nfnetlink.c: the subsystem stands in the resource id, in network byte order.
  const nfgenmsg header{.nfgen_family = 0,
                        .version = NFNETLINK_V0,
                        .res_id = static_cast<uint16_t>(__builtin_bswap16(subsystem))};
  return {type, 0, header};
}

}  // namespace

Expected<std::unique_ptr<KernelTransport>, KernelError> KernelTransport::Open(
    int protocol, std::span<const int> groups) {
  // Not blocking: see Receive().
  MnlSocket socket(mnl_socket_open2(protocol, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!socket) {
    return Failure(errno, "open a netlink socket of protocol " + std::to_string(protocol));
  }
  if (mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) < 0) {
    return Failure(errno, "bind a netlink socket");
  }
  const int fd = mnl_socket_get_fd(socket.get());
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  // Connected to the kernel (port 0), so that no other process can answer in its place
  // (net/netlink/af_netlink.c, netlink_getsockbyportid).
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel) < 0) {
    return Failure(errno, "connect a netlink socket to the kernel");
  }
  // Kernels from 4.12 on have both; without them an error is only less eloquent.
  (void)SetIntOption(fd, SOL_NETLINK, NETLINK_EXT_ACK, 1);
  (void)SetIntOption(fd, SOL_NETLINK, NETLINK_CAP_ACK, 1);
  for (const int group : groups) {
    const auto joined = SetIntOption(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group);
    if (!joined) {
      return Failure(joined.error(), "join netlink multicast group " + std::to_string(group));
    }
  }
  return std::unique_ptr<KernelTransport>(new KernelTransport(std::move(socket)));
}

Expected<void, int> KernelTransport::Send(std::span<const uint8_t> datagram) {
  bool enlarged = false;
  while (mnl_socket_sendto(socket_.get(), datagram.data(), datagram.size()) < 0) {
    if (errno == EINTR) continue;
    if (errno != EMSGSIZE || enlarged) return Unexpected{errno};
    // A transaction of thousands of elements is larger than net.core.wmem_default allows.
    const int room = static_cast<int>(datagram.size()) * 2;
    if (const auto set = SetIntOption(fd(), SOL_SOCKET, SO_SNDBUFFORCE, room); !set) return set;
    enlarged = true;
  }
  return {};
}

Expected<std::span<const uint8_t>, int> KernelTransport::Receive() {
  received_.resize(kReceiveBuffer);
  ssize_t size = 0;
  do {
    // The kernel handles a request, and queues its answers, before send() returns; it queues the
    // next piece of a dump before recv() returns (af_netlink.c: netlink_unicast_kernel,
    // netlink_recvmsg). So there is nothing to wait for, and a lost answer cannot hang the caller.
    size = mnl_socket_recvfrom(socket_.get(), received_.data(), received_.size());
  } while (size < 0 && errno == EINTR);
  // libmnl's word for a message that did not fit.
  if (size < 0) return Unexpected{errno == ENOSPC ? EMSGSIZE : errno};
  return std::span<const uint8_t>(received_).first(static_cast<size_t>(size));
}

void KernelTransport::WipeReceived() { WipeBytes(received_); }

Expected<void, int> KernelTransport::ReserveReceiveBuffer(int octets) {
  return SetIntOption(fd(), SOL_SOCKET, SO_RCVBUFFORCE, octets);
}

Expected<void, KernelError> ParseAcknowledgement(const Received& message,
                                                 std::string_view operation) {
  const auto code = ReadStruct<int32_t>(message.payload);
  if (!code) return Failure(EBADMSG, operation, "acknowledgement without a code");
  if (*code == 0) return {};
  if (*code > 0 || *code < -kLargestErrno) {
    return Failure(EBADMSG, operation, "acknowledgement with no errno as its code");
  }
  std::string detail;
  if ((message.flags & NLM_F_ACK_TLVS) != 0) {
    // NLMSG_DONE: the code, then attributes. NLMSG_ERROR: nlmsgerr, whose copy of the request has
    // its payload unless NLM_F_CAPPED, then attributes.
    size_t offset = sizeof(int32_t);
    if (message.type == NLMSG_ERROR) {
      const auto error = ReadStruct<nlmsgerr>(message.payload);
      offset = sizeof(nlmsgerr);
      if (error && (message.flags & NLM_F_CAPPED) == 0 && error->msg.nlmsg_len > sizeof(nlmsghdr)) {
        offset += (error->msg.nlmsg_len - sizeof(nlmsghdr) + 3) & ~size_t{3};
      }
    }
    if (offset < message.payload.size()) {
      const Attributes attributes(message.payload.subspan(offset));
      if (const auto text = attributes.Text(NLMSGERR_ATTR_MSG)) detail = PrintableText(*text);
    }
  }
  return Failure(-*code, operation, detail);
}

Expected<Socket, KernelError> Socket::Open(int protocol) {
  auto transport = KernelTransport::Open(protocol);
  if (!transport) return Unexpected{transport.error()};
  return Socket(*std::move(transport));
}

Expected<uint32_t, KernelError> Socket::Send(const Message& message, uint16_t flags,
                                             std::string_view operation) {
  if (message.overflown()) return Failure(EMSGSIZE, operation, kTooLong);
  std::vector<uint8_t> datagram;
  message.AppendTo(datagram, flags, ++last_sequence_);
  if (const auto sent = transport_->Send(datagram); !sent) {
    return Failure(sent.error(), operation, "sending the request");
  }
  return last_sequence_;
}

Expected<uint16_t, KernelError> Socket::AwaitAnswers(
    uint32_t sequence, std::string_view operation,
    const std::function<Next(const Received&)>& handle) {
  uint16_t flags = 0;
  for (;;) {
    const auto received = transport_->Receive();
    if (!received) return Failure(received.error(), operation, "receiving the kernel's answer");
    auto rest = *received;
    while (const auto message = TakeMessage(rest)) {
      // An earlier exchange that ended in an error may have left answers behind.
      if (message->sequence != sequence || message->type == NLMSG_NOOP) continue;
      flags |= message->flags;
      if (message->type == NLMSG_ERROR || message->type == NLMSG_DONE) {
        const auto acknowledged = ParseAcknowledgement(*message, operation);
        if (!acknowledged) return Unexpected{acknowledged.error()};
        return flags;
      }
      if (message->type == NLMSG_OVERRUN) return Failure(ENOBUFS, operation, "answers were lost");
      if (handle(*message) == Next::kDone) return flags;
    }
    if (!rest.empty()) return Failure(EBADMSG, operation, "malformed answer");
  }
}

Expected<void, KernelError> Socket::Request(const Message& message, std::string_view operation) {
  const auto sequence = Send(message, NLM_F_ACK, operation);
  if (!sequence) return Unexpected{sequence.error()};
  const auto flags =
      AwaitAnswers(*sequence, operation, [](const Received&) { return Next::kContinue; });
  if (!flags) return Unexpected{flags.error()};
  return {};
}

Expected<std::vector<uint8_t>, KernelError> Socket::Query(const Message& message,
                                                          std::string_view operation) {
  const auto sequence = Send(message, 0, operation);
  if (!sequence) return Unexpected{sequence.error()};
  std::optional<std::vector<uint8_t>> answer;
  const auto flags = AwaitAnswers(*sequence, operation, [&](const Received& received) {
    answer.emplace(received.payload.begin(), received.payload.end());
    return Next::kDone;
  });
  if (!flags) return Unexpected{flags.error()};
  if (!answer) return Failure(EBADMSG, operation, "acknowledged without an answer");
  return *std::move(answer);
}

Expected<bool, KernelError> Socket::DumpOnce(const Message& message, std::string_view operation,
                                             const std::function<void(const Received&)>& each) {
  const auto sequence = Send(message, NLM_F_DUMP, operation);
  if (!sequence) return Unexpected{sequence.error()};
  const auto flags = AwaitAnswers(*sequence, operation, [&](const Received& received) {
    each(received);
    return Next::kContinue;
  });
  if (!flags) return Unexpected{flags.error()};
  return (*flags & NLM_F_DUMP_INTR) == 0;
}

Unexpected<KernelError> Socket::DumpNeverConsistent(std::string_view operation) {
  return Failure(EINTR, operation, "the list changed during each of several dumps");
}

std::vector<Socket::Rejection> Socket::Transact(std::span<const Message> messages,
                                                uint8_t subsystem, std::string_view operation) {
  if (messages.empty()) return {};
  const uint32_t begin = ++last_sequence_;
  std::vector<uint8_t> datagram;
  BatchMarker(NFNL_MSG_BATCH_BEGIN, subsystem).AppendTo(datagram, 0, begin);
  for (const Message& message : messages) {
    const size_t index = last_sequence_ - begin;
    if (message.overflown()) {
      return {{.index = index, .error = Failure(EMSGSIZE, operation, kTooLong).error}};
    }
    // Errors are reported for every message, success only where asked: the last one's says that the
    // whole was committed (net/netfilter/nfnetlink.c, nfnetlink_rcv_batch).
    const bool last = &message == &messages.back();
    message.AppendTo(datagram, last ? NLM_F_ACK : 0, ++last_sequence_);
  }
  BatchMarker(NFNL_MSG_BATCH_END, subsystem).AppendTo(datagram, 0, ++last_sequence_);
  if (const auto sent = transport_->Send(datagram); !sent) {
    return {
        {.index = 0, .error = Failure(sent.error(), operation, "sending the transaction").error}};
  }
  return CollectRejections(begin, messages.size(), operation);
}

std::vector<Socket::Rejection> Socket::CollectRejections(uint32_t begin, size_t count,
                                                         std::string_view operation) {
  std::vector<Rejection> rejections;
  bool committed = false;
  for (;;) {
    const auto received = transport_->Receive();
    if (!received && received.error() == EAGAIN) break;  // that was all
    if (!received) {
      const auto failure = Failure(received.error(), operation, "receiving the kernel's answer");
      rejections.push_back({.index = 0, .error = failure.error});
      break;
    }
    auto rest = *received;
    while (const auto message = TakeMessage(rest)) {
      // 0 is the batch's opening mark, which stands for the whole; 1 the first message.
      const uint32_t place = message->sequence - begin;
      if (message->type != NLMSG_ERROR || place > count) continue;
      const auto acknowledged = ParseAcknowledgement(*message, operation);
      if (!acknowledged) {
        rejections.push_back({.index = place == 0 ? 0 : place - 1, .error = acknowledged.error()});
      } else if (place == count) {
        committed = true;
      }
    }
  }
  if (!committed && rejections.empty()) {
    const auto failure = Failure(EBADMSG, operation, "transaction without an acknowledgement");
    rejections.push_back({.index = 0, .error = failure.error});
  }
  return rejections;
}

}  // namespace sallyport::netlink
