// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>
#include <vector>

#include "l2tp/message.h"

namespace sallyport::l2tp::testing {

struct SampleMessage {
  std::string name;
  Message message;
};

/// Each message of RFC 2661 §6 with every AVP it may have, none with a value that it has anyway.
std::vector<SampleMessage> FullMessages();

/// Each of them with no more than it must have.
std::vector<SampleMessage> PlainMessages();

}  // namespace sallyport::l2tp::testing
