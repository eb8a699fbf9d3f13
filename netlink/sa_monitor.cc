// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/sa_monitor.h"

#include <netinet/in.h>

// After netinet/in.h, whose types linux/in6.h would otherwise define a second time.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <optional>

namespace sallyport::netlink {
namespace {

constexpr std::array<int, 3> kGroups{XFRMNLGRP_EXPIRE, XFRMNLGRP_SA, XFRMNLGRP_MAPPING};

// Local policy: room for thousands of notifications of under 1,000 octets, which is every client
// rekeying while the loop is busy.
constexpr int kReceiveBuffer = 4 << 20;

IpAddress AddressOf(const xfrm_address_t& value, uint16_t family) {
  std::array<uint8_t, 16> octets{};
  std::memcpy(octets.data(), &value, octets.size());
  return ParseXfrmAddress(octets, family);
}

std::optional<SaEvent> ParseDeleted(std::span<const uint8_t> payload) {
  // net/xfrm/xfrm_user.c, xfrm_notify_sa: the SA's id, then the SA with its attributes inside of
  // XFRMA_SA (the struct) and behind it (the rest).
  const auto info = Attributes::Behind<xfrm_usersa_id>(payload).Find(XFRMA_SA);
  if (!info) return {};
  const auto sa = ParseSa(*info);
  if (!sa) return {};
  return SaDeleted{*sa};
}

std::optional<SaEvent> ParseExpired(std::span<const uint8_t> payload) {
  const auto expire = ReadStruct<xfrm_user_expire>(payload);
  const auto sa = ParseSa(payload.first(std::min(payload.size(), sizeof(xfrm_usersa_info))));
  if (!expire || !sa) return {};
  return SaExpired{.sa = *sa, .hard = expire->hard != 0};
}

std::optional<SaEvent> ParseFlushed(std::span<const uint8_t> payload) {
  const auto flush = ReadStruct<xfrm_usersa_flush>(payload);
  if (!flush) return {};
  return SasFlushed{.protocol = flush->proto};
}

std::optional<SaEvent> ParseMapping(std::span<const uint8_t> payload) {
  const auto mapping = ReadStruct<xfrm_user_mapping>(payload);
  if (!mapping) return {};
  const uint16_t family = mapping->id.family;
  return MappingChanged{.reqid = mapping->reqid,
                        .spi = ntohl(mapping->id.spi),
                        .destination = AddressOf(mapping->id.daddr, family),
                        .old_source = {.address = AddressOf(mapping->old_saddr, family),
                                       .port = ntohs(mapping->old_sport)},
                        .new_source = {.address = AddressOf(mapping->new_saddr, family),
                                       .port = ntohs(mapping->new_sport)}};
}

std::optional<SaEvent> ParseEvent(const Received& message) {
  switch (message.type) {
    case XFRM_MSG_NEWSA:
    case XFRM_MSG_UPDSA: {
      const auto sa = ParseSa(message.payload);
      if (!sa) return {};
      return SaNew{.sa = *sa, .update = message.type == XFRM_MSG_UPDSA};
    }
    case XFRM_MSG_DELSA:
      return ParseDeleted(message.payload);
    case XFRM_MSG_EXPIRE:
      return ParseExpired(message.payload);
    case XFRM_MSG_FLUSHSA:
      return ParseFlushed(message.payload);
    case XFRM_MSG_MAPPING:
      return ParseMapping(message.payload);
    case NLMSG_OVERRUN:
      return Overrun{};
    default:  // an open number space, not an enum
      return {};
  }
}

}  // namespace

std::vector<SaEvent> ParseSaEvents(std::span<const uint8_t> datagram) {
  std::vector<SaEvent> events;
  while (const auto message = TakeMessage(datagram)) {
    if (const auto event = ParseEvent(*message)) events.push_back(*event);
  }
  return events;
}

Expected<SaMonitor, KernelError> SaMonitor::Open() {
  auto transport = KernelTransport::Open(NETLINK_XFRM, kGroups);
  if (!transport) return Unexpected{transport.error()};
  const auto reserved = (*transport)->ReserveReceiveBuffer(kReceiveBuffer);
  if (!reserved) return Failure(reserved.error(), "enlarge the buffer for IPsec notifications");
  const int fd = (*transport)->fd();
  return SaMonitor(*std::move(transport), fd);
}

Expected<std::vector<SaEvent>, KernelError> SaMonitor::Read() {
  const auto received = transport_->Receive();
  if (!received) {
    if (received.error() == EAGAIN) return std::vector<SaEvent>{};
    // EMSGSIZE: one larger than any that the kernel is known to send, so its content is lost as
    // well.
    if (received.error() == ENOBUFS || received.error() == EMSGSIZE) {
      return std::vector<SaEvent>{Overrun{}};
    }
    return Failure(received.error(), "read IPsec notifications");
  }
  auto events = ParseSaEvents(*received);
  transport_->WipeReceived();  // a new SA's notification has its keys in it
  return events;
}

}  // namespace sallyport::netlink
