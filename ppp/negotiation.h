// SPDX-License-Identifier: GPL-2.0-or-later
// Configuration options as a table: one row (OptionRule) an option, and the algorithm of RFC 1661
// §5.1 to §5.4 over the rows, the same for LCP and every network control protocol.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/wire_writer.h"
#include "ppp/layer.h"
#include "ppp/option.h"

namespace sallyport::ppp {

/// What one Configure-Request gets for an answer; the values are the packet's Code (RFC 1661 §5).
enum class Verdict : uint8_t { kAck = 2, kNak = 3, kReject = 4 };

struct Answer {
  Verdict verdict = Verdict::kAck;
  std::vector<uint8_t> options;  // as they go into the packet
  /// Why the link cannot go on once this answer is out.
  std::optional<LayerFailed> failure{};
};

/// The options of one protocol on one link, as the automaton's driver (ControlProtocol) sees them.
class Negotiation {
 public:
  virtual ~Negotiation() = default;

  /// Appends the options of our Configure-Request. The same until Naked() or Rejected() is called.
  virtual void Ask(WireWriter& options) const = 0;
  /// Answers the peer's Configure-Request. `may_nak` is false once Max-Failure is reached (RFC 1661
  /// §4.6): then what would be Naked is rejected, and nothing is appended.
  virtual Answer Judge(std::span<const Option> request, bool may_nak) = 0;
  /// The peer wants other values of these options.
  virtual void Naked(std::span<const Option> options) = 0;
  /// The peer takes none of these options, which are among those that we asked for.
  virtual void Rejected(std::span<const Option> options) = 0;
  /// Why the link cannot go on after what was just received.
  virtual std::optional<LayerFailed> failure() const { return {}; }
};

/// One option of one protocol. `State` is that protocol's negotiation state, plain data. A null
/// function: the case does not arise. A type without a row is unknown and always rejected.
template <typename State>
struct OptionRule {
  static constexpr size_t kAnyLength = SIZE_MAX;

  uint8_t type = 0;
  size_t length = kAnyLength;  // of the value, octets

  /// Ours: appends the value that we ask for; false: we do not ask.
  bool (*ask)(const State& state, WireWriter& value) = nullptr;
  /// Ours, which we asked for: the peer proposes `value`, of the right length.
  void (*naked)(State& state, std::span<const uint8_t> value) = nullptr;
  /// Ours, which we asked for: the peer does not take the option.
  void (*rejected)(State& state) = nullptr;

  /// Ours, from a Configure-Request that a LAC sent in our stead (RFC 2661 §4.4.5): takes `value`,
  /// of the right length; false: we could not have meant it.
  bool (*adopt)(State& state, std::span<const uint8_t> value) = nullptr;

  /// The peer's: takes `value`, of the right length, into `state.proposed`; false: not acceptable.
  bool (*accept)(State& state, std::span<const uint8_t> value) = nullptr;
  /// The peer's: appends the value that would be acceptable; false: there is none, so the option is
  /// rejected.
  bool (*prefer)(State& state, WireWriter& value) = nullptr;
  /// The peer's: it must ask for the option; if it does not, a Nak with the preferred value tells
  /// it so.
  bool demanded = false;
};

/// Negotiation by a table of rules. A `State` that keeps the peer's wishes has a member `proposed`,
/// what its last request asked for, and `agreed`, what we last acknowledged, of one type whose
/// default value stands for the RFC's default values.
template <typename State>
class OptionTable : public Negotiation {
 public:
  /// `rules` outlives the table.
  explicit OptionTable(std::span<const OptionRule<State>> rules) : rules_(rules) {}

  State& state() { return state_; }
  const State& state() const { return state_; }

  void Ask(WireWriter& options) const override {
    for (const auto& rule : rules_) {
      WireWriter value;
      if (rule.ask != nullptr && rule.ask(state_, value)) {
        WriteOption({.type = rule.type, .value = value.view()}, options);
      }
    }
  }

