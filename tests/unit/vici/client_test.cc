// SPDX-License-Identifier: GPL-2.0-or-later
#include "vici/client.h"

#include <gtest/gtest.h>

namespace sallyport::vici {
namespace {

using std::chrono::seconds;

constexpr TimePoint kStart{};
constexpr RequestId kFirst{1};
constexpr RequestId kSecond{2};

std::vector<uint8_t> Segment(PacketType type, std::string name = {}, Message message = {}) {
  auto bytes = EncodePacket({type, std::move(name), std::move(message)});
  EXPECT_TRUE(bytes);
  return bytes ? *bytes : std::vector<uint8_t>();
}
std::vector<uint8_t> Response(std::string_view value) {
  return Segment(PacketType::kCommandResponse, {}, Message().Set("value", value));
}
std::vector<uint8_t> Event(std::string name, std::string_view value) {
  return Segment(PacketType::kEvent, std::move(name), Message().Set("value", value));
}

/// One action as a line, so that a whole exchange can be compared at once.
struct Describe {
  std::string operator()(const Write& write) const {
    const auto packet = DecodePacket(std::span(write.bytes).subspan(4));
    if (!packet) return "write garbage";
    return "write " + std::to_string(static_cast<int>(packet->type)) + " " + packet->name;
  }
  std::string operator()(const Registered& registered) const {
    return std::string(registered.known ? "registered " : "not registered ") + registered.event;
  }
  std::string operator()(const EventReceived& event) const {
    return "event " + event.name + " " + ValueOf(event.message);
  }
  std::string operator()(const Streamed& streamed) const {
    return "streamed " + std::to_string(streamed.request.value()) + " " + ValueOf(streamed.message);
  }
  std::string operator()(const Replied& replied) const {
    return "replied " + std::to_string(replied.request.value()) + " " +
           (replied.reply ? ValueOf(*replied.reply)
                          : "error: " + std::string(ToString(replied.reply.error())));
  }
  std::string operator()(const Broken& broken) const {
    return "broken: " + std::string(ToString(broken.reason)) +
           (broken.packet_error ? ", " + std::string(ToString(*broken.packet_error)) : "");
  }
  static std::string ValueOf(const Message& message) {
    return std::string(message.Value("value").value_or("-"));
  }
};

class ClientTest : public testing::Test {
 protected:
  void Send(RequestId id, std::string command, std::string stream_event = {}) {
    client_.Send({.id = id, .command = std::move(command), .stream_event = std::move(stream_event)},
                 now_, actions_);
  }
  void Register(std::string_view event) { client_.Register(event, now_, actions_); }
  void Receive(const std::vector<uint8_t>& bytes) { client_.Receive(bytes, now_, actions_); }

  /// What came out since the last call.
  std::vector<std::string> Take() {
    std::vector<std::string> lines;
    for (const Action& action : actions_) lines.push_back(std::visit(Describe(), action));
    actions_.clear();
    return lines;
  }

