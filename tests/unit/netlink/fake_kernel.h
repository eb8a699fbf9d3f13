// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cerrno>
#include <cstdint>
#include <deque>
#include <functional>
#include <linux/netlink.h>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "netlink/message.h"
#include "netlink/socket.h"

namespace sallyport::netlink {

using Octets = std::vector<uint8_t>;

/// The octets of `value` as it lies in memory.
template <typename T>
Octets OctetsOf(const T& value) {
  const auto* const begin = reinterpret_cast<const uint8_t*>(&value);
  return {begin, begin + sizeof value};
}

inline Octets operator+(Octets left, const Octets& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

/// An attribute by hand: length, type, payload, padding; so that tests do not lean on Message.
inline Octets RawAttribute(uint16_t type, const Octets& payload) {
  Octets octets = OctetsOf(static_cast<uint16_t>(4 + payload.size())) + OctetsOf(type) + payload;
  octets.resize((octets.size() + 3) & ~size_t{3});
  return octets;
}

inline Octets RawMessage(uint16_t type, uint16_t flags, uint32_t sequence, const Octets& payload) {
  Octets octets = OctetsOf(static_cast<uint32_t>(16 + payload.size())) + OctetsOf(type) +
                  OctetsOf(flags) + OctetsOf(sequence) + OctetsOf(uint32_t{0}) + payload;
  octets.resize((octets.size() + 3) & ~size_t{3});
  return octets;
}

/// An acknowledgement as NETLINK_CAP_ACK makes it: the code and the request's header, then, when
/// there is `text`, an extended acknowledgement.
inline Octets RawAck(uint32_t sequence, int code, std::string_view text = {}) {
  Octets payload = OctetsOf(int32_t{-code}) + Octets(sizeof(nlmsghdr));
  uint16_t flags = NLM_F_CAPPED;
  if (!text.empty()) {
    flags |= NLM_F_ACK_TLVS;
    payload =
        payload + RawAttribute(NLMSGERR_ATTR_MSG, Octets(text.begin(), text.end()) + Octets{0});
  }
  return RawMessage(NLMSG_ERROR, flags, sequence, payload);
}

inline Octets RawDone(uint32_t sequence, uint16_t flags = 0) {
  return RawMessage(NLMSG_DONE, NLM_F_MULTI | flags, sequence, OctetsOf(int32_t{0}));
}

/// Answers from a script and remembers what it was sent. Outlives the socket.
class FakeKernel {
 public:
  /// To be received in this order. Sequence numbers of a socket begin at 1.
  void Answer(Octets datagram) { answers.emplace_back(std::move(datagram)); }
  void AnswerError(int code) { answers.emplace_back(Unexpected{code}); }

  std::unique_ptr<Transport> MakeTransport() { return std::make_unique<FakeTransport>(*this); }
  Socket MakeSocket() { return Socket(MakeTransport()); }

  std::vector<Octets> sent;
  std::deque<Expected<Octets, int>> answers;
  int send_error = 0;
  int wipes = 0;

 private:
  class FakeTransport : public Transport {
   public:
    explicit FakeTransport(FakeKernel& kernel) : kernel_(kernel) {}
    Expected<void, int> Send(std::span<const uint8_t> datagram) override {
      if (kernel_.send_error != 0) return Unexpected{kernel_.send_error};
      kernel_.sent.emplace_back(datagram.begin(), datagram.end());
      return {};
    }
    Expected<std::span<const uint8_t>, int> Receive() override {
      if (kernel_.answers.empty()) return Unexpected{EAGAIN};
      const auto answer = std::move(kernel_.answers.front());
      kernel_.answers.pop_front();
      if (!answer) return Unexpected{answer.error()};
      last_ = *answer;
      return std::span<const uint8_t>(last_);
    }
    void WipeReceived() override { ++kernel_.wipes; }

   private:
    FakeKernel& kernel_;
    Octets last_;
  };
};

/// All messages of one datagram; their payloads are borrowed from it.
inline std::vector<Received> MessagesOf(const Octets& datagram) {
  std::vector<Received> messages;
  std::span<const uint8_t> rest(datagram);
  while (const auto message = TakeMessage(rest)) messages.push_back(*message);
  return messages;
}

}  // namespace sallyport::netlink
