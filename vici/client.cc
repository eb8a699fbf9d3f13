// SPDX-License-Identifier: GPL-2.0-or-later
#include "vici/client.h"

#include <utility>

namespace sallyport::vici {

std::string_view ToString(RequestError error) {
  switch (error) {
    case RequestError::kUnknownCommand:
      return "unknown command";
    case RequestError::kUnknownEvent:
      return "unknown event";
    case RequestError::kNotEncodable:
      return "a value is too long";
  }
  return "unknown";
}

std::string_view ToString(BreakReason reason) {
  switch (reason) {
    case BreakReason::kMalformedPacket:
      return "malformed packet";
    case BreakReason::kUnexpectedPacket:
      return "unexpected packet";
    case BreakReason::kReplyTimeout:
      return "no reply in time";
  }
  return "unknown";
}

void Client::Send(const Request& request, TimePoint now, Actions& out) {
  if (broken_) return;
  auto segment = EncodePacket(
      {.type = PacketType::kCommandRequest, .name = request.command, .message = request.arguments});
  auto registration = EncodePacket(
      {.type = PacketType::kEventRegister, .name = request.stream_event, .message = {}});
  if (!segment || !registration) {
    out.emplace_back(Replied{request.id, Unexpected{RequestError::kNotEncodable}});
    return;
  }
  if (!request.stream_event.empty()) {
    operations_.push_back({PacketType::kEventRegister, request.stream_event, request.id,
                           request.stream_event, std::move(*registration)});
  }
  operations_.push_back({PacketType::kCommandRequest, request.command, request.id,
                         request.stream_event, std::move(*segment)});
  StartNext(now, out);
}

void Client::Register(std::string_view event, TimePoint now, Actions& out) {
  if (broken_) return;
  auto segment =
      EncodePacket({.type = PacketType::kEventRegister, .name = std::string(event), .message = {}});
  if (!segment) {  // no IKE daemon knows an event by a name that cannot be sent
    out.emplace_back(Registered{std::string(event), false});
    return;
  }
  operations_.push_back(
      {PacketType::kEventRegister, std::string(event), RequestId(), {}, std::move(*segment)});
  StartNext(now, out);
}

void Client::Receive(std::span<const uint8_t> bytes, TimePoint now, Actions& out) {
  if (broken_) return;
  stream_.Append(bytes);
  while (!broken_) {
    auto packet = stream_.Next();
    if (!packet) return Break(BreakReason::kMalformedPacket, packet.error(), out);
    if (!*packet) return;
    HandlePacket(std::move(**packet), now, out);
  }
}

void Client::HandleTimeout(TimePoint now, Actions& out) {
  if (deadline_ && *deadline_ <= now) Break(BreakReason::kReplyTimeout, std::nullopt, out);
}

void Client::StartNext(TimePoint now, Actions& out) {
  while (!in_flight_ && !operations_.empty()) {
    Operation& next = operations_.front();
    // charon would note a second registration of a client beside the first and send every event
    // twice.
    if (next.type == PacketType::kEventRegister && registered_.contains(next.name)) {
      FinishRegistration(true, out);
      continue;
    }
    out.emplace_back(Write{std::move(next.segment)});
    in_flight_ = true;
    deadline_ = now + config_.reply_timeout;
  }
}

void Client::HandlePacket(Packet packet, TimePoint now, Actions& out) {
  const PacketType type = packet.type;
  switch (type) {
    case PacketType::kEvent:
      return HandleEvent(std::move(packet), now, out);
    case PacketType::kCommandResponse:
    case PacketType::kCommandUnknown:
      if (!Awaits(PacketType::kCommandRequest)) break;
      HandleCommandAnswer(std::move(packet), out);
      return StartNext(now, out);
    case PacketType::kEventConfirm:
    case PacketType::kEventUnknown:
      if (!Awaits(PacketType::kEventRegister)) break;
      HandleRegisterAnswer(type == PacketType::kEventConfirm, out);
      return StartNext(now, out);
    case PacketType::kCommandRequest:
    case PacketType::kEventRegister:
    case PacketType::kEventUnregister:
      break;
  }
  Break(BreakReason::kUnexpectedPacket, std::nullopt, out);
}

void Client::HandleEvent(Packet packet, TimePoint now, Actions& out) {
  const bool streamed = Awaits(PacketType::kCommandRequest) &&
                        operations_.front().stream_event == packet.name && !packet.name.empty();
  if (!streamed) {
    out.emplace_back(EventReceived{std::move(packet.name), std::move(packet.message)});
    return;
  }
  deadline_ = now + config_.reply_timeout;
  out.emplace_back(Streamed{operations_.front().request, std::move(packet.message)});
}

void Client::HandleCommandAnswer(Packet packet, Actions& out) {
  const RequestId request = operations_.front().request;
  PopFront();
  if (packet.type == PacketType::kCommandResponse) {
    out.emplace_back(Replied{request, std::move(packet.message)});
  } else {
    out.emplace_back(Replied{request, Unexpected{RequestError::kUnknownCommand}});
  }
}

void Client::HandleRegisterAnswer(bool known, Actions& out) {
  if (known) registered_.insert(operations_.front().name);
  FinishRegistration(known, out);
}

void Client::FinishRegistration(bool known, Actions& out) {
  const bool for_stream = !operations_.front().stream_event.empty();
  const RequestId request = operations_.front().request;
  std::string event = std::move(operations_.front().name);
  PopFront();
  if (!for_stream) {
    out.emplace_back(Registered{std::move(event), known});
  } else if (!known) {
    PopFront();  // the command that follows its registration
    out.emplace_back(Replied{request, Unexpected{RequestError::kUnknownEvent}});
  }
}

void Client::PopFront() {
  operations_.pop_front();
  in_flight_ = false;
  deadline_.reset();
}

void Client::Break(BreakReason reason, std::optional<PacketError> packet_error, Actions& out) {
  broken_ = true;
  operations_.clear();
  in_flight_ = false;
  deadline_.reset();
  out.emplace_back(Broken{reason, packet_error});
}

}  // namespace sallyport::vici
