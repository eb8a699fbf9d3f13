// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <linux/netfilter/nfnetlink.h>

#include "fake_kernel.h"

namespace sallyport::netlink {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Message AnyRequest() { return {0x30, 0, uint32_t{0}}; }

std::optional<uint32_t> ParseWord(const Received& entry) {
  return ReadStruct<uint32_t>(entry.payload);
}

Octets Entry(uint32_t sequence, uint32_t word, uint16_t flags = 0) {
  return RawMessage(0x31, NLM_F_MULTI | flags, sequence, OctetsOf(word));
}

TEST(Request, AcknowledgedIsSuccess) {
  FakeKernel kernel;
  kernel.Answer(RawAck(1, 0));
  Socket socket = kernel.MakeSocket();
  EXPECT_TRUE(socket.Request(AnyRequest(), "do it"));
  const auto sent = MessagesOf(kernel.sent.at(0));
  EXPECT_EQ(sent.at(0).flags, NLM_F_REQUEST | NLM_F_ACK);
  EXPECT_EQ(sent.at(0).sequence, 1U);
}

TEST(Request, RefusalCarriesErrnoOperationAndTheKernelsText) {
  FakeKernel kernel;
  kernel.Answer(RawAck(1, EEXIST, "id is in use"));
  Socket socket = kernel.MakeSocket();
  const auto result = socket.Request(AnyRequest(), "create tunnel 7");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, EEXIST);
  EXPECT_EQ(result.error().text, "create tunnel 7: File exists (id is in use)");
}

TEST(Request, KernelsTextBehindACopyOfTheRequestIsFound) {
  // Without NLM_F_CAPPED the request follows the code with its payload, here 6 octets and 2 of
  // padding.
  nlmsghdr request{};
  request.nlmsg_len = 22;
  const Octets payload = OctetsOf(int32_t{-EINVAL}) + OctetsOf(request) + Octets(8) +
                         RawAttribute(NLMSGERR_ATTR_MSG, {'n', 'o', 0});
  FakeKernel kernel;
  kernel.Answer(RawMessage(NLMSG_ERROR, NLM_F_ACK_TLVS, 1, payload));
  Socket socket = kernel.MakeSocket();
  EXPECT_EQ(socket.Request(AnyRequest(), "x").error().text, "x: Invalid argument (no)");
}

TEST(Request, TruncatedExtendedAcknowledgementIsLeftOut) {
  const Octets whole = RawAck(1, EEXIST, "id");
  for (size_t payload = 4; payload < whole.size() - 16 - 2; ++payload) {
    Octets cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(16 + payload));
    cut[0] = static_cast<uint8_t>(cut.size());
    FakeKernel kernel;
    kernel.Answer(cut);
    Socket socket = kernel.MakeSocket();
    const auto result = socket.Request(AnyRequest(), "x");
    ASSERT_FALSE(result) << payload;
    EXPECT_EQ(result.error().text, "x: File exists") << payload;
  }
}

TEST(Request, ControlCharactersOfTheKernelsTextAreEscaped) {
  FakeKernel kernel;
  kernel.Answer(RawAck(1, EINVAL, "a\nb"));
  Socket socket = kernel.MakeSocket();
  EXPECT_THAT(socket.Request(AnyRequest(), "x").error().text, HasSubstr("a\\x0ab"));
}

TEST(Request, AcknowledgementWithoutACodeIsAnError) {
  FakeKernel kernel;
  kernel.Answer(RawMessage(NLMSG_ERROR, 0, 1, {0, 0}));
  Socket socket = kernel.MakeSocket();
  EXPECT_EQ(socket.Request(AnyRequest(), "x").error().code, EBADMSG);
}

TEST(Request, CodeThatIsNoErrnoIsAnError) {
  for (const int32_t code : {1, -4096, std::numeric_limits<int32_t>::min()}) {
    FakeKernel kernel;
    kernel.Answer(RawMessage(NLMSG_ERROR, 0, 1, OctetsOf(code) + Octets(sizeof(nlmsghdr))));
    Socket socket = kernel.MakeSocket();
    EXPECT_EQ(socket.Request(AnyRequest(), "x").error().code, EBADMSG) << code;
  }
}

TEST(Request, AnswersOfAnEarlierExchangeAreSkipped) {
  FakeKernel kernel;
  kernel.Answer(RawAck(1, EPERM));
  kernel.Answer(RawAck(1, EINVAL) + RawAck(2, 0));
  Socket socket = kernel.MakeSocket();
  EXPECT_FALSE(socket.Request(AnyRequest(), "x"));
  EXPECT_TRUE(socket.Request(AnyRequest(), "x"));
}

