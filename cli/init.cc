// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/init.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string_view>

#include "cli/client_settings.h"

namespace sallyport::cli {
namespace {

/// Lower case and digits without those that are mistaken for each other; easy to type on a phone.
constexpr std::string_view kAlphabet = "abcdefghjkmnpqrstuvwxyz23456789";
/// 24 of them have 118 bits, 16 have 79. Local policy.
constexpr size_t kPskLength = 24;
constexpr size_t kPasswordLength = 16;
constexpr size_t kMaxDns = 2;         // RFC 1877 §1
constexpr uint8_t kLongestPool = 30;  // two hosts: ours and one client's
constexpr uint8_t kShortestPool = 8;  // aaa::AddressRange::kMaxSize
constexpr const char* kDefaultPool = "10.64.0.0/16";
constexpr const char* kDefaultUser = "alice";

/// What is wrong with an answer; the program says so and ends.
struct Mistake {
  std::string text;
};

struct Answers {
  ClientAccount account;
  IpPrefix pool;
  std::vector<IpAddress> dns;
};

std::string RandomWord(size_t length, const InitWorld& world) {
  // Octets past the last whole alphabet would make its first letters likelier.
  constexpr size_t kUsable = 256 / kAlphabet.size() * kAlphabet.size();
  std::string word;
  while (word.size() < length) {
    for (const char c : world.random(length)) {
      const auto octet = static_cast<uint8_t>(c);
      if (octet < kUsable && word.size() < length) word += kAlphabet[octet % kAlphabet.size()];
    }
  }
  return word;
}

/// Printable ASCII, as every client can be given it; blanks only with `blanks`.
bool IsPlain(std::string_view text, bool blanks) {
  return !text.empty() && text.size() <= 128 && std::ranges::all_of(text, [blanks](char c) {
    return (c > ' ' && c < '\x7F') || (blanks && c == ' ');
  });
}

bool IsPassword(std::string_view text) {
  return IsPlain(text, true) && text.find('"') == text.npos && !text.starts_with('@') &&
         !text.starts_with(' ') && !text.ends_with(' ');
}

/// Absolute, and as it is in TOML's quotes.
bool IsFolder(std::string_view text) {
  return text.starts_with('/') && IsPlain(text, true) && text.find_first_of("\"\\") == text.npos;
}

bool IsServer(std::string_view text) {
  return IpAddress::Parse(text) || (IsPlain(text, false) && std::ranges::all_of(text, [](char c) {
                                      return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                                             c == '.' || c == '-';
                                    }));
}

std::string FirstLine(const std::string& text) {
  std::string line = text.substr(0, text.find('\n'));
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

/// Name servers of this machine that its clients can reach too.
std::string UsualDns(const InitWorld& world) {
  std::istringstream lines(world.read("/etc/resolv.conf").value_or(""));
  std::string usual;
  size_t count = 0;
  for (std::string line; std::getline(lines, line) && count < kMaxDns;) {
    std::istringstream words(line);
    std::string keyword;
    std::string server;
    if (!(words >> keyword >> server) || keyword != "nameserver") continue;
    const auto address = IpAddress::Parse(server);
    if (!address || !address->is_v4() || server.starts_with("127.")) continue;
    usual += (usual.empty() ? "" : ",") + server;
    ++count;
  }
  return usual;
}

/// Answers come from the command line, from somebody who is asked, or are the suggestions.
class Interview {
 public:
  Interview(const InitCommand& command, const InitWorld& world)
      : command_(command), world_(world) {}

  Expected<Answers, Mistake> Hold() {
    Answers answers;
    answers.account.connection = command_.name;
    answers.account.server = Answer(command_.address, "Address or name that clients dial",
                                    world_.own_address ? world_.own_address->ToString() : "");
    SetPool(Answer(command_.pool, "Addresses for clients", kDefaultPool), answers);
    SetDns(Answer(command_.dns, "Name servers for clients, or \"none\"", UsualDns(world_)),
           answers);
    answers.account.user = Answer(command_.user, "Name of the first user", kDefaultUser);
    answers.account.password =
        SecretFrom(command_.password_file, "Password (empty: one is made)", kPasswordLength);
    answers.account.psk =
        SecretFrom(command_.psk_file, "Pre-shared key (empty: one is made)", kPskLength);
    Check(answers.account);
    if (!mistake_.empty()) return Unexpected{Mistake{mistake_}};
    return answers;
  }

 private:
  void Wrong(std::string text) {
    if (mistake_.empty()) mistake_ = std::move(text);
  }

  std::string Answer(const std::string& given, const std::string& question,
                     const std::string& suggestion) {
    if (!given.empty() || !mistake_.empty()) return given;
    if (!world_.ask) return suggestion;
    const auto answer = world_.ask(question, suggestion);
    if (!answer) Wrong("the input has ended; nothing was written");
    return answer && !answer->empty() ? *answer : suggestion;
  }

  std::string SecretFrom(const std::string& file, const std::string& question, size_t length) {
    if (file.empty()) {
      std::string answer = Answer({}, question, {});
      return answer.empty() ? RandomWord(length, world_) : answer;
    }
    const auto text = world_.read(file);
    if (!text) Wrong(fmt::format("cannot read {}", file));
    return FirstLine(text.value_or(""));
  }

  void SetPool(const std::string& text, Answers& answers) {
    const auto pool = IpPrefix::Parse(text);
    if (!pool || !pool->address.is_v4() || pool->length > kLongestPool ||
        pool->length < kShortestPool) {
      return Wrong(fmt::format("\"{}\" is no IPv4 network like {} of /{} to /{}", text,
                               kDefaultPool, kShortestPool, kLongestPool));
    }
    answers.pool = *pool;
  }

  void SetDns(const std::string& text, Answers& answers) {
    if (text == "none") return;
    std::istringstream servers(text);
    for (std::string server; std::getline(servers, server, ',');) {
      const auto address = IpAddress::Parse(server);
      if (!address || !address->is_v4() || answers.dns.size() == kMaxDns) {
        return Wrong(fmt::format("\"{}\" is no list of at most two IPv4 addresses", text));
      }
      answers.dns.push_back(*address);
    }
  }

  void Check(const ClientAccount& account) {
    if (account.server.empty()) Wrong("this machine has no address of its own: give --address");
    if (!IsServer(account.server)) {
      Wrong(fmt::format("\"{}\" is neither an address nor a host name", account.server));
    }
    // In the users file "*" would mean everybody, and "@/..." another file.
    if (!IsPlain(account.user, false) || account.user == "*") {
      Wrong("a user's name is printable, has no blanks and is not *");
    }
    if (!IsPassword(account.password)) {
      Wrong(
          "a password is printable, in ASCII, without quotation marks and without blanks at its "
          "ends, and does not begin with @");
    }
    // As a file 0x and 0s would be other ways to write a key, which clients do not have.
    if (!IsPlain(account.psk, false) || account.psk.starts_with("0x") ||
        account.psk.starts_with("0s")) {
      Wrong(
          "a pre-shared key that users can type is printable, has no blanks and does not begin "
          "with 0x or 0s");
    }
    if (!IsPlain(account.connection, true)) Wrong("the connection's name is printable");
    for (const std::string& folder : {command_.folder, command_.settings}) {
      if (folder.empty() || IsFolder(folder)) continue;
      Wrong(fmt::format("\"{}\" is no absolute path without quotation marks", folder));
    }
  }

  const InitCommand& command_;
  const InitWorld& world_;
  std::string mistake_;
};

/// The users file quotes as pppd does: a backslash takes the next character as it is.
std::string QuotedWord(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::string ConfigurationText(const Answers& answers, const std::string& folder) {
  const auto octets = answers.pool.address.bytes();
  uint32_t network = 0;
  for (const uint8_t octet : octets) network = network << 8 | octet;
  std::string dns;
  for (const IpAddress& server : answers.dns) {
    dns += fmt::format("{}\"{}\"", dns.empty() ? "" : ", ", server.ToString());
  }
  return fmt::format(
      "# Made by \"sallyport init\". Every key, with its default: \"sallyport config explain\", "
      "or\n"
      "# sallyport.toml(5).\n\n"
      "[ipsec]\npsk_file = \"{folder}/psk\"\n\n"
      "[ppp]\nusers_file = \"{folder}/users\"\ndns = [{dns}]\n\n"
      "[[pool]]\nranges = [\"{pool}\"]\ngateway = \"{gateway}\"  # our address in every session\n",
      fmt::arg("folder", folder), fmt::arg("dns", dns), fmt::arg("pool", answers.pool.ToString()),
      fmt::arg("gateway", IpAddress::V4(network + 1).ToString()));
}

struct File {
  std::string path;
  std::string text;
  bool for_daemon = true;
};

std::vector<File> FilesOf(const Answers& answers, const std::string& folder) {
  const ClientAccount& account = answers.account;
  return {
      {.path = folder + "/sallyport.toml", .text = ConfigurationText(answers, folder)},
      {.path = folder + "/psk", .text = account.psk + '\n'},
      {.path = folder + "/users",
       .text = fmt::format("# client  server  secret  addresses; more in docs/configuration.md\n"
                           "{} * {} *\n",
                           QuotedWord(account.user), QuotedWord(account.password))}};
}

std::string Backup(const File& file) { return file.path + ".bak"; }
std::string Fresh(const File& file) { return file.path + ".new"; }

/// What keeps the files from being written; nothing is touched.
std::string Obstacle(const std::vector<File>& files, bool force, const InitWorld& world) {
  for (const File& file : files) {
    const bool there = world.exists(file.path);
    if (there && !force) {
      return fmt::format("{} is there already; --force replaces it and keeps it as {}", file.path,
                         Backup(file));
    }
    for (const std::string& other : {Fresh(file), there ? Backup(file) : std::string()}) {
      if (other.empty() || !world.exists(other)) continue;
      return fmt::format("{} is there already, from an earlier time: move it away", other);
    }
  }
  return {};
}

/// Writes all beside what is there, and only then takes its place. Why not, or nothing.
std::string Write(const std::vector<File>& files, bool force, const InitWorld& world) {
  if (auto obstacle = Obstacle(files, force, world); !obstacle.empty()) return obstacle;
  for (const File& file : files) {
    if (auto failure = world.write(Fresh(file), file.text, file.for_daemon); !failure.empty()) {
      for (const File& written : files) world.remove(Fresh(written));
      return failure;
    }
  }
  for (const File& file : files) {
    std::string failure;
    if (world.exists(file.path)) failure = world.rename(file.path, Backup(file));
    if (failure.empty()) failure = world.rename(Fresh(file), file.path);
    if (!failure.empty()) return failure;
  }
  return {};
}

std::string ToText(const Answers& answers, const std::vector<File>& files,
                   const std::vector<ClientSettings>& settings) {
  std::string text = "Written:\n";
  for (const File& file : files) text += "  " + file.path + '\n';
  text +=
      "\nNext:\n"
      "  systemctl enable strongswan && systemctl restart strongswan\n"
      "  sallyport config check && systemctl enable --now sallyportd\n"
      "  sallyport doctor        # charon, kernel, forwarding\n";
  if (answers.dns.empty()) text += "  clients get no name servers: see ppp.dns\n";
  text += fmt::format("  hosts behind this server need a route to {}, or it masquerades it\n",
                      answers.pool.ToString());
  for (const ClientSettings& one : settings) {
    text += fmt::format("\n---- {} ({}) ----\n{}", one.system, one.file, one.text);
  }
  return text;
}

std::string ToJson(const Answers& answers, const std::vector<File>& files,
                   const std::vector<ClientSettings>& settings) {
  const ClientAccount& account = answers.account;
  nlohmann::ordered_json json{{"server", account.server},
                              {"psk", account.psk},
                              {"user", account.user},
                              {"password", account.password},
                              {"pool", answers.pool.ToString()},
                              {"files", nlohmann::ordered_json::array()},
                              {"settings", nlohmann::ordered_json::array()}};
  for (const File& file : files) json["files"].push_back(file.path);
  for (const ClientSettings& one : settings) {
    json["settings"].push_back({{"system", one.system}, {"file", one.file}, {"text", one.text}});
  }
  return json.dump() + '\n';
}

}  // namespace

Outcome RunInit(const InitCommand& command, bool json, const InitWorld& world) {
  const auto answers = Interview(command, world).Hold();
  if (!answers) return {.code = ExitCode::kUsage, .out = {}, .error = answers.error().text};
  const auto settings =
      SettingsFor(answers->account, {RandomUuid(world.random(16)), RandomUuid(world.random(16))});
  std::vector<File> files = FilesOf(*answers, command.folder);
  if (!command.settings.empty()) {
    for (const ClientSettings& one : settings) {
      files.push_back(
          {.path = command.settings + '/' + one.file, .text = one.text, .for_daemon = false});
    }
  }
  if (const auto failure = Write(files, command.force, world); !failure.empty()) {
    return {.code = ExitCode::kFailed, .out = {}, .error = failure};
  }
  const bool shown = command.settings.empty();
  return {.code = ExitCode::kDone,
          .out = json ? ToJson(*answers, files, settings)
                      : ToText(*answers, files, shown ? settings : std::vector<ClientSettings>()),
          .error = {}};
}

}  // namespace sallyport::cli
