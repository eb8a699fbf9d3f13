// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/entropy.h"
#include "ppp/drop_reason.h"
#include "ppp/events.h"
#include "ppp/layer.h"

namespace sallyport::ppp {

/// The Type-Data of our Response.
struct EapReply {
  std::vector<uint8_t> data;
};
/// What a Request leads to: a Response; nothing, for the reason given; the end of the link.
using EapReaction = std::variant<EapReply, DropReason, LayerFailed>;

/// One method of EAP (RFC 3748 §5), the client's side.
class EapClientMethod {
 public:
  virtual ~EapClientMethod() = default;

  virtual EapType type() const = 0;
  /// A new Request with this Identifier and Type-Data.
  virtual EapReaction Receive(uint8_t identifier, std::span<const uint8_t> data,
                              const Entropy& entropy) = 0;
  /// All that the method has us do is done: Success may come.
  virtual bool complete() const = 0;
  /// Both sides have said that they are content, so that a Success may be lost, and a Failure comes
  /// from somebody else (RFC 3748 §4.2).
  virtual bool both_content() const = 0;
  /// Why the server refuses us, if it said so; printable.
  virtual const std::string& refusal() const = 0;
};

/// Whether the type is one by which we can prove ourselves.
bool IsEapClientMethod(EapType type);

/// `client` is borrowed and outlives the object. Precondition: IsEapClientMethod(type).
std::unique_ptr<EapClientMethod> MakeEapClientMethod(EapType type, const ClientRole& client);

}  // namespace sallyport::ppp