TEST(Request, NoAnswerIsAnErrorAndNotAWait) {
  FakeKernel kernel;
  Socket socket = kernel.MakeSocket();
  EXPECT_EQ(socket.Request(AnyRequest(), "x").error().code, EAGAIN);
}

TEST(Request, LostAnswersAreReported) {
  FakeKernel kernel;
  kernel.AnswerError(ENOBUFS);
  Socket socket = kernel.MakeSocket();
  const auto result = socket.Request(AnyRequest(), "x");
  EXPECT_EQ(result.error().code, ENOBUFS);
  EXPECT_THAT(result.error().text, HasSubstr("receiving"));
}

TEST(Request, OverrunMessageIsReported) {
  FakeKernel kernel;
  kernel.Answer(RawMessage(NLMSG_OVERRUN, 0, 1, {}));
  Socket socket = kernel.MakeSocket();
  EXPECT_EQ(socket.Request(AnyRequest(), "x").error().code, ENOBUFS);
}

TEST(Request, MalformedAnswerIsReported) {
  FakeKernel kernel;
  kernel.Answer({1, 2, 3});
  Socket socket = kernel.MakeSocket();
  EXPECT_EQ(socket.Request(AnyRequest(), "x").error().code, EBADMSG);
}

TEST(Request, SendingThatFailsIsReported) {
  FakeKernel kernel;
  kernel.send_error = ECONNREFUSED;
  Socket socket = kernel.MakeSocket();
  EXPECT_EQ(socket.Request(AnyRequest(), "x").error().code, ECONNREFUSED);
}

TEST(Request, OverflownMessageIsNotSent) {
  FakeKernel kernel;
  Socket socket = kernel.MakeSocket();
  Message message = AnyRequest();
  message.Bytes(1, Octets(70000));
  EXPECT_EQ(socket.Request(message, "x").error().code, EMSGSIZE);
  EXPECT_TRUE(kernel.sent.empty());
}

TEST(Query, GivesThePayloadOfTheAnswer) {
  FakeKernel kernel;
  kernel.Answer(RawMessage(0x31, 0, 1, {1, 2, 3}));
  Socket socket = kernel.MakeSocket();
  const auto answer = socket.Query(AnyRequest(), "x");
  ASSERT_TRUE(answer);
  EXPECT_THAT(*answer, ElementsAre(1, 2, 3));
  EXPECT_EQ(MessagesOf(kernel.sent.at(0)).at(0).flags, NLM_F_REQUEST);
}

TEST(Query, AcknowledgementInPlaceOfAnAnswerIsAnError) {
  FakeKernel kernel;
  kernel.Answer(RawAck(1, 0));
  Socket socket = kernel.MakeSocket();
  EXPECT_EQ(socket.Query(AnyRequest(), "x").error().code, EBADMSG);
}

TEST(Dump, CollectsEntriesOverSeveralDatagrams) {
  FakeKernel kernel;
  kernel.Answer(Entry(1, 10) + Entry(1, 11));
  kernel.Answer(Entry(1, 12));
  kernel.Answer(RawDone(1));
  Socket socket = kernel.MakeSocket();
  const auto list = socket.Dump(AnyRequest(), "x", ParseWord);
  ASSERT_TRUE(list);
  EXPECT_THAT(*list, ElementsAre(10, 11, 12));
  EXPECT_EQ(MessagesOf(kernel.sent.at(0)).at(0).flags, NLM_F_REQUEST | NLM_F_DUMP);
}

TEST(Dump, InterruptedOnceIsMadeAnewFromTheBeginning) {
  FakeKernel kernel;
  kernel.Answer(Entry(1, 10) + Entry(1, 11, NLM_F_DUMP_INTR) + RawDone(1));
  kernel.Answer(Entry(2, 20) + RawDone(2));
  Socket socket = kernel.MakeSocket();
  const auto list = socket.Dump(AnyRequest(), "x", ParseWord);
  ASSERT_TRUE(list);
  EXPECT_THAT(*list, ElementsAre(20));
}

TEST(Dump, InterruptionToldOnlyAtTheEndCounts) {
  FakeKernel kernel;
  kernel.Answer(Entry(1, 10) + RawDone(1, NLM_F_DUMP_INTR));
  kernel.Answer(RawDone(2));
  Socket socket = kernel.MakeSocket();
  EXPECT_THAT(*socket.Dump(AnyRequest(), "x", ParseWord), ElementsAre());
}

TEST(Dump, InterruptedEveryTimeIsAnError) {
  FakeKernel kernel;
  for (uint32_t attempt = 1; attempt <= Socket::kDumpAttempts; ++attempt) {
    kernel.Answer(RawDone(attempt, NLM_F_DUMP_INTR));
  }
  Socket socket = kernel.MakeSocket();
  EXPECT_EQ(socket.Dump(AnyRequest(), "x", ParseWord).error().code, EINTR);
  EXPECT_EQ(kernel.sent.size(), static_cast<size_t>(Socket::kDumpAttempts));
}

