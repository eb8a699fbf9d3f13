// SPDX-License-Identifier: GPL-2.0-or-later
#include "aaa/users_file.h"

#include <map>
#include <span>
#include <utility>

#include "aaa/address_range.h"
#include "base/text.h"

namespace sallyport::aaa {
namespace {

// pppd reads the secret from the file named after "@" (pppd/auth.c, scan_authfile()).
constexpr std::string_view kSecretInFile = "@/";
constexpr std::string_view kNtHashPrefix = "nt:";
constexpr size_t kNtHashSize = 16;  // octets, RFC 2759 §8.3
constexpr std::string_view kAny = "*";
constexpr std::string_view kNoAddress = "-";
constexpr std::string_view kOptionsFollow = "--";

using Failure = Unexpected<UsersFileError>;

Failure Fail(TextPosition position, std::string_view field, std::string_view found,
             std::string_view expected) {
  return {UsersFileError{.position = position,
                         .field = std::string(field),
                         .found = std::string(found),
                         .expected = std::string(expected)}};
}

class UsersFileParser {
 public:
  explicit UsersFileParser(std::string_view text) : words_(text) {}

  Expected<std::vector<UserEntry>, std::vector<UsersFileError>> Parse() && {
    while (!words_.at_end() && errors_.size() < kMaxUsersFileErrors) {
      auto entry = ReadEntry();
      if (!entry) {
        errors_.push_back(entry.error());
      } else if (*entry) {
        entries_.push_back(*std::move(*entry));
      }
      words_.SkipLine();
    }
    if (!errors_.empty()) return Unexpected{std::move(errors_)};
    return std::move(entries_);
  }

 private:
  /// The entry of one line; nothing for an empty one.
  Expected<std::optional<UserEntry>, UsersFileError> ReadEntry() {
    const auto client_word = words_.Next("client");
    if (!client_word) return Unexpected{client_word.error()};
    if (!*client_word) return std::optional<UserEntry>();
    UserEntry entry;
    entry.line = (*client_word)->position.line;
    auto client = NameIn(**client_word, "client");
    if (!client) return Unexpected{client.error()};
    entry.client = *std::move(client);

    const auto server_word = Required("server", "our name, or *");
    if (!server_word) return Unexpected{server_word.error()};
    auto server = NameIn(*server_word, "server");
    if (!server) return Unexpected{server.error()};
    entry.server = *std::move(server);

    const auto secret_word = Required("secret", "a password, or nt: and a hash");
    if (!secret_word) return Unexpected{secret_word.error()};
    auto secret = SecretIn(*secret_word);
    if (!secret) return Unexpected{secret.error()};
    entry.secret = *std::move(secret);

    auto profile = ReadAddresses();
    if (!profile) return Unexpected{profile.error()};
    entry.profile = *std::move(profile);
    if (const auto unique = CheckUnique(entry, (*client_word)->position); !unique) {
      return Unexpected{unique.error()};
    }
    return std::optional(std::move(entry));
  }

  Expected<Word, UsersFileError> Required(std::string_view field, std::string_view expected) {
    const TextPosition end_of_last = words_.position();
    auto word = words_.Next(field);
    if (!word) return Unexpected{word.error()};
    if (!*word) return Fail(end_of_last, field, "the end of the line", expected);
    return **std::move(word);
  }

  static Expected<std::optional<std::string>, UsersFileError> NameIn(const Word& word,
                                                                     std::string_view field) {
    const std::string_view name = word.text.text();
    // pppd takes "*" in quotes for the wildcard as well.
    if (name == kAny) return std::optional<std::string>();
    if (name.empty()) return Fail(word.position, field, "an empty name", "a name, or *");
    if (name.size() > kMaxNameSize) {
      return Fail(word.position, field, "a name of more than 255 octets", "a shorter one");
    }
    return std::optional(std::string(name));
  }

  static Expected<UserSecret, UsersFileError> SecretIn(const Word& word) {
    const std::string_view text = word.text.text();
    if (text.empty()) return Fail(word.position, "secret", "an empty secret", "a password");
    if (text.starts_with(kSecretInFile)) {
      return Fail(word.position, "secret", "a secret that is kept in another file (@/...)",
                  "the secret itself");
    }
    if (!word.literal || !text.starts_with(kNtHashPrefix)) return UserSecret(word.text);
    auto hash = FromHex(text.substr(kNtHashPrefix.size()));
    if (!hash || hash->size() != kNtHashSize) {
      return Fail(word.position, "secret", "nt: without a hash",
                  "32 hexadecimal digits after nt:, or quotes around a password that begins so");
    }
    UserSecret secret{crypto::PasswordHash(std::span(*hash).first<kNtHashSize>())};
    WipeBytes(*hash);
    return secret;
  }

  /// The words from the fourth on.
  Expected<UserProfile, UsersFileError> ReadAddresses() {
    UserProfile profile;
    bool complete = false;  // `*` or `-` was read
    while (true) {
      const auto word = words_.Next("address");
      if (!word) return Unexpected{word.error()};
      if (!*word) return profile;
      const std::string_view text = (*word)->text.text();
      const TextPosition position = (*word)->position;
      if (text == kOptionsFollow) return SkipOptions(std::move(profile));
      if (complete) {
        return Fail(position, "address", "a word after * or -", "the end of the line, or --");
      }
      if (text == kAny || text == kNoAddress) {
        if (!profile.addresses.empty()) {
          return Fail(position, "address", "* or - after an address", "another address, or --");
        }
        profile.address_rule = text == kAny ? AddressRule::kPool : AddressRule::kNone;
        complete = true;
        continue;
      }
      const auto address = IpAddress::Parse(text);
      if (!address || !IsAssignable(*address)) {
        return Fail(position, "address", "a word that is no IPv4 address of a host",
                    "an IPv4 address, *, - or -- (quotes around a secret that holds blanks)");
      }
      profile.address_rule = AddressRule::kListed;
      profile.addresses.push_back(*address);
    }
  }

  Expected<UserProfile, UsersFileError> SkipOptions(UserProfile profile) {
    while (true) {
      const auto word = words_.Next("option");
      if (!word) return Unexpected{word.error()};
      if (!*word) return profile;
    }
  }

  /// pppd would take the first of two and never say that the second does nothing.
  Expected<void, UsersFileError> CheckUnique(const UserEntry& entry, TextPosition position) {
    const auto [known, inserted] = lines_.try_emplace({entry.client, entry.server}, entry.line);
    if (inserted) return {};
    return Fail(position, "client",
                "the client and server of line " + std::to_string(known->second) + " again",
                "one entry for each client and server");
  }

  WordReader words_;
  std::vector<UserEntry> entries_;
  std::vector<UsersFileError> errors_;
  std::map<std::pair<std::optional<std::string>, std::optional<std::string>>, unsigned> lines_;
};

}  // namespace

Expected<std::vector<UserEntry>, std::vector<UsersFileError>> ParseUsersFile(
    std::string_view text) {
  return UsersFileParser(text).Parse();
}

}  // namespace sallyport::aaa
