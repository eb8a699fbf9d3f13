// SPDX-License-Identifier: GPL-2.0-or-later
// A link and a client in virtual time, over a line that loses and reorders frames.
#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <utility>

#include "base/wire_writer.h"
#include "ppp/control_protocol.h"
#include "tests/unit/ppp/lossy_line.h"
#include "tests/unit/ppp/support.h"

namespace sallyport::ppp {
namespace {

using std::chrono::seconds;

/// A client's options: it takes everything that we ask for, gives up what we reject, adopts what we
/// Nak.
class ClientNegotiation final : public Negotiation {
 public:
  explicit ClientNegotiation(std::string_view options) : wire_(Octets(options)) {}

  const std::vector<uint8_t>& asked() const { return wire_; }
  const std::vector<uint8_t>& granted() const { return granted_; }

  void Ask(WireWriter& options) const override { options.Bytes(wire_); }
  Answer Judge(std::span<const Option> request, bool /*may_nak*/) override {
    WireWriter same;
    for (const auto& option : request) WriteOption(option, same);
    granted_ = std::move(same).Finish();
    return {Verdict::kAck, granted_};
  }
  void Naked(std::span<const Option> options) override {
    Rewrite([&options](const Option& mine, WireWriter& out) {
      const auto same_type = [&mine](const Option& other) { return other.type == mine.type; };
      const auto better = std::ranges::find_if(options, same_type);
      WriteOption(better != options.end() ? *better : mine, out);
    });
  }
  void Rejected(std::span<const Option> options) override {
    Rewrite([&options](const Option& mine, WireWriter& out) {
      if (std::ranges::find(options, mine) == options.end()) WriteOption(mine, out);
    });
  }

 private:
  template <typename Edit>
  void Rewrite(Edit edit) {
    const std::vector<uint8_t> old = wire_;
    const auto mine = ParseOptions(old);
    WireWriter out;
    for (const auto& option : *mine) edit(option, out);
    wire_ = std::move(out).Finish();
  }

  std::vector<uint8_t> wire_;
  std::vector<uint8_t> granted_;
};

/// A client with LCP, PAP or CHAP, and IPCP. It repeats its login each three seconds.
class Client {
 public:
  Client()
      : lcp_options_("0104 0578 0506 77777777 0702 0802"),
        ipcp_options_("0206 002d0f01 0306 00000000 8106 00000000"),
        lcp_(Protocol::kLcp, config_, drops_, lcp_options_),
        ipcp_(Protocol::kIpcp, config_, drops_, ipcp_options_) {}

  std::vector<std::vector<uint8_t>> Start(TimePoint now) {
    LayerOutputs out;
    lcp_.Open(now, out);
    lcp_.Up(now, out);
    return Carry(std::move(out), now);
  }

  std::vector<std::vector<uint8_t>> Receive(std::span<const uint8_t> bytes, TimePoint now) {
    const auto frame = ParseFrame(bytes);
    const auto packet = frame ? ParsePacket(frame->information) : Unexpected{frame.error()};
    if (!packet) return {};
    LayerOutputs out;
    const bool opened = lcp_.state() == Automaton::State::kOpened;
    if (frame->protocol == Protocol::kLcp && packet->code <= 7) lcp_.Receive(*packet, now, out);
    if (opened && frame->protocol == Protocol::kPap && packet->code == kPapAck) LoggedIn(now, out);
    if (opened && frame->protocol == Protocol::kChap) {
      if (packet->code == kSuccess) LoggedIn(now, out);
      if (packet->code == kChallenge && !logged_in_) {
        login_ = Wire(kChap, kResponse, packet->identifier, "10" + std::string(32, '7') + "75");
        out.push_back(SendFrame{login_});
      }
    }
    if (logged_in_ && frame->protocol == Protocol::kIpcp) ipcp_.Receive(*packet, now, out);
    return Carry(std::move(out), now);
  }

  std::vector<std::vector<uint8_t>> HandleTimeout(TimePoint now) {
    LayerOutputs out;
    lcp_.HandleTimeout(now, out);
    if (logged_in_) ipcp_.HandleTimeout(now, out);
    if (login_deadline_ && *login_deadline_ <= now) {
      login_deadline_ = now + seconds(3);
      if (!login_.empty()) out.push_back(SendFrame{login_});
    }
    return Carry(std::move(out), now);
  }

  std::optional<TimePoint> NextDeadline() const {
    std::optional<TimePoint> next;
    for (const auto& one : {lcp_.NextDeadline(), ipcp_.NextDeadline(), login_deadline_}) {
      if (one && (!next || *one < *next)) next = one;
    }
    return next;
  }

  bool ipcp_opened() const { return ipcp_.state() == Automaton::State::kOpened; }
  const std::vector<uint8_t>& addresses() const { return ipcp_options_.asked(); }

 private:
  void LoggedIn(TimePoint now, LayerOutputs& out) {
    if (std::exchange(logged_in_, true)) return;
    login_deadline_.reset();
    ipcp_.Open(now, out);
    ipcp_.Up(now, out);
  }