TEST(Dump, ErrorInItsEndIsReported) {
  FakeKernel kernel;
  kernel.Answer(Entry(1, 10) + RawMessage(NLMSG_DONE, NLM_F_MULTI, 1, OctetsOf(int32_t{-ENOENT})));
  Socket socket = kernel.MakeSocket();
  EXPECT_EQ(socket.Dump(AnyRequest(), "x", ParseWord).error().code, ENOENT);
}

TEST(Dump, LostEndIsAnError) {
  FakeKernel kernel;
  kernel.Answer(Entry(1, 10));
  Socket socket = kernel.MakeSocket();
  EXPECT_EQ(socket.Dump(AnyRequest(), "x", ParseWord).error().code, EAGAIN);
}

TEST(DumpOnce, SaysThatTheListChanged) {
  FakeKernel kernel;
  kernel.Answer(Entry(1, 10, NLM_F_DUMP_INTR) + RawDone(1));
  Socket socket = kernel.MakeSocket();
  int entries = 0;
  const auto consistent = socket.DumpOnce(AnyRequest(), "x", [&](const Received&) { ++entries; });
  ASSERT_TRUE(consistent);
  EXPECT_FALSE(*consistent);
  EXPECT_EQ(entries, 1);
}

class Transaction : public ::testing::Test {
 protected:
  std::vector<Socket::Rejection> Run(size_t count) {
    const std::vector<Message> messages(count, AnyRequest());
    return socket_.Transact(messages, NFNL_SUBSYS_NFTABLES, "x");
  }
  FakeKernel kernel_;
  Socket socket_ = kernel_.MakeSocket();
};

TEST_F(Transaction, IsOneDatagramBetweenTheBatchMarks) {
  kernel_.Answer(RawAck(3, 0));
  EXPECT_TRUE(Run(2).empty());
  ASSERT_EQ(kernel_.sent.size(), 1U);
  const auto messages = MessagesOf(kernel_.sent[0]);
  ASSERT_EQ(messages.size(), 4U);
  EXPECT_EQ(messages[0].type, NFNL_MSG_BATCH_BEGIN);
  // nfgenmsg: family, version, subsystem 10 in network byte order.
  EXPECT_THAT(messages[0].payload, ElementsAre(0, 0, 0, NFNL_SUBSYS_NFTABLES));
  EXPECT_EQ(messages[1].flags, NLM_F_REQUEST);
  EXPECT_EQ(messages[2].flags, NLM_F_REQUEST | NLM_F_ACK);  // the last one's success is the whole's
  EXPECT_EQ(messages[3].type, NFNL_MSG_BATCH_END);
}

TEST_F(Transaction, EveryRejectedMessageIsNamed) {
  kernel_.Answer(RawAck(3, ENOENT));  // 1 is the opening mark, 2 message 0
  kernel_.Answer(RawAck(5, EEXIST, "why"));
  const auto rejections = Run(4);
  ASSERT_EQ(rejections.size(), 2U);
  EXPECT_EQ(rejections[0].index, 1U);
  EXPECT_EQ(rejections[0].error.code, ENOENT);
  EXPECT_EQ(rejections[1].index, 3U);
  EXPECT_THAT(rejections[1].error.text, HasSubstr("why"));
}

TEST_F(Transaction, RefusedAsAWholeIsARejection) {
  kernel_.Answer(RawAck(1, EPERM));  // of the opening mark
  const auto rejections = Run(2);
  ASSERT_EQ(rejections.size(), 1U);
  EXPECT_EQ(rejections[0].error.code, EPERM);
}

TEST_F(Transaction, FailedCommitIsARejectionThoughTheLastMessageWasGood) {
  kernel_.Answer(RawAck(2, ENOMEM));
  kernel_.Answer(RawAck(3, 0));
  EXPECT_EQ(Run(2).size(), 1U);
}

TEST_F(Transaction, WithoutAnyAcknowledgementItFailed) { EXPECT_EQ(Run(2).size(), 1U); }

TEST_F(Transaction, LostAcknowledgementsAreAFailure) {
  kernel_.AnswerError(ENOBUFS);
  const auto rejections = Run(2);
  ASSERT_EQ(rejections.size(), 1U);
  EXPECT_EQ(rejections[0].error.code, ENOBUFS);
}

TEST_F(Transaction, OfNothingIsNotSent) {
  EXPECT_TRUE(Run(0).empty());
  EXPECT_TRUE(kernel_.sent.empty());
}

}  // namespace
}  // namespace sallyport::netlink
