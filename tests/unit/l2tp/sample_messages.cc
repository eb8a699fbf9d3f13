// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/l2tp/sample_messages.h"

#include <string_view>

namespace sallyport::l2tp::testing {
namespace {

template <typename Start>
Start FullStart() {
  Start start;
  start.assigned_tunnel = TunnelId(0x1234);
  start.receive_window = 16;
  start.host_name = "lac";
  start.vendor_name = "sp";
  start.challenge = {1, 2, 3};
  start.framing_capabilities = 1;
  start.bearer_capabilities = 2;
  return start;
}

template <typename Start>
Start PlainStart() {
  Start start;
  start.assigned_tunnel = TunnelId(7);
  start.host_name = "x";
  return start;
}

ChallengeResponse SomeResponse() {
  ChallengeResponse response{};
  for (size_t i = 0; i < response.size(); ++i) response[i] = static_cast<uint8_t>(0xA0 + i);
  return response;
}

CallDetails ConnectedDetails() {
  CallDetails details;
  details.tx_connect_speed = 100'000'000;
  details.rx_connect_speed = 50'000'000;
  details.framing_type = 1;
  return details;
}

Icrq FullIcrq() {
  CallDetails details;
  details.call_serial_number = 4711;
  details.bearer_type = 2;
  details.physical_channel_id = 3;
  details.calling_number = "0231";
  details.called_number = "0800";
  details.sub_address = "12";
  return {SessionId(0xABCD), details};
}

Ocrq FullOcrq() {
  CallDetails details;
  details.call_serial_number = 4711;
  details.minimum_bps = 1'200;
  details.maximum_bps = 64'000;
  details.bearer_type = 1;
  details.framing_type = 3;
  details.called_number = "0800";
  details.sub_address = "12";
  return {SessionId(0xABCD), details};
}

Ocrp FullOcrp() {
  CallDetails details;
  details.physical_channel_id = 3;
  return {SessionId(0xABCD), details};
}

Iccn FullIccn() {
  Iccn message{ConnectedDetails(), true, {}};
  message.details.private_group_id = "blue";
  message.proxy.initial_received_confreq = {1, 4, 5, 0xDC};
  message.proxy.last_sent_confreq = {3, 4, 0xC0, 0x23};
  message.proxy.last_received_confreq = {5, 6, 1, 2, 3, 4};
  message.proxy.authen_type = static_cast<uint16_t>(ProxyAuthenType::kChap);
  message.proxy.authen_name = std::string("al\0ce\xFF", 6);  // octets, not text
  message.proxy.authen_challenge = {9, 8, 7};
  message.proxy.authen_id = 200;
  message.proxy.authen_response = Secret(std::string_view("sesame"));
  return message;
}

}  // namespace

std::vector<SampleMessage> FullMessages() {
  auto sccrq = FullStart<Sccrq>();
  sccrq.tie_breaker = 0x0102030405060708;
  auto sccrp = FullStart<Sccrp>();
  sccrp.challenge_response = SomeResponse();
  return {{"SCCRQ", sccrq},
          {"SCCRP", sccrp},
          {"SCCCN", Scccn{SomeResponse()}},
          {"StopCCN", StopCcn{TunnelId(0x1234), {2, 4, "no"}}},
          {"HELLO", Hello{}},
          {"OCRQ", FullOcrq()},
          {"OCRP", FullOcrp()},
          {"OCCN", Occn{ConnectedDetails(), true}},
          {"ICRQ", FullIcrq()},
          {"ICRP", Icrp{SessionId(0xABCD)}},
          {"ICCN", FullIccn()},
          {"CDN", Cdn{SessionId(0xABCD), {2, 4, "no"}}},
          {"WEN", Wen{{1, 2, 3, 4, 5, 0x01020304}}},
          {"SLI", Sli{0x000A0000, 0xFFFFFFFF}}};
}

std::vector<SampleMessage> PlainMessages() {
  const SessionId session(1);
  return {{"SCCRQ", PlainStart<Sccrq>()},
          {"SCCRP", PlainStart<Sccrp>()},
          {"SCCCN", Scccn{}},
          {"StopCCN", StopCcn{TunnelId(7), {6, {}, ""}}},
          {"HELLO", Hello{}},
          {"OCRQ", Ocrq{session, {}}},
          {"OCRP", Ocrp{session, {}}},
          {"OCCN", Occn{}},
          {"ICRQ", Icrq{session, {}}},
          {"ICRP", Icrp{session}},
          {"ICCN", Iccn{}},
          {"CDN", Cdn{session, {3, {}, ""}}},
          {"WEN", Wen{}},
          {"SLI", Sli{}}};
}

}  // namespace sallyport::l2tp::testing
