// SPDX-License-Identifier: GPL-2.0-or-later
// Any octets as a client's message. What was read and is written again must read the same; an
// answer must be a message that fits, with its type first.
#include <algorithm>
#include <cstdlib>

#include "dhcp/inform_server.h"

namespace {

using namespace sallyport::dhcp::v4;
using sallyport::IpAddress;

void CheckRoundTrip(const Message& message) {
  std::vector<OptionValue> options;
  for (const auto& [code, value] : message.options) {
    options.push_back({static_cast<Option>(code), value});
  }
  const Written written = Write(message.header, options, 65535);
  if (written.left_out != 0) return;
  const auto again = Parse(written.octets);
  if (!again || again->header != message.header || again->options != message.options) std::abort();
}

void CheckReply(const InformReply& reply) {
  constexpr size_t kOptions = 240;
  if (reply.octets.size() > 1400 - 28 || reply.octets.size() < kMinimumSize) std::abort();
  if (reply.octets[kOptions] != static_cast<uint8_t>(Option::kMessageType)) std::abort();
  if (!Parse(reply.octets)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const uint8_t> octets(data, size);
  const auto message = Parse(octets);
  if (!message) return 0;
  CheckRoundTrip(*message);
  InformSettings settings{.routes = {}, .domain = "corp.example"};
  for (uint32_t i = 0; i < 40; ++i) settings.routes.push_back({IpAddress::V4(i << 8), 24});
  InformServer server(settings);
  const IpAddress dns = IpAddress::V4(0x0A000035);
  const InformClient client{.address = message->header.ciaddr,
                            .server = IpAddress::V4(0x0A400001),
                            .dns = std::span(&dns, 1),
                            .wins = {}};
  sallyport::dhcp::RateLimit limit;
  if (const auto reply = server.Receive(octets, client.address, client, limit, {})) {
    CheckReply(*reply);
  }
  return 0;
}
