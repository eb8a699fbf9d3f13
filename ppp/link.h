// SPDX-License-Identifier: GPL-2.0-or-later
// The PPP engine of one session (RFC 1661 and family), as server or as client, without any I/O.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/entropy.h"
#include "base/time.h"
#include "ppp/drop_reason.h"
#include "ppp/events.h"

namespace sallyport::ppp {

/// RFC 1661 §3.2's phases.
enum class Phase : uint8_t { kDead, kEstablish, kAuthenticate, kNetwork, kTerminate };
std::string_view ToString(Phase phase);

/// One PPP link. Frames, commands and `now` go in; actions come out, appended to `out`.
class Link {
 public:
  /// `config` and `drops` (shared by all links) are borrowed and outlive the link.
  Link(const LinkConfig& config, DropCounters& drops);
  ~Link();
  Link(Link&&) noexcept;
  Link& operator=(Link&&) noexcept;

  /// `frame` begins with the two-octet protocol field, as /dev/ppp delivers it.
  void Receive(std::span<const uint8_t> frame, TimePoint now, const Entropy& entropy, Actions& out);
  void Handle(const Command& command, TimePoint now, const Entropy& entropy, Actions& out);
  void HandleTimeout(TimePoint now, const Entropy& entropy, Actions& out);
  std::optional<TimePoint> NextDeadline() const;

  Phase phase() const;

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace sallyport::ppp