  /// Takes over a request that was sent in our stead; false: not all of it could be ours.
  bool Adopt(std::span<const Option> request) {
    for (size_t i = 0; i < request.size(); ++i) {
      const Rule* rule = FindRule(request[i].type);
      const bool repeated = Find(request.first(i), request[i].type) != nullptr;
      if (rule == nullptr || rule->adopt == nullptr || repeated) return false;
      if (!Fits(*rule, request[i]) || !rule->adopt(state_, request[i].value)) return false;
    }
    return true;
  }

  Answer Judge(std::span<const Option> request, bool may_nak) override {
    if constexpr (kKeepsWishes) state_.proposed = {};
    WireWriter better;
    WireWriter refused;
    for (size_t i = 0; i < request.size(); ++i) {
      // RFC 1661 §6: none of the options may be listed more than once.
      const bool repeated = Find(request.first(i), request[i].type) != nullptr;
      if (repeated) {
        WriteOption(request[i], refused);
      } else {
        JudgeOne(request[i], may_nak, better, refused);
      }
    }
    if (may_nak) AppendDemanded(request, better);
    // RFC 1661 §5.4: when some are to be rejected, only they are sent; the rest comes up again.
    if (refused.size() > 0) return {Verdict::kReject, std::move(refused).Finish(), {}};
    if (better.size() > 0) return {Verdict::kNak, std::move(better).Finish(), {}};
    if constexpr (kKeepsWishes) state_.agreed = state_.proposed;
    WireWriter same;
    for (const auto& option : request) WriteOption(option, same);
    return {Verdict::kAck, std::move(same).Finish(), {}};
  }

  void Naked(std::span<const Option> options) override {
    for (const auto& option : options) {
      const auto* rule = AskedRule(option.type);
      // An option that we did not ask for is one that the peer would like to see; we have no use
      // for it.
      if (rule == nullptr || rule->naked == nullptr) continue;
      if (Fits(*rule, option)) rule->naked(state_, option.value);
    }
  }

  void Rejected(std::span<const Option> options) override {
    for (const auto& option : options) {
      const auto* rule = AskedRule(option.type);
      if (rule != nullptr && rule->rejected != nullptr) rule->rejected(state_);
    }
  }

 private:
  using Rule = OptionRule<State>;
  static constexpr bool kKeepsWishes = requires(State & state) { state.agreed = state.proposed; };

  static const Option* Find(std::span<const Option> options, uint8_t type) {
    const auto found = std::find_if(options.begin(), options.end(),
                                    [type](const Option& option) { return option.type == type; });
    return found == options.end() ? nullptr : &*found;
  }

  static bool Fits(const Rule& rule, const Option& option) {
    return rule.length == Rule::kAnyLength || rule.length == option.value.size();
  }

  const Rule* FindRule(uint8_t type) const {
    const auto found = std::find_if(rules_.begin(), rules_.end(),
                                    [type](const Rule& rule) { return rule.type == type; });
    return found == rules_.end() ? nullptr : &*found;
  }

  /// The rule of an option that stands in our Configure-Request.
  const Rule* AskedRule(uint8_t type) const {
    const Rule* rule = FindRule(type);
    WireWriter value;
    return rule != nullptr && rule->ask != nullptr && rule->ask(state_, value) ? rule : nullptr;
  }

  void JudgeOne(const Option& option, bool may_nak, WireWriter& better, WireWriter& refused) {
    const Rule* rule = FindRule(option.type);
    if (rule != nullptr && rule->accept != nullptr) {
      if (Fits(*rule, option) && rule->accept(state_, option.value)) return;
      // RFC 1661 §6: an invalid Length is answered with a Nak that has an appropriate one.
      WireWriter value;
      if (may_nak && rule->prefer != nullptr && rule->prefer(state_, value)) {
        WriteOption({.type = option.type, .value = value.view()}, better);
        return;
      }
    }
    WriteOption(option, refused);
  }

  void AppendDemanded(std::span<const Option> request, WireWriter& better) {
    for (const auto& rule : rules_) {
      if (!rule.demanded || Find(request, rule.type) != nullptr) continue;
      WireWriter value;
      if (rule.prefer(state_, value)) {
        WriteOption({.type = rule.type, .value = value.view()}, better);
      }
    }
  }

  std::span<const Rule> rules_;
  State state_;
};

}  // namespace sallyport::ppp
