// SPDX-License-Identifier: GPL-2.0-or-later
// The option negotiation automaton of RFC 1661 §4, used by LCP and by every network control
// protocol.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace sallyport::ppp {

/// Holds the state and knows RFC 1661 §4.1's table. It carries nothing out: the owner does the
/// actions that Handle() gives back.
class Automaton {
 public:
  enum class State : uint8_t {  // RFC 1661 §4.2, in the order of its columns
    kInitial,
    kStarting,
    kClosed,
    kStopped,
    kClosing,
    kStopping,
    kReqSent,
    kAckRcvd,
    kAckSent,
    kOpened,
  };
  enum class Event : uint8_t {  // RFC 1661 §4.3, in the order of its rows
    kUp,
    kDown,
    kOpen,
    kClose,
    kToPlus,    // timeout with the restart counter above zero
    kToMinus,   // timeout with the restart counter at zero
    kRcrPlus,   // Receive-Configure-Request, good
    kRcrMinus,  // Receive-Configure-Request, bad
    kRca,       // Receive-Configure-Ack
    kRcn,       // Receive-Configure-Nak or -Rej
    kRtr,       // Receive-Terminate-Request
    kRta,       // Receive-Terminate-Ack
    kRuc,       // Receive-Unknown-Code
    kRxjPlus,   // Receive-Code-Reject or -Protocol-Reject, permitted
    kRxjMinus,  // Receive-Code-Reject or -Protocol-Reject, catastrophic
    kRxr,       // Receive-Echo-Request, -Reply or -Discard-Request
  };
  enum class Action : uint8_t {  // RFC 1661 §4.4
    kTlu,                        // This-Layer-Up
    kTld,                        // This-Layer-Down
    kTls,                        // This-Layer-Started
    kTlf,                        // This-Layer-Finished
    kIrc,                        // Initialize-Restart-Count
    kZrc,                        // Zero-Restart-Count
    kScr,                        // Send-Configure-Request
    kSca,                        // Send-Configure-Ack
    kScn,                        // Send-Configure-Nak or -Rej
    kStr,                        // Send-Terminate-Request
    kSta,                        // Send-Terminate-Ack
    kScj,                        // Send-Code-Reject
    kSer,                        // Send-Echo-Reply
  };
  static constexpr size_t kStateCount = 10;
  static constexpr size_t kEventCount = 16;

  /// One cell of the table. It has no default constructor, so a cell left out does not compile.
  class Transition {
   public:
    /// The table's "-": the event cannot occur in that state.
    static constexpr Transition Illegal() { return Transition(Nowhere{}); }
    template <typename... Actions>
    constexpr explicit Transition(State next, Actions... actions)
        : actions_{actions...}, count_(sizeof...(actions)), next_(next) {}

    constexpr std::span<const Action> actions() const { return std::span(actions_).first(count_); }
    /// Precondition: legal().
    constexpr State next() const { return next_; }
    constexpr bool legal() const { return legal_; }

   private:
    struct Nowhere {};
    constexpr explicit Transition(Nowhere) : legal_(false) {}

    std::array<Action, 3> actions_{};  // the table's longest cells have three
    size_t count_ = 0;
    State next_ = State::kInitial;
    bool legal_ = true;
  };

  Automaton() = default;
  explicit Automaton(State state) : state_(state) {}

  /// The table's cell.
  static const Transition& Lookup(Event event, State state);

  /// Moves to the next state and returns what is to be done, in the table's order. An event that is
  /// illegal in this state changes nothing (RFC 1661 §4.4).
  const Transition& Handle(Event event);

  State state() const { return state_; }
  /// "The states in which the Restart timer is running are identifiable by the presence of TO
  /// events."
  bool RestartTimerRuns() const { return Lookup(Event::kToPlus, state_).legal(); }

 private:
  State state_ = State::kInitial;
};

/// The RFC's words: "Req-Sent".
std::string_view ToString(Automaton::State state);

}  // namespace sallyport::ppp
