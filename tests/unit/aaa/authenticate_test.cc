// SPDX-License-Identifier: GPL-2.0-or-later
#include "aaa/authenticate.h"

#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <variant>

#include "base/text.h"
#include "crypto/chap.h"
#include "crypto/mschapv2.h"

namespace sallyport::aaa {
namespace {

// The user of RFC 2759 §9.2, with its password and with the hash of its password.
constexpr std::string_view kUsers =
    "User * clientPass 10.0.0.7\n"
    "Hashed * nt:44ebba8d5312b8d611474411f56989ae\n"
    "Barred * clientPass -\n"
    "* other everybody\n";

UserDatabase Users() {
  auto entries = ParseUsersFile(kUsers);
  EXPECT_TRUE(entries.has_value());
  return UserDatabase(*std::move(entries));
}

template <size_t kSize>
std::array<uint8_t, kSize> Octets(std::string_view hex) {
  std::array<uint8_t, kSize> octets{};
  const auto bytes = FromHex(hex);
  EXPECT_TRUE(bytes && bytes->size() == kSize) << hex;
  if (bytes && bytes->size() == kSize) std::copy(bytes->begin(), bytes->end(), octets.begin());
  return octets;
}

Verdict Login(const std::string& user, Credential credential, const std::string& server = "gw") {
  return Verify(Users(), {.user = user, .server = server, .credential = std::move(credential)});
}

Credential Pap(std::string_view password) { return PapCredential{Secret(password)}; }

Credential ChapMd5(std::string_view password) {
  ChapMd5Credential credential{.identifier = 7, .challenge = {1, 2, 3, 4}, .response = {}};
  credential.response = crypto::ChapMd5Response(7, Secret(password).bytes(), credential.challenge);
  return credential;
}

/// The exchange of RFC 2759 §9.2.
MsChapV2Credential Rfc2759Exchange() {
  return {.authenticator_challenge = Octets<16>("5b5d7c7d7b3f2f3e3c2c602132262628"),
          .peer_challenge = Octets<16>("21402324255e262a28295f2b3a337c7e"),
          .nt_response = Octets<24>("82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df")};
}

Credential MsChapV2(std::string_view user_in_hash, std::string_view password) {
  MsChapV2Credential credential = Rfc2759Exchange();
  credential.nt_response =
      crypto::GenerateNtResponse(credential.authenticator_challenge, credential.peer_challenge,
                                 user_in_hash, crypto::NtPasswordHash(password));
  return credential;
}

void ExpectAccepted(const Verdict& verdict, std::string_view account) {
  const auto* accepted = std::get_if<Accepted>(&verdict);
  ASSERT_NE(accepted, nullptr);
  EXPECT_EQ(accepted->account, account);
}

void ExpectRejected(const Verdict& verdict, RejectReason reason) {
  const auto* rejected = std::get_if<Rejected>(&verdict);
  ASSERT_NE(rejected, nullptr);
  EXPECT_EQ(rejected->reason, reason);
}

TEST(Authenticate, ExchangeOfRfc2759IsAcceptedWithItsAuthenticatorResponse) {
  const Verdict verdict = Login("User", Rfc2759Exchange());
  ExpectAccepted(verdict, "User");
  const auto& accepted = std::get<Accepted>(verdict);
  ASSERT_TRUE(accepted.authenticator_response);
  EXPECT_EQ(ToHex(*accepted.authenticator_response), "407a5589115fd0d6209f510fe9c04566932cda56");
  EXPECT_EQ(accepted.profile.addresses, std::vector{IpAddress::V4(0x0A000007)});
}

TEST(Authenticate, MsChapV2WorksFromTheHashAlone) {
  const Verdict verdict = Login("Hashed", MsChapV2("Hashed", "clientPass"));
  ExpectAccepted(verdict, "Hashed");
  EXPECT_TRUE(std::get<Accepted>(verdict).authenticator_response);
  ExpectRejected(Login("Hashed", MsChapV2("Hashed", "clientpass")), RejectReason::kWrongPassword);
}

// RFC 2759 §8.2: the name enters the hash without its domain.
TEST(Authenticate, DomainIsNoPartOfTheMsChapV2Hash) {
  ExpectAccepted(Login("DOM\\User", MsChapV2("User", "clientPass")), "User");
  ExpectRejected(Login("DOM\\User", MsChapV2("DOM\\User", "clientPass")),
                 RejectReason::kWrongPassword);
  ExpectAccepted(Login("DOM\\User", Pap("clientPass")), "User");
}

TEST(Authenticate, EveryBitOfTheMsChapV2ResponseCounts) {
  const MsChapV2Credential right = Rfc2759Exchange();
  for (size_t bit = 0; bit < right.nt_response.size() * 8; ++bit) {
    MsChapV2Credential wrong = right;
    wrong.nt_response[bit / 8] ^= static_cast<uint8_t>(1U << (bit % 8));
    ExpectRejected(Login("User", wrong), RejectReason::kWrongPassword);
  }
}

TEST(Authenticate, ChallengesBindTheMsChapV2Response) {
  MsChapV2Credential other = Rfc2759Exchange();
  other.authenticator_challenge[0] ^= 1;
  ExpectRejected(Login("User", other), RejectReason::kWrongPassword);
  other = Rfc2759Exchange();
  other.peer_challenge[15] ^= 1;
  ExpectRejected(Login("User", other), RejectReason::kWrongPassword);
}

TEST(Authenticate, PapComparesThePasswordOrItsHash) {
  ExpectAccepted(Login("User", Pap("clientPass")), "User");
  ExpectAccepted(Login("Hashed", Pap("clientPass")), "Hashed");
  for (const auto wrong : {"", "clientPas", "clientPass ", "clientpass"}) {
    ExpectRejected(Login("User", Pap(wrong)), RejectReason::kWrongPassword);
    ExpectRejected(Login("Hashed", Pap(wrong)), RejectReason::kWrongPassword);
  }
}

TEST(Authenticate, PapComparesTheCharactersInUtf8OrLatin1) {
  const std::string utf8 = "caf\xc3\xa9", latin1 = "caf\xe9";
  for (const auto& stored : {utf8, latin1}) {
    const UserDatabase users(*ParseUsersFile("User * \"" + stored + "\" *\n"));
    for (const auto& sent : {utf8, latin1}) {
      ExpectAccepted(Verify(users, {.user = "User", .server = "gw", .credential = Pap(sent)}),
                     "User");
    }
    for (const auto* other : {"cafe", "caf", "caf\xc3", "caf\xc3\xa8", "caf\xe8"}) {
      ExpectRejected(Verify(users, {.user = "User", .server = "gw", .credential = Pap(other)}),
                     RejectReason::kWrongPassword);
    }
  }
}

TEST(Authenticate, ChapMd5NeedsThePassword) {
  ExpectAccepted(Login("User", ChapMd5("clientPass")), "User");
  ExpectRejected(Login("User", ChapMd5("wrong")), RejectReason::kWrongPassword);
  ExpectRejected(Login("Hashed", ChapMd5("clientPass")), RejectReason::kMethodImpossible);
}

TEST(Authenticate, ChapMd5ResponseIsBoundToIdentifierAndChallenge) {
  auto credential = std::get<ChapMd5Credential>(ChapMd5("clientPass"));
  credential.identifier = 8;
  ExpectRejected(Login("User", credential), RejectReason::kWrongPassword);
  credential.identifier = 7;
  credential.challenge.push_back(5);
  ExpectRejected(Login("User", credential), RejectReason::kWrongPassword);
}

TEST(Authenticate, OnlyMsChapV2HasAnAuthenticatorResponse) {
  EXPECT_FALSE(std::get<Accepted>(Login("User", Pap("clientPass"))).authenticator_response);
  EXPECT_FALSE(std::get<Accepted>(Login("User", ChapMd5("clientPass"))).authenticator_response);
}

TEST(Authenticate, UnknownUserIsRejectedWhateverTheMethod) {
  ExpectRejected(Login("nobody", Pap("clientPass")), RejectReason::kUnknownUser);
  ExpectRejected(Login("nobody", ChapMd5("clientPass")), RejectReason::kUnknownUser);
  ExpectRejected(Login("nobody", MsChapV2("nobody", "clientPass")), RejectReason::kUnknownUser);
}

// A login without an entry is checked against a constant, for the time's sake: that must let no one
// in who presents the constant.
TEST(Authenticate, DecoyPasswordOpensNothing) {
  constexpr std::string_view kDecoy = "correct horse battery staple";
  ExpectRejected(Login("nobody", Pap(kDecoy)), RejectReason::kUnknownUser);
  ExpectRejected(Login("nobody", MsChapV2("nobody", kDecoy)), RejectReason::kUnknownUser);
  ExpectRejected(Login("Hashed", ChapMd5(kDecoy)), RejectReason::kMethodImpossible);
  ExpectRejected(Login("User", Pap(kDecoy)), RejectReason::kWrongPassword);
}

TEST(Authenticate, UserWithoutAddressIsToldApartOnlyAfterTheRightPassword) {
  ExpectRejected(Login("Barred", Pap("clientPass")), RejectReason::kNoAddress);
  ExpectRejected(Login("Barred", Pap("wrong")), RejectReason::kWrongPassword);
}

TEST(Authenticate, EntryForEveryoneKeepsTheLoginsOwnName) {
  ExpectAccepted(Login("visitor", Pap("everybody"), "other"), "visitor");
  ExpectRejected(Login("visitor", Pap("everybody"), "gw"), RejectReason::kUnknownUser);
}

TEST(Authenticate, RealmIsStrippedOnDemandAndStaysInTheMsChapV2Hash) {
  const std::string name = "User@example.org";
  const auto log_in = [&](const NameRules& rules, const Credential& credential) {
    return Verify(Users(),
                  {.user = name, .server = "gw", .credential = credential, .names = rules});
  };
  const NameRules strip{.strip_realm = true};
  ExpectRejected(log_in({}, Pap("clientPass")), RejectReason::kUnknownUser);
  ExpectAccepted(log_in(strip, Pap("clientPass")), "User");
  ExpectAccepted(log_in(strip, MsChapV2(name, "clientPass")), "User");
  ExpectRejected(log_in(strip, MsChapV2("User", "clientPass")), RejectReason::kWrongPassword);
}

TEST(Authenticate, HostileNamesAreUnknown) {
  for (const std::string& name : {std::string(), std::string("*"), std::string(250, '\xFF'),
                                  std::string("\0User", 5), std::string("User\\")}) {
    ExpectRejected(Login(name, MsChapV2(name, "clientPass")), RejectReason::kUnknownUser);
  }
}

}  // namespace
}  // namespace sallyport::aaa