  std::vector<std::vector<uint8_t>> Carry(LayerOutputs outputs, TimePoint now) {
    std::vector<std::vector<uint8_t>> frames;
    LayerOutputs more;
    for (auto& output : outputs) {
      if (auto* frame = std::get_if<SendFrame>(&output)) frames.push_back(std::move(frame->bytes));
      const bool lcp = lcp_.state() == Automaton::State::kOpened;
      if (std::holds_alternative<LayerUp>(output) && lcp && !logged_in_) {
        login_deadline_ = now + seconds(1);
        const bool pap = lcp_options_.granted() == Octets("0104 0578 0304 c023 0506 10111213");
        if (pap) login_ = Wire(kPap, kPapRequest, 1, "01 75 01 70");
      }
      if (std::holds_alternative<LayerDown>(output) && !lcp) {
        logged_in_ = false;
        ipcp_.Down(now, more);
      }
    }
    return frames;
  }

  const LinkConfig config_;
  DropCounters drops_;
  ClientNegotiation lcp_options_, ipcp_options_;
  ControlProtocol lcp_, ipcp_;
  bool logged_in_ = false;
  std::vector<uint8_t> login_;
  std::optional<TimePoint> login_deadline_;
};

/// The two of them and the line between them.
class Line {
 public:
  Line(AuthMethod method, unsigned seed, unsigned loss)
      : config_(ConfigWith(method)), link_(config_, drops_), line_(seed, loss) {}

  /// Runs until IPCP is open on both sides; false if the link ended or `limit` passed.
  bool RunUntilUp(Duration limit) {
    Command(ppp::Start{});
    Put(Side::kServer, client_.Start(now_));
    while (!(up_ && client_.ipcp_opened()) && !ended_ && now_ < TimePoint{} + limit) Step();
    return up_ && client_.ipcp_opened();
  }

  bool RunUntilEnded(Duration limit) {
    const TimePoint end = now_ + limit;
    Command(Close{"done"});
    while (!ended_ && now_ < end) Step();
    return ended_;
  }

  const Client& client() const { return client_; }

 private:
  void Step() {
    std::optional<TimePoint> next = link_.NextDeadline();
    const auto consider = [&next](std::optional<TimePoint> one) {
      if (one && (!next || *one < *next)) next = one;
    };
    consider(client_.NextDeadline());
    consider(line_.NextArrival());
    now_ = std::max(now_, next.value_or(now_ + seconds(1)));
    while (const auto arrived = line_.Take(now_)) {
      const auto& [to, frame] = *arrived;
      if (to == Side::kServer) {
        Actions actions;
        link_.Receive(frame, now_, NextEntropy(), actions);
        Take(std::move(actions));
      } else {
        Put(Side::kServer, client_.Receive(frame, now_));
      }
    }
    Actions actions;
    link_.HandleTimeout(now_, NextEntropy(), actions);
    Take(std::move(actions));
    Put(Side::kServer, client_.HandleTimeout(now_));
  }

  void Command(const ppp::Command& command) {
    Actions actions;
    link_.Handle(command, now_, NextEntropy(), actions);
    Take(std::move(actions));
  }

  void Take(Actions actions) {
    for (auto& action : actions) {
      ASSERT_FALSE(ended_) << "after LinkDown: " << ToText(action);
      if (auto* frame = std::get_if<SendFrame>(&action))
        Put(Side::kClient, {std::move(frame->bytes)});
      if (std::holds_alternative<Authenticate>(action)) {
        Command(AuthAccepted{.network = TestNetwork(), .authenticator_response = {}});
      }
      if (std::holds_alternative<NetworkUp>(action)) up_ = true;
      if (std::holds_alternative<NetworkDown>(action)) up_ = false;
      if (std::holds_alternative<LinkDown>(action)) ended_ = true;
    }
  }

  void Put(Side to, std::vector<std::vector<uint8_t>> frames) {
    for (auto& frame : frames) line_.Put(to, std::move(frame), now_);
  }

  Entropy NextEntropy() {
    Entropy entropy{};
    for (size_t i = 0; i < entropy.size(); ++i) entropy[i] = static_cast<uint8_t>(i);
    return entropy;  // our Magic-Number is 10111213
  }

  const LinkConfig config_;
  DropCounters drops_;
  Link link_;
  Client client_;
  LossyLine line_;
  TimePoint now_{};
  bool up_ = false;
  bool ended_ = false;
};

class LossyLogin : public testing::TestWithParam<AuthMethod> {};

TEST_P(LossyLogin, LogsInWithinAMinuteAndEnds) {
  for (const unsigned loss : {0U, 5U, 10U, 15U}) {
    for (unsigned seed = 0; seed < 100; ++seed) {
      SCOPED_TRACE("loss " + std::to_string(loss) + " seed " + std::to_string(seed));
      Line line(GetParam(), seed, loss);
      ASSERT_TRUE(line.RunUntilUp(seconds(60)));
      EXPECT_EQ(line.client().addresses(), Octets("0306 0a090002 8106 0a090035"));
      ASSERT_TRUE(line.RunUntilEnded(seconds(7)));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Methods, LossyLogin,
                         testing::Values(AuthMethod::kPap, AuthMethod::kChapMd5));

TEST(FaultlessLine, TakesUnderTwoSeconds) {
  Line line(AuthMethod::kChapMd5, 1, 0);
  EXPECT_TRUE(line.RunUntilUp(seconds(2)));
}

}  // namespace
}  // namespace sallyport::ppp
