// SPDX-License-Identifier: GPL-2.0-or-later
// What LCP and the network control protocols tell the link, in the order in which it happened.
#pragma once
#include <string>
#include <variant>
#include <vector>

#include "ppp/events.h"
#include "ppp/packet.h"

namespace sallyport::ppp {

/// This-Layer-Up (RFC 1661 §4.4).
struct LayerUp {};
/// This-Layer-Down.
struct LayerDown {};
/// This-Layer-Finished. Nothing follows until the layer is opened anew.
struct LayerFinished {
  enum class Cause {
    kUnanswered,      // Max-Configure requests without an answer
    kPeerTerminated,  // the pause after the peer's Terminate-Request is over
    kClosed,          // we closed it
  };
  Cause cause;
};
/// A Terminate-Request came; it was acknowledged.
struct PeerTerminated {
  bool was_opened = false;  // until then
  std::string detail;       // the request's data; printable
};
/// The layer can never open: the link is to be closed.
struct LayerFailed {
  EndReason reason;
  std::string detail;  // printable
};
/// The peer does not know this protocol (RFC 1661 §5.7); LCP only.
struct ProtocolRejected {
  Protocol protocol;
};

using LayerOutput = std::variant<SendFrame, LayerUp, LayerDown, LayerFinished, PeerTerminated,
                                 LayerFailed, ProtocolRejected>;
using LayerOutputs = std::vector<LayerOutput>;

}  // namespace sallyport::ppp
