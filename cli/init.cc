// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/init.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fmt/format.h>
#include <functional>
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
constexpr const char* kUsualFolder = "/etc/sallyport";

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

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// One between the dots of a host name (RFC 1123 §2.1).
bool IsLabel(std::string_view text) {
  const bool plain = std::ranges::all_of(
      text, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-'; });
  return plain && !text.empty() && text.size() <= 63 && !text.starts_with('-') &&
         !text.ends_with('-');
}

/// Not one whose last label is a number: that is a mistyped address.
bool IsHostName(std::string_view text) {
  if (text.size() > 253) return false;
  std::string_view last;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('.', begin), text.size());
    last = text.substr(begin, end - begin);
    if (!IsLabel(last)) return false;
    begin = end + 1;
  }
  return !std::ranges::all_of(last, IsDigit);
}

/// Networks whose addresses no host has: RFC 1122 §3.2.1.3, RFC 5771, RFC 1112 §4.
constexpr const char* kNoHosts[] = {"0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/3"};

bool IsOfHosts(const IpPrefix& network) {
  return std::ranges::none_of(kNoHosts, [&](const char* text) {
    const auto none = IpPrefix::Parse(text);
    return none->Contains(network.address) || network.Contains(none->address);
  });
}

bool IsServer(std::string_view text) {
  const auto address = IpAddress::Parse(text);
  if (!address) return IsHostName(text);
  return address->is_v6() || IsOfHosts({.address = *address, .length = 32});
}

