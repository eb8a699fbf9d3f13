// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/init.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <nlohmann/json.hpp>
#include <vector>

namespace sallyport::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class InitTest : public testing::Test {
 protected:
  struct Written {
    std::string text;
    bool for_daemon;
  };

  InitWorld World() {
    return {.ask = ask_,
            .random = [](size_t octets) { return std::string(octets, '\x01'); },
            .read = [this](const std::string& path) -> std::optional<std::string> {
              const auto found = disk_.find(path);
              return found == disk_.end() ? std::nullopt : std::optional(found->second);
            },
            .exists = [this](const std::string& path) { return disk_.contains(path); },
            .rename = [this](const std::string& from, const std::string& to) -> std::string {
              disk_[to] = disk_[from];
              disk_.erase(from);
              return {};
            },
            .remove = [this](const std::string& path) { disk_.erase(path); },
            .write = [this](const std::string& path, const std::string& text,
                            bool for_daemon) -> std::string {
              if (path == unwritable_ + ".new") return "no room";
              disk_[path] = text;
              written_[path.substr(0, path.size() - 4)] = {text, for_daemon};
              return {};
            },
            .own_address = own_};
  }
  Outcome Init(bool json = false) { return RunInit(command_, json, World()); }

  InitCommand command_;
  std::function<std::optional<std::string>(const Question&)> ask_;
  std::map<std::string, std::string> disk_;
  std::map<std::string, Written> written_;
  std::string unwritable_;
  std::optional<IpAddress> own_ = IpAddress::Parse("192.0.2.7");
};

TEST_F(InitTest, WithNobodyToAsk_SuggestionsAreTaken) {
  disk_["/etc/resolv.conf"] =
      "search x\nnameserver 127.0.0.53\nnameserver 192.0.2.53\nnameserver 2001:db8::53\n";
  const Outcome outcome = Init();
  EXPECT_EQ(outcome.code, ExitCode::kDone) << outcome.error;
  const std::string& config = written_["/etc/sallyport/sallyport.toml"].text;
  EXPECT_THAT(config, HasSubstr("psk_file = \"/etc/sallyport/psk\""));
  EXPECT_THAT(config, HasSubstr("dns = [\"192.0.2.53\"]"));
  EXPECT_THAT(config, HasSubstr("ranges = [\"10.64.0.0/16\"]\ngateway = \"10.64.0.1\""));
  EXPECT_EQ(written_["/etc/sallyport/psk"].text, std::string(24, 'b') + '\n');
  EXPECT_THAT(written_["/etc/sallyport/users"].text,
              HasSubstr("\"alice\" * \"bbbbbbbbbbbbbbbb\" *"));
  EXPECT_THAT(outcome.out, HasSubstr("-ServerAddress '192.0.2.7'"));
  for (const auto& [path, file] : written_) EXPECT_TRUE(file.for_daemon) << path;
}

TEST_F(InitTest, BehindALocalStub_ItsOwnNameServersAreSuggested) {
  disk_["/etc/resolv.conf"] = "nameserver 127.0.0.53\n";
  disk_["/run/systemd/resolve/resolv.conf"] = "# resolved's\nnameserver 192.0.2.9\n";
  ASSERT_EQ(Init().code, ExitCode::kDone);
  EXPECT_THAT(written_["/etc/sallyport/sallyport.toml"].text, HasSubstr("dns = [\"192.0.2.9\"]"));
}

