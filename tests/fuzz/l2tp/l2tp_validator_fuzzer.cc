// SPDX-License-Identifier: GPL-2.0-or-later
// The AVPs of one message into the validator, without a secret and with one; what it accepts is
// written and read again, plain and hidden.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/wire_reader.h"
#include "l2tp/avp.h"
#include "l2tp/message.h"
#include "l2tp/validate.h"

namespace l2tp = sallyport::l2tp;
using sallyport::Secret;

namespace {

/// Text from the wire goes through PrintableText, which takes this many octets and escapes the
/// backslash: what is longer or has one is not read as it is written.
constexpr size_t kLongestText = 128;

bool IsReadAsWritten(std::span<const uint8_t> avps) {
  sallyport::WireReader in(avps);
  while (!in.empty()) {
    const auto avp = l2tp::ReadAvp(in);
    if (!avp) std::abort();  // we have written it
    if (avp->value.size() > kLongestText) return false;
    if (std::ranges::find(avp->value, uint8_t{'\\'}) != avp->value.end()) return false;
  }
  return true;
}

/// Every refusal can be sent: it has a result, and text that says why.
void CheckRejection(const l2tp::Rejection& rejection) {
  if (rejection.result.result == 0 || rejection.result.message.empty()) std::abort();
  if (rejection.scope == l2tp::Scope::kSession && !rejection.type) std::abort();
}

/// What message.h promises of each.
struct CheckPromises {
  std::span<const uint8_t> avps;

  void Start(l2tp::TunnelId id, uint16_t window, const std::string& host_name) const {
    if (!id || window == 0 || host_name.empty()) std::abort();
    if (l2tp::PeekHostName(avps) != host_name) std::abort();
  }
  void operator()(const l2tp::Sccrq& message) const {
    Start(message.assigned_tunnel, message.receive_window, message.host_name);
  }
  void operator()(const l2tp::Sccrp& message) const {
    Start(message.assigned_tunnel, message.receive_window, message.host_name);
  }
  void operator()(const l2tp::Icrq& message) const { Session(message.assigned_session); }
  void operator()(const l2tp::Icrp& message) const { Session(message.assigned_session); }
  void operator()(const l2tp::Ocrq& message) const { Session(message.assigned_session); }
  void operator()(const l2tp::Ocrp& message) const { Session(message.assigned_session); }
  template <typename Other>
  void operator()(const Other&) const {}

  static void Session(l2tp::SessionId id) {
    if (!id) std::abort();
  }
};

void CheckReadAs(const l2tp::Message& message, const std::vector<uint8_t>& avps,
                 const Secret* secret) {
  const auto read = l2tp::Validate(avps, secret);
  if (!read || *read != message) std::abort();
}

void Check(std::span<const uint8_t> avps, const Secret* secret) {
  auto message = l2tp::Validate(avps, secret);
  if (!message) return CheckRejection(message.error());
  std::visit(CheckPromises{avps}, *message);
  if (std::holds_alternative<l2tp::UnknownMessage>(*message)) return;
  if (auto* notice = std::get_if<l2tp::Cdn>(&*message)) {
    // The words of a disconnect cause that came without an error code are written behind one.
    if (!notice->result.message.empty()) notice->result.error = notice->result.error.value_or(0);
  }
  const std::vector<uint8_t> plain = l2tp::Encode(*message);
  if (!IsReadAsWritten(plain)) return;
  CheckReadAs(*message, plain, nullptr);
  const Secret ours(std::string_view("drowssap"));
  CheckReadAs(*message, l2tp::Encode(*message, l2tp::Hiding{ours, {1, 2, 3}}), &ours);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span avps(data, size);
  const Secret secret(std::string_view("drowssap"));
  Check(avps, nullptr);
  Check(avps, &secret);
  return 0;
}