std::string FirstLine(const std::string& text) {
  std::string line = text.substr(0, text.find('\n'));
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

/// Those in a file of resolv.conf(5) that clients of this machine can reach too.
std::string NameServersIn(const InitWorld& world, const std::string& file) {
  std::istringstream lines(world.read(file).value_or(""));
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

/// Behind systemd-resolved's stub are those that it asks itself (resolved.conf(5)).
std::string UsualDns(const InitWorld& world) {
  const std::string usual = NameServersIn(world, "/etc/resolv.conf");
  return usual.empty() ? NameServersIn(world, "/run/systemd/resolve/resolv.conf") : usual;
}

// ---- What an answer has to be: what is wrong with it, or nothing --------------------------------

std::string CheckPool(const std::string& text, const std::vector<std::optional<IpAddress>>& ours) {
  const auto pool = IpPrefix::Parse(text);
  if (!pool || !pool->address.is_v4() || pool->length > kLongestPool ||
      pool->length < kShortestPool || !IsOfHosts(*pool)) {
    return fmt::format("\"{}\" is no IPv4 network for hosts, like {}, of /{} to /{}", text,
                       kDefaultPool, kShortestPool, kLongestPool);
  }
  for (const auto& address : ours) {
    if (!address || !pool->Contains(*address)) continue;
    return fmt::format("{} has the address of this server, {}: take a network that nobody uses",
                       text, address->ToString());
  }
  return {};
}

/// Nothing for a list that will not do.
std::optional<std::vector<IpAddress>> DnsOf(const std::string& text) {
  std::vector<IpAddress> dns;
  if (text == "none") return dns;
  std::istringstream servers(text);
  for (std::string server; std::getline(servers, server, ',');) {
    const auto address = IpAddress::Parse(server);
    if (!address || !address->is_v4() || dns.size() == kMaxDns) return {};
    dns.push_back(*address);
  }
  return dns;
}

std::string CheckServer(const std::string& text) {
  if (text.empty()) return "this machine has no address of its own: give --address";
  if (IsServer(text)) return {};
  return fmt::format("\"{}\" is neither an address of a host nor a host name", text);
}

/// In the users file "*" would mean everybody, and "@/..." another file.
std::string CheckUser(const std::string& text) {
  if (IsPlain(text, false) && text != "*") return {};
  return fmt::format("\"{}\": a user's name is printable, in ASCII, has no blanks and is not *",
                     text);
}

std::string CheckPassword(const std::string& text) {
  if (IsPassword(text)) return {};
  return "a password is not empty, printable, in ASCII, without quotation marks and without blanks "
         "at its ends, and does not begin with @";
}

/// As a file 0x and 0s would be other ways to write a key, which clients do not have.
std::string CheckPsk(const std::string& text) {
  if (IsPlain(text, false) && !text.starts_with("0x") && !text.starts_with("0s")) return {};
  return "a pre-shared key that users can type is not empty, printable, in ASCII, has no blanks "
         "and does not begin with 0x or 0s";
}

/// Answers come from the command line, from somebody who is asked, or are the suggestions.
class Interview {
 public:
  Interview(const InitCommand& command, const InitWorld& world)
      : command_(command), world_(world) {}

  Expected<Answers, Mistake> Hold() {
    CheckCommand();
    Answers answers;
    answers.account.connection = command_.name;
    answers.account.server =
        Answer(command_.address,
               {.text = "Address or name that clients dial",
                .suggestion = world_.own_address ? world_.own_address->ToString() : ""},
               CheckServer);
    const std::vector<std::optional<IpAddress>> ours{IpAddress::Parse(answers.account.server),
                                                     world_.own_address};
    const std::string pool =
        Answer(command_.pool, {.text = "Addresses for clients", .suggestion = kDefaultPool},
               [&ours](const std::string& text) { return CheckPool(text, ours); });
    const std::string dns =
        Answer(command_.dns,
               {.text = "Name servers for clients, or \"none\"", .suggestion = UsualDns(world_)},
               [this](const std::string& text) {
                 // Who is asked says so, if clients are to resolve nothing.
                 const bool no_answer = text.empty() && world_.ask;
                 if (DnsOf(text) && !no_answer) return std::string();
                 return fmt::format("\"{}\" is no list of at most two IPv4 addresses", text);
               });
    answers.account.user = Answer(
        command_.user, {.text = "Name of the first user", .suggestion = kDefaultUser}, CheckUser);
    answers.account.password = SecretFrom(command_.password_file, "Password (empty: one is made)",
                                          kPasswordLength, CheckPassword);
    answers.account.psk =
        SecretFrom(command_.psk_file, "Pre-shared key (empty: one is made)", kPskLength, CheckPsk);
    if (!mistake_.empty()) return Unexpected{Mistake{mistake_}};
    answers.pool = *IpPrefix::Parse(pool);
    answers.dns = *DnsOf(dns);
    return answers;
  }

 private:
  using Checker = std::function<std::string(const std::string& answer)>;

  void Wrong(std::string text) {
    if (mistake_.empty()) mistake_ = std::move(text);
  }

  /// Before anybody is asked.
  void CheckCommand() {
    if (!IsPlain(command_.name, true)) Wrong("the connection's name is printable");
    for (const std::string& folder : {command_.folder, command_.settings}) {
      if (folder.empty() || IsFolder(folder)) continue;
      Wrong(fmt::format("\"{}\" is no absolute path without quotation marks", folder));
    }
  }

  std::string Answer(const std::string& given, Question question, const Checker& check) {
    if (!mistake_.empty()) return {};
    if (!given.empty() || !world_.ask) {
      std::string answer = given.empty() ? question.suggestion : given;
      if (std::string complaint = check(answer); !complaint.empty()) Wrong(std::move(complaint));
      return answer;
    }
    while (true) {
      auto answer = world_.ask(question);
      if (!answer) {
        Wrong("the input has ended; nothing was written");
        return {};
      }
      if (answer->empty()) answer = question.suggestion;
      question.complaint = check(*answer);
      if (question.complaint.empty()) return *std::move(answer);
    }
  }

  std::string SecretFrom(const std::string& file, const std::string& question, size_t length,
                         const Checker& check) {
    if (!file.empty()) {
      const auto text = world_.read(file);
      if (!text) Wrong(fmt::format("cannot read {}", file));
      std::string secret = FirstLine(text.value_or(""));
      if (std::string complaint = check(secret); !complaint.empty()) {
        Wrong(fmt::format("{}: {}", file, complaint));
      }
      return secret;
    }
    std::string answer = Answer(
        {}, {.text = question, .suggestion = {}, .hidden = true},
        [&check](const std::string& text) { return text.empty() ? std::string() : check(text); });
    return answer.empty() ? RandomWord(length, world_) : answer;
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
  return {{.path = folder + "/sallyport.toml", .text = ConfigurationText(answers, folder)},
          {.path = folder + "/psk", .text = account.psk + '\n'},
          {.path = folder + "/users",
           .text = fmt::format("# client  server  secret  addresses; more: man sallyport.toml\n"
                               "# Mode 0640, of root and group sallyport.\n"
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

std::string ToText(const Answers& answers, const std::string& folder,
                   const std::vector<File>& files, const std::vector<ClientSettings>& settings) {
  std::string text = "Written:\n";
  for (const File& file : files) text += "  " + file.path + '\n';
  for (const ClientSettings& one : settings) {
    text += fmt::format("\n---- {} ({}) ----\n{}", one.system, one.file, one.text);
  }
  // Last, where a terminal shows it.
  text +=
      "\nNext:\n"
      "  sysctl -w net.ipv4.ip_forward=1     # and in /etc/sysctl.d, to last\n"
      "  the firewall: let in UDP 500, UDP 4500, ESP and what comes out of ESP (README)\n"
      "  systemctl enable strongswan && systemctl restart strongswan\n";
  text += folder == kUsualFolder ? "  sallyport config check && systemctl enable --now sallyportd\n"
                                 : fmt::format(
                                       "  sallyport config check {0}/sallyport.toml\n"
                                       "  sallyportd --config {0}/sallyport.toml\n",
                                       folder);
  text += "  sallyport doctor                    # charon, kernel, forwarding\n";
  if (answers.dns.empty()) text += "  clients get no name servers: see ppp.dns\n";
  text += fmt::format("  hosts behind this server need a route to {}, or it masquerades it\n",
                      answers.pool.ToString());
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
  // Before anybody answers six questions.
  if (const auto failure = Obstacle(FilesOf({}, command.folder), command.force, world);
      !failure.empty()) {
    return {.code = ExitCode::kFailed, .out = {}, .error = failure};
  }
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
                      : ToText(*answers, command.folder, files,
                               shown ? settings : std::vector<ClientSettings>()),
          .error = {}};
}

}  // namespace sallyport::cli