TEST_F(InitTest, OneWhoIsAsked_Answers) {
  const std::vector<std::string> answers{"vpn.example.org", "10.1.0.0/24", "none", "bob", "",
                                         "secret"};
  std::vector<std::string> suggestions;
  std::string hidden;
  ask_ = [&, next = size_t{0}](const Question& question) mutable -> std::optional<std::string> {
    suggestions.push_back(question.suggestion);
    hidden += question.hidden ? 'x' : '-';
    return answers.at(next++);
  };
  const Outcome outcome = Init();
  ASSERT_EQ(outcome.code, ExitCode::kDone) << outcome.error;
  EXPECT_THAT(suggestions, ElementsAre("192.0.2.7", "10.64.0.0/16", "", "alice", "", ""));
  EXPECT_EQ(hidden, "----xx");
  EXPECT_EQ(written_["/etc/sallyport/psk"].text, "secret\n");
  EXPECT_THAT(written_["/etc/sallyport/sallyport.toml"].text, HasSubstr("dns = []"));
  EXPECT_THAT(written_["/etc/sallyport/users"].text, HasSubstr("\"bob\" * \"bbbbbbbbbbbbbbbb\""));
}

TEST_F(InitTest, OneWhoErrs_IsToldAndAskedAgain) {
  const std::vector<std::string> answers{
      "two words", "vpn.example.org", "192.0.2.0/24", "10.1.0.0/24", "", "none", "bob", "\"", "",
      ""};
  std::vector<std::string> complaints;
  ask_ = [&, next = size_t{0}](const Question& question) mutable -> std::optional<std::string> {
    if (!question.complaint.empty()) complaints.push_back(question.complaint);
    return answers.at(next++);
  };
  const Outcome outcome = Init();
  ASSERT_EQ(outcome.code, ExitCode::kDone) << outcome.error;
  EXPECT_THAT(complaints, ElementsAre(HasSubstr("neither an address"),
                                      HasSubstr("has the address of this server, 192.0.2.7"),
                                      HasSubstr("no list of at most two IPv4 addresses"),
                                      HasSubstr("quotation marks")));
}

TEST_F(InitTest, WhereAFileIsThere_NobodyIsAsked) {
  disk_["/etc/sallyport/psk"] = "key\n";
  ask_ = [](const Question&) -> std::optional<std::string> {
    ADD_FAILURE();
    return {};
  };
  EXPECT_THAT(Init().error, HasSubstr("/etc/sallyport/psk is there already"));
}

TEST_F(InitTest, AnEndOfTheInput_WritesNothing) {
  ask_ = [](const Question&) { return std::nullopt; };
  EXPECT_EQ(Init().code, ExitCode::kUsage);
  EXPECT_THAT(written_, IsEmpty());
}

TEST_F(InitTest, EachWrongAnswer_IsNamedAndWritesNothing) {
  const auto wrong = [this](std::string InitCommand::*option, const std::string& value) {
    command_ = {};
    command_.*option = value;
    const Outcome outcome = Init();
    EXPECT_EQ(outcome.code, ExitCode::kUsage) << value;
    return outcome.error;
  };
  EXPECT_THAT(wrong(&InitCommand::address, "two words"),
              HasSubstr("neither an address of a host nor"));
  for (const char* address : {"999.1.1.1", "0.0.0.0", "127.0.0.1", "224.0.0.1", "vpn..org", "-x-",
                              "vpn.example.org.", "192.0.2"}) {
    EXPECT_THAT(wrong(&InitCommand::address, address), HasSubstr("nor a host name"));
  }
  for (const char* pool : {"10.64.0.1/16", "127.0.0.0/8", "0.0.0.0/8", "240.0.0.0/8"}) {
    EXPECT_THAT(wrong(&InitCommand::pool, pool), HasSubstr("no IPv4 network"));
  }
  EXPECT_THAT(wrong(&InitCommand::pool, "192.0.2.0/24"), HasSubstr("the address of this server"));
  EXPECT_THAT(wrong(&InitCommand::pool, "10.64.0.0/31"), HasSubstr("no IPv4 network"));
  EXPECT_THAT(wrong(&InitCommand::pool, "2001:db8::/64"), HasSubstr("no IPv4 network"));
  EXPECT_THAT(wrong(&InitCommand::dns, "192.0.2.1,192.0.2.2,192.0.2.3"), HasSubstr("at most two"));
  EXPECT_THAT(wrong(&InitCommand::user, "a b"), HasSubstr("no blanks"));
  EXPECT_THAT(wrong(&InitCommand::user, "*"), HasSubstr("is not *"));
  disk_["/empty"] = "\n";
  EXPECT_THAT(wrong(&InitCommand::psk_file, "/empty"), HasSubstr("/empty: a pre-shared key"));
  EXPECT_THAT(wrong(&InitCommand::folder, "etc"), HasSubstr("no absolute path"));
  EXPECT_THAT(wrong(&InitCommand::folder, "/etc/\""), HasSubstr("no absolute path"));
  disk_["/other"] = "@/etc/passwd\n";
  EXPECT_THAT(wrong(&InitCommand::password_file, "/other"), HasSubstr("does not begin with @"));
  EXPECT_THAT(wrong(&InitCommand::psk_file, "/missing"), HasSubstr("cannot read /missing"));
  disk_["/psk"] = "0x1234\n";
  EXPECT_THAT(wrong(&InitCommand::psk_file, "/psk"), HasSubstr("does not begin with 0x"));
  disk_["/password"] = "say \"please\"\n";
  EXPECT_THAT(wrong(&InitCommand::password_file, "/password"), HasSubstr("quotation marks"));
  own_.reset();
  command_ = {};
  EXPECT_THAT(Init().error, HasSubstr("give --address"));
  EXPECT_THAT(written_, IsEmpty());
}

