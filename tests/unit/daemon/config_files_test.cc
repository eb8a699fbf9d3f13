// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/config_files.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <utility>
#include <vector>

#include "base/text.h"

namespace sallyport::daemon {
namespace {

class ReadFileTest : public ::testing::Test {
 protected:
  ReadFileTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "sallyport-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~ReadFileTest() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, std::string_view text, mode_t mode) const {
    const std::string path = Path(name);
    std::ofstream(path) << text;
    EXPECT_EQ(::chmod(path.c_str(), mode), 0);
    return path;
  }
  std::string Path(const std::string& name) const { return (folder_ / name).string(); }

 private:
  std::filesystem::path folder_;
};

TEST_F(ReadFileTest, WholeContentComesWithTheMode) {
  const std::string text("line\n\0more\n", 11);
  const auto file = ReadFile(Write("private", text, 0640));
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(file->text.text(), text);
  EXPECT_FALSE(file->readable_by_others);
  const auto open = ReadFile(Write("open", text, 0644));
  ASSERT_TRUE(open.has_value());
  EXPECT_TRUE(open->readable_by_others);
}

TEST_F(ReadFileTest, EmptyFileIsEmptyText) {
  const auto file = ReadFile(Write("empty", "", 0600));
  ASSERT_TRUE(file.has_value());
  EXPECT_TRUE(file->text.empty());
}

TEST_F(ReadFileTest, MissingFileFolderAndFifoAreErrors) {
  const auto missing = ReadFile(Path("missing"));
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error(), "No such file or directory");
  EXPECT_FALSE(ReadFile(Path(".")).has_value());
  ASSERT_EQ(::mkfifo(Path("fifo").c_str(), 0600), 0);
  EXPECT_FALSE(ReadFile(Path("fifo")).has_value());  // and does not wait for a writer
}

TEST_F(ReadFileTest, HugeFileIsRefused) {
  const std::string path = Write("huge", "x", 0600);
  std::filesystem::resize_file(path, kMaxFileSize + 1);  // sparse
  const auto file = ReadFile(path);
  ASSERT_FALSE(file.has_value());
  EXPECT_EQ(file.error(), "a file larger than 64 MiB");
}

/// What systemd gives to a service, in its place.
class CredentialTest : public ReadFileTest {
 protected:
  CredentialTest() { EXPECT_EQ(::setenv("CREDENTIALS_DIRECTORY", Path("").c_str(), 1), 0); }
  ~CredentialTest() override { ::unsetenv("CREDENTIALS_DIRECTORY"); }
};

TEST_F(CredentialTest, IsReadFromWhereSystemdPutsIt) {
  Write("psk", "swordfish\n", 0400);
  const auto file = ReadFile("credential:psk");
  ASSERT_TRUE(file.has_value()) << file.error();
  EXPECT_EQ(file->text.text(), "swordfish\n");
  EXPECT_FALSE(file->readable_by_others);
}

TEST_F(CredentialTest, ThatIsNotThereIsAnError) {
  const auto file = ReadFile("credential:psk");
  ASSERT_FALSE(file.has_value());
  EXPECT_EQ(file.error(), "No such file or directory");
}

TEST_F(CredentialTest, OutsideOfTheServiceThereIsNone) {
  Write("psk", "swordfish\n", 0400);
  ::unsetenv("CREDENTIALS_DIRECTORY");
  const auto file = ReadFile("credential:psk");
  ASSERT_FALSE(file.has_value());
  EXPECT_EQ(file.error(), "no credentials here ($CREDENTIALS_DIRECTORY is not set)");
}

TEST(CredentialIn, TakesTheNamesThatSystemdTakes) {
  EXPECT_EQ(CredentialIn("credential:psk"), "psk");
  EXPECT_EQ(CredentialIn("credential:gateway.key_2-b"), "gateway.key_2-b");
  EXPECT_EQ(CredentialIn("credential:" + std::string(255, 'n')), std::string(255, 'n'));
  for (const std::string& other :
       {std::string("/etc/psk"), std::string("credential"), std::string("credential:"),
        std::string("Credential:psk"), std::string("credential:."), std::string("credential:.."),
        std::string("credential:../psk"), std::string("credential:a/b"),
        std::string("credential:a:b"), std::string("credential:a b"),
        std::string("credential:\xC3\xA4"), "credential:" + std::string(256, 'n')}) {
    EXPECT_EQ(CredentialIn(other), std::nullopt) << other;
  }
}

/// Hexadecimal of the key, or the error.
std::string Psk(std::string_view text) {
  const auto psk = ParsePsk(text);
  return psk ? ToHex(psk->bytes()) : psk.error();
}

TEST(ParsePsk, TextHexadecimalAndBase64) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"abc", "616263"},    {" a ", "206120"},      {"0", "30"},
      {"0X41", "30583431"},  // strongSwan knows only the small letter
      {"0x41", "41"},       {"0x00fFeE", "00ffee"}, {"0sYQ==", "61"},
      {"0sYQ", "61"},       {"0sYWI=", "6162"},     {"0sYWJj", "616263"},
      {"0s+/+/", "fbffbf"}, {"0sAAAA", "000000"},
  };
  for (const auto& [text, hex] : cases) EXPECT_EQ(Psk(text), hex) << text;
}

TEST(ParsePsk, MistakesAreErrors) {
  EXPECT_EQ(Psk(""), "an empty key");
  EXPECT_EQ(Psk("0x"), "an empty key");
  EXPECT_EQ(Psk("0s"), "an empty key");
  EXPECT_EQ(Psk("0s=="), "an empty key");
  for (const auto text : {"0x4", "0x4g", "0x41 "}) {
    EXPECT_EQ(Psk(text), "0x without an even number of hexadecimal digits") << text;
  }
  for (const auto text : {"0sY", "0sYQ===", "0sY=Q=", "0sYW-j", "0sYWJj\r"}) {
    EXPECT_EQ(Psk(text), "0s without Base64") << text;
  }
}

TEST(ParsePskFile, KeyIsTheFirstLineWithoutItsEnd) {
  for (const auto content : {"key", "key\n", "key\r\n", "key\nsecond\n"}) {
    const auto psk = ParsePskFile(content);
    ASSERT_TRUE(psk.has_value()) << content;
    EXPECT_EQ(psk->text(), "key") << content;
  }
  EXPECT_FALSE(ParsePskFile("\nkey\n").has_value());
  EXPECT_FALSE(ParsePskFile("").has_value());
}

}  // namespace
}  // namespace sallyport::daemon
