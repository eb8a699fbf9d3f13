// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/message_decoder.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.h"
#include "base/wire_reader.h"
#include "l2tp/disconnect_cause.h"

namespace sallyport::l2tp {
namespace {

using enum AttributeType;

std::vector<uint8_t> Octets(const AvpValues& values, AttributeType type) {
  const auto value = values.Bytes(type);
  return {value.begin(), value.end()};
}

std::optional<ChallengeResponse> DecodeResponse(const AvpValues& values) {
  if (!values.Has(kChallengeResponse)) return {};
  ChallengeResponse response{};
  std::ranges::copy(values.Bytes(kChallengeResponse).first(response.size()), response.begin());
  return response;
}

/// What SCCRQ and SCCRP have in common.
template <typename Start>
Start DecodeStart(const AvpValues& values) {
  Start start;
  start.assigned_tunnel = TunnelId(values.U16(kAssignedTunnelId));
  const uint16_t window = values.U16(kReceiveWindowSize);
  start.receive_window = window == 0 ? kDefaultReceiveWindow : window;
  start.host_name = DecodeHostName(values.Bytes(kHostName));
  start.vendor_name = values.Text(kVendorName);
  start.challenge = Octets(values, kChallenge);
  start.framing_capabilities = values.U32(kFramingCapabilities);
  start.bearer_capabilities = values.U32(kBearerCapabilities);
  return start;
}

Sccrq DecodeSccrq(const AvpValues& values) {
  auto request = DecodeStart<Sccrq>(values);
  if (values.Has(kTieBreaker)) request.tie_breaker = WireReader(values.Bytes(kTieBreaker)).U64();
  return request;
}

Sccrp DecodeSccrp(const AvpValues& values) {
  auto reply = DecodeStart<Sccrp>(values);
  reply.challenge_response = DecodeResponse(values);
  return reply;
}

/// Result Code (RFC 2661 §4.4.2): 2 octets, or 4, or 4 and text. macOS sends 8, in host byte order
/// and with junk behind: the numbers are only shown, so that they stay as they came.
ResultCode DecodeResultCode(const AvpValues& values) {
  ResultCode result;
  WireReader in(values.Bytes(kResultCode));
  if (in.empty()) return result;
  result.result = in.U16();
  if (in.remaining() < 2) return result;
  result.error = in.U16();
  result.message = PrintableText(in.TakeRest());
  return result;
}

Cdn DecodeCdn(const AvpValues& values) {
  Cdn notice{SessionId(values.U16(kAssignedSessionId)), DecodeResultCode(values)};
  const std::string cause = DescribeDisconnectCause(values.Bytes(kPppDisconnectCause));
  if (!cause.empty() && !notice.result.message.empty()) notice.result.message += "; ";
  notice.result.message += cause;
  return notice;
}

/// Each message has some of them.
CallDetails DecodeDetails(const AvpValues& values) {
  return {.call_serial_number = values.U32(kCallSerialNumber),
          .bearer_type = values.U32(kBearerType),
          .framing_type = values.U32(kFramingType),
          .minimum_bps = values.U32(kMinimumBps),
          .maximum_bps = values.U32(kMaximumBps),
          .physical_channel_id = values.U32(kPhysicalChannelId),
          .tx_connect_speed = values.U32(kTxConnectSpeed),
          .rx_connect_speed = values.U32(kRxConnectSpeed),
          .called_number = values.Text(kCalledNumber),
          .calling_number = values.Text(kCallingNumber),
          .sub_address = values.Text(kSubAddress),
          .private_group_id = values.Text(kPrivateGroupId)};
}

ProxyAttributes DecodeProxy(const AvpValues& values) {
  ProxyAttributes proxy;
  proxy.initial_received_confreq = Octets(values, kInitialReceivedLcpConfreq);
  proxy.last_sent_confreq = Octets(values, kLastSentLcpConfreq);
  proxy.last_received_confreq = Octets(values, kLastReceivedLcpConfreq);
  if (values.Has(kProxyAuthenType)) proxy.authen_type = values.U16(kProxyAuthenType);
  const auto name = values.Bytes(kProxyAuthenName);
  proxy.authen_name.assign(name.begin(), name.end());
  proxy.authen_challenge = Octets(values, kProxyAuthenChallenge);
  // "The most significant octet MUST be 0" (RFC 2661 §4.4.5); it is not looked at.
  proxy.authen_id = static_cast<uint8_t>(values.U16(kProxyAuthenId));
  proxy.authen_response = Secret(values.Bytes(kProxyAuthenResponse));
  return proxy;
}

Wen DecodeWen(const AvpValues& values) {
  WireReader in(values.Bytes(kCallErrors));
  in.Take(2);  // reserved
  CallErrors errors;
  errors.crc_errors = in.U32();
  errors.framing_errors = in.U32();
  errors.hardware_overruns = in.U32();
  errors.buffer_overruns = in.U32();
  errors.timeout_errors = in.U32();
  errors.alignment_errors = in.U32();
  return {errors};
}

Sli DecodeSli(const AvpValues& values) {
  WireReader in(values.Bytes(kAccm));
  in.Take(2);  // reserved
  Sli info;
  info.send_accm = in.U32();
  info.receive_accm = in.U32();
  return info;
}

}  // namespace

std::string DecodeHostName(std::span<const uint8_t> value) {
  if (value.size() > 1 && value.back() == 0) value = value.first(value.size() - 1);
  return PrintableText(value);
}

Message DecodeMessage(MessageType type, const AvpValues& values) {
  const SessionId session(values.U16(kAssignedSessionId));
  switch (type) {
    case MessageType::kSccrq:
      return DecodeSccrq(values);
    case MessageType::kSccrp:
      return DecodeSccrp(values);
    case MessageType::kScccn:
      return Scccn{DecodeResponse(values)};
    case MessageType::kStopCcn:
      return StopCcn{TunnelId(values.U16(kAssignedTunnelId)), DecodeResultCode(values)};
    case MessageType::kHello:
      return Hello{};
    case MessageType::kOcrq:
      return Ocrq{session, DecodeDetails(values)};
    case MessageType::kOcrp:
      return Ocrp{session, DecodeDetails(values)};
    case MessageType::kOccn:
      return Occn{DecodeDetails(values), values.Has(kSequencingRequired)};
    case MessageType::kIcrq:
      return Icrq{session, DecodeDetails(values)};
    case MessageType::kIcrp:
      return Icrp{session};
    case MessageType::kIccn:
      return Iccn{DecodeDetails(values), values.Has(kSequencingRequired), DecodeProxy(values)};
    case MessageType::kCdn:
      return DecodeCdn(values);
    case MessageType::kWen:
      return DecodeWen(values);
    case MessageType::kSli:
      return DecodeSli(values);
  }
  return UnknownMessage{};  // not reached: the switch is full
}

}  // namespace sallyport::l2tp