TEST_F(InitTest, WhatIsThere_IsReplacedByForceOnly) {
  disk_["/etc/sallyport/users"] = "bob * builder *\n";
  const Outcome refused = Init();
  EXPECT_EQ(refused.code, ExitCode::kFailed);
  EXPECT_THAT(refused.error, HasSubstr("/etc/sallyport/users is there already; --force"));
  EXPECT_THAT(written_, IsEmpty());
  command_.force = true;
  EXPECT_EQ(Init().code, ExitCode::kDone);
  EXPECT_EQ(disk_["/etc/sallyport/users.bak"], "bob * builder *\n");
  EXPECT_THAT(disk_["/etc/sallyport/users"], HasSubstr("alice"));
  // A second time would lose what was there at first.
  EXPECT_THAT(Init().error, HasSubstr(".bak is there already"));
  EXPECT_EQ(disk_["/etc/sallyport/users.bak"], "bob * builder *\n");
}

TEST_F(InitTest, SettingsInFiles_AreNotForTheDaemonAndNotPrinted) {
  command_.settings = "/root/vpn";
  const Outcome outcome = Init();
  ASSERT_EQ(outcome.code, ExitCode::kDone);
  for (const char* file :
       {"windows.ps1", "apple.mobileconfig", "networkmanager.sh", "android.txt"}) {
    const auto found = written_.find(std::string("/root/vpn/") + file);
    ASSERT_NE(found, written_.end()) << file;
    EXPECT_FALSE(found->second.for_daemon);
  }
  EXPECT_THAT(outcome.out, Not(HasSubstr(std::string(16, 'b'))));
}

TEST_F(InitTest, WhatCannotBeWritten_IsSaid) {
  unwritable_ = "/etc/sallyport/psk";
  const Outcome outcome = Init();
  EXPECT_EQ(outcome.code, ExitCode::kFailed);
  EXPECT_EQ(outcome.error, "no room");
  EXPECT_THAT(disk_, IsEmpty()) << "nothing is left of what was written before";
}

TEST_F(InitTest, AsJson_EverythingIsThere) {
  const auto json = nlohmann::json::parse(Init(true).out);
  EXPECT_EQ(json["server"], "192.0.2.7");
  EXPECT_EQ(json["user"], "alice");
  EXPECT_EQ(json["psk"], std::string(24, 'b'));
  EXPECT_EQ(json["files"].size(), 3U);
  EXPECT_EQ(json["settings"].size(), 4U);
}

}  // namespace
}  // namespace sallyport::cli