  using Lines = std::vector<std::string>;
  TimePoint now_ = kStart;
  Client client_{ClientConfig{.reply_timeout = seconds(10)}};
  Actions actions_;
};

TEST_F(ClientTest, Request_IsWrittenAndAnswered) {
  Send(kFirst, "version");
  EXPECT_EQ(Take(), Lines{"write 0 version"});
  Receive(Response("5.9.8"));
  EXPECT_EQ(Take(), Lines{"replied 1 5.9.8"});
  EXPECT_EQ(client_.pending(), 0U);
}

TEST_F(ClientTest, SecondRequest_WaitsForTheAnswerToTheFirst) {
  Send(kFirst, "load-shared");
  Send(kSecond, "load-conn");
  EXPECT_EQ(Take(), Lines{"write 0 load-shared"});
  Receive(Response("a"));
  EXPECT_EQ(Take(), (Lines{"replied 1 a", "write 0 load-conn"}));
  Receive(Response("b"));
  EXPECT_EQ(Take(), Lines{"replied 2 b"});
}

TEST_F(ClientTest, UnknownCommand_IsAnErrorAndTheNextGoesOn) {
  Send(kFirst, "no-such");
  Send(kSecond, "version");
  Receive(Segment(PacketType::kCommandUnknown));
  EXPECT_EQ(Take(),
            (Lines{"write 0 no-such", "replied 1 error: unknown command", "write 0 version"}));
}

TEST_F(ClientTest, Registration_TellsWhetherTheEventIsKnown) {
  Register("child-updown");
  Register("alert");
  Receive(Segment(PacketType::kEventConfirm));
  Receive(Segment(PacketType::kEventUnknown));
  EXPECT_EQ(Take(), (Lines{"write 3 child-updown", "registered child-updown", "write 3 alert",
                           "not registered alert"}));
}

TEST_F(ClientTest, RegisteringTwice_AsksOnce) {
  Register("child-updown");
  Register("child-updown");
  Receive(Segment(PacketType::kEventConfirm));
  EXPECT_EQ(Take(),
            (Lines{"write 3 child-updown", "registered child-updown", "registered child-updown"}));
}

TEST_F(ClientTest, EventsBetweenRequestAndAnswer_AreGivenInOrder) {
  Register("child-updown");
  Receive(Segment(PacketType::kEventConfirm));
  Send(kFirst, "version");
  Take();
  Receive(Event("child-updown", "x"));
  Receive(Response("5.9.8"));
  Receive(Event("child-updown", "y"));
  EXPECT_EQ(Take(), (Lines{"event child-updown x", "replied 1 5.9.8", "event child-updown y"}));
}

TEST_F(ClientTest, EventNobodyAskedFor_IsGivenByName) {
  Receive(Event("brand-new", "x"));
  EXPECT_EQ(Take(), Lines{"event brand-new x"});
}

TEST_F(ClientTest, Stream_IsRegisteredThenAskedForThenCollected) {
  Send(kFirst, "list-sas", "list-sa");
  EXPECT_EQ(Take(), Lines{"write 3 list-sa"});
  Receive(Segment(PacketType::kEventConfirm));
  EXPECT_EQ(Take(), Lines{"write 0 list-sas"});
  Receive(Event("list-sa", "one"));
  Receive(Event("child-updown", "between"));
  Receive(Event("list-sa", "two"));
  Receive(Response("end"));
  EXPECT_EQ(Take(), (Lines{"streamed 1 one", "event child-updown between", "streamed 1 two",
                           "replied 1 end"}));
}

TEST_F(ClientTest, SecondStream_NeedsNoRegistration) {
  Send(kFirst, "list-sas", "list-sa");
  Send(kSecond, "list-sas", "list-sa");
  Receive(Segment(PacketType::kEventConfirm));
  Receive(Response("end"));
  EXPECT_EQ(Take(),
            (Lines{"write 3 list-sa", "write 0 list-sas", "replied 1 end", "write 0 list-sas"}));
  Receive(Event("list-sa", "x"));
  EXPECT_EQ(Take(), Lines{"streamed 2 x"});
}

TEST_F(ClientTest, StreamOfUnknownEvent_IsRefusedWithoutItsCommand) {
  Send(kFirst, "list-sas", "list-sa");
  Send(kSecond, "version");
  Receive(Segment(PacketType::kEventUnknown));
  EXPECT_EQ(Take(),
            (Lines{"write 3 list-sa", "replied 1 error: unknown event", "write 0 version"}));
}

TEST_F(ClientTest, StreamsEventOutsideOfTheStream_IsAnOrdinaryEvent) {
  Send(kFirst, "list-sas", "list-sa");
  Receive(Segment(PacketType::kEventConfirm));
  Receive(Response("end"));
  Take();
  Receive(Event("list-sa", "late"));
  EXPECT_EQ(Take(), Lines{"event list-sa late"});
}

TEST_F(ClientTest, WholeExchange_IsTheSameWhereverTheStreamIsCut) {
  std::vector<uint8_t> stream;
  for (const auto& segment :
       {Segment(PacketType::kEventConfirm), Event("child-updown", "x"),
        Segment(PacketType::kEventConfirm), Event("list-sa", "one"), Event("child-updown", "y"),
        Response("end"), Segment(PacketType::kCommandUnknown)}) {
    stream.insert(stream.end(), segment.begin(), segment.end());
  }
  const Lines expected{"write 3 child-updown", "registered child-updown",
                       "write 3 list-sa",      "event child-updown x",
                       "write 0 list-sas",     "streamed 1 one",
                       "event child-updown y", "replied 1 end",
                       "write 0 unload-conn",  "replied 2 error: unknown command"};
  for (size_t cut = 0; cut <= stream.size(); ++cut) {
    client_ = Client();
    Register("child-updown");
    Send(kFirst, "list-sas", "list-sa");
    Send(kSecond, "unload-conn");
    client_.Receive(std::span(stream).first(cut), now_, actions_);
    client_.Receive(std::span(stream).subspan(cut), now_, actions_);
    EXPECT_EQ(Take(), expected) << cut;
  }
}

TEST_F(ClientTest, NoReplyInTime_Breaks) {
  Send(kFirst, "version");
  Send(kSecond, "version");
  Take();
  EXPECT_EQ(client_.NextDeadline(), kStart + seconds(10));
  client_.HandleTimeout(kStart + seconds(9), actions_);
  EXPECT_EQ(Take(), Lines{});
  client_.HandleTimeout(kStart + seconds(10), actions_);
  EXPECT_EQ(Take(), Lines{"broken: no reply in time"});
  EXPECT_EQ(client_.NextDeadline(), std::nullopt);
}

TEST_F(ClientTest, EachRequest_HasItsOwnDeadlineFromWhenItIsSent) {
  Send(kFirst, "version");
  Send(kSecond, "version");
  now_ = kStart + seconds(8);
  Receive(Response("a"));
  EXPECT_EQ(client_.NextDeadline(), kStart + seconds(18));
  Receive(Response("b"));
  EXPECT_EQ(client_.NextDeadline(), std::nullopt);
}

TEST_F(ClientTest, StreamedEvent_PutsTheDeadlineOffAndOtherEventsDoNot) {
  Send(kFirst, "list-sas", "list-sa");
  Receive(Segment(PacketType::kEventConfirm));
  now_ = kStart + seconds(7);
  Receive(Event("list-sa", "x"));
  EXPECT_EQ(client_.NextDeadline(), kStart + seconds(17));
  now_ = kStart + seconds(9);
  Receive(Event("child-updown", "x"));
  EXPECT_EQ(client_.NextDeadline(), kStart + seconds(17));
}

TEST_F(ClientTest, AnswerToNothing_Breaks) {
  for (const auto type : {PacketType::kCommandResponse, PacketType::kCommandUnknown,
                          PacketType::kEventConfirm, PacketType::kEventUnknown}) {
    client_ = Client();
    Receive(Segment(type));
    EXPECT_EQ(Take(), Lines{"broken: unexpected packet"});
  }
}

TEST_F(ClientTest, AnswerOfTheWrongKind_Breaks) {
  Send(kFirst, "version");
  Receive(Segment(PacketType::kEventConfirm));
  EXPECT_EQ(Take(), (Lines{"write 0 version", "broken: unexpected packet"}));
  client_ = Client();
  Register("child-updown");
  Receive(Response("x"));
  EXPECT_EQ(Take(), (Lines{"write 3 child-updown", "broken: unexpected packet"}));
}

TEST_F(ClientTest, PacketOnlyAClientMaySend_Breaks) {
  for (const auto type :
       {PacketType::kCommandRequest, PacketType::kEventRegister, PacketType::kEventUnregister}) {
    client_ = Client();
    Receive(Segment(type, "x"));
    EXPECT_EQ(Take(), Lines{"broken: unexpected packet"});
  }
}

TEST_F(ClientTest, OversizedPacket_Breaks) {
  Receive({0x00, 0x08, 0x00, 0x01});
  EXPECT_EQ(Take(), Lines{"broken: malformed packet, oversized packet"});
}

TEST_F(ClientTest, Garbage_Breaks) {
  Receive({0, 0, 0, 3, 7, 200, 1});
  EXPECT_EQ(Take(), Lines{"broken: malformed packet, truncated packet"});
}

TEST_F(ClientTest, AfterTheBreak_NothingHappensAnyMore) {
  Receive({0, 0, 0, 1, 99});
  Take();
  EXPECT_TRUE(client_.broken());
  Send(kFirst, "version");
  Register("child-updown");
  Receive(Event("child-updown", "x"));
  client_.HandleTimeout(kStart + seconds(100), actions_);
  EXPECT_EQ(Take(), Lines{});
}

TEST_F(ClientTest, PacketsBeforeTheGarbage_StillCount) {
  auto bytes = Event("child-updown", "x");
  bytes.insert(bytes.end(), {0, 0, 0, 1, 99});
  Receive(bytes);
  EXPECT_EQ(Take(),
            (Lines{"event child-updown x", "broken: malformed packet, unknown packet type"}));
}

TEST_F(ClientTest, RequestThatDoesNotFit_IsAnsweredWithoutBeingSent) {
  client_.Send({.id = kFirst,
                .command = "load-shared",
                .arguments = Message().Set("data", std::string(70000, 'x'))},
               now_, actions_);
  Register(std::string(300, 'x'));
  EXPECT_EQ(Take(), (Lines{"replied 1 error: a value is too long",
                           "not registered " + std::string(300, 'x')}));
  EXPECT_EQ(client_.pending(), 0U);
}

}  // namespace
}  // namespace sallyport::vici
