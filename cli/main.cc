// SPDX-License-Identifier: GPL-2.0-or-later
// sallyport: the operator's tool. Talks to the daemon's status socket; `config check` and `config
// explain` are the daemon's own program.
#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fcntl.h>
#include <fmt/format.h>
#include <functional>
#include <memory>
#include <optional>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/ioctl.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <termios.h>
#include <unistd.h>
#include <utility>
#include <variant>
#include <vector>

#include "cli/commands.h"
#include "cli/doctor.h"
#include "cli/init_system.h"
#include "cli/live.h"
#include "cli/options.h"

namespace sallyport::cli {
namespace {

/// no-color.org: NO_COLOR, when set to anything but nothing, forbids colours.
bool WantsColour() {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return (no_color == nullptr || *no_color == '\0') &&
         (term == nullptr || std::string_view(term) != "dumb");
}

/// A full disk behind a redirection must not look like success.
bool Print(const std::string& text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
         std::fflush(stdout) == 0;
}

Transport Calling(const Options& options) {
  return [&options](const HttpCall& call) {
    return Call(options.socket_path, call, options.time_limit);
  };
}

// ---- Commands that go on ------------------------------------------------------------------------

std::atomic<bool> interrupted = false;

/// Keys come one by one and unseen as long as it lives, if they are `wanted` and standard input is
/// a terminal. One who wants none may well run in the background, where touching it stops the
/// process.
class KeyByKey {
 public:
  explicit KeyByKey(bool wanted)
      : is_terminal_(wanted && ::tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (!is_terminal_) return;
    termios raw = before_;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    (void)::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  }
  ~KeyByKey() {
    if (is_terminal_) (void)::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  KeyByKey(const KeyByKey&) = delete;
  KeyByKey& operator=(const KeyByKey&) = delete;

  /// False on q or a signal.
  bool Wait(std::chrono::milliseconds time) const {
    const auto until = std::chrono::steady_clock::now() + time;
    while (!interrupted) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
      if (left.count() <= 0) return true;
      pollfd input{.fd = is_terminal_ ? STDIN_FILENO : -1, .events = POLLIN, .revents = 0};
      if (::poll(&input, 1, static_cast<int>(left.count())) <= 0) continue;
      char key = 0;
      if (::read(STDIN_FILENO, &key, 1) == 1 && (key == 'q' || key == 'Q')) return false;
    }
    return false;
  }

 private:
  termios before_{};
  bool is_terminal_;
};

TerminalSize SizeOfTerminal() {
  winsize window{};
  TerminalSize size;
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) != 0) return size;
  if (window.ws_row > 0) size.rows = window.ws_row;
  if (window.ws_col > 0) size.columns = window.ws_col;
  return size;
}

/// As Surroundings::create.
Expected<std::function<bool(std::string_view)>, std::string> CreateFile(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const std::shared_ptr<std::FILE> file(fd < 0 ? nullptr : ::fdopen(fd, "wb"), [](std::FILE* open) {
    if (open != nullptr) (void)std::fclose(open);
  });
  if (!file) {
    return Unexpected{fmt::format("{}: cannot make the file: {}", path, std::strerror(errno))};
  }
  return std::function<bool(std::string_view)>([file](std::string_view octets) {
    return std::fwrite(octets.data(), 1, octets.size(), file.get()) == octets.size() &&
           std::fflush(file.get()) == 0;
  });
}

Outcome GoOn(const Options& options, const Screen& screen) {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = true; };
  (void)::sigaction(SIGINT, &action, nullptr);
  (void)::sigaction(SIGTERM, &action, nullptr);
  const KeyByKey keys(std::holds_alternative<TopCommand>(options.command) ||
                      std::holds_alternative<SessionsCommand>(options.command));
  // The daemon gives a sign of life every 15 seconds.
  constexpr std::chrono::seconds kSilence{45};
  const Surroundings world{
      .call = Calling(options),
      .follow =
          [&](const HttpCall& call, const std::function<bool(std::string_view)>& take) {
            // A reader waits in poll(), which a signal ends.
            return Follow(options.socket_path, call, options.time_limit, kSilence,
                          [&](std::string_view octets) { return !interrupted && take(octets); });
          },
      .warn = [](const std::string& line) { fmt::print(stderr, "sallyport: {}\n", line); },
      .print = Print,
      .create = CreateFile,
      .wait = [&keys](std::chrono::milliseconds time) { return keys.Wait(time); },
      .size = SizeOfTerminal};
  if (std::holds_alternative<EventsCommand>(options.command) ||
      std::holds_alternative<TraceCommand>(options.command)) {
    // Nothing is to be put right at the end, and following ends at once.
    (void)std::signal(SIGINT, SIG_DFL);
    (void)std::signal(SIGTERM, SIG_DFL);
  }
  return RunLive(options, screen, world);
}

constexpr const char* kUsualConfiguration = "/etc/sallyport/sallyport.toml";

// ---- Commands on this machine -------------------------------------------------------------------

Outcome ExamineThisMachine(const Options& options, const Screen& screen) {
  utsname system{};
  (void)::uname(&system);
  timex clock{};
  const auto response = Calling(options)({"GET", "/v1/status", ""});
  Expected<Json, CallError> status =
      Unexpected{CallError{CallError::Kind::kBroken, "its answer is not understood"}};
  if (!response) {
    status = Unexpected{response.error()};
  } else if (response->status == 200) {
    status = Json::parse(response->body, nullptr, false);
  }
  const auto findings =
      Examine({.read = ReadText,
               .kernel_release = system.release,
               .clock_is_synchronised = ::adjtimex(&clock) != TIME_ERROR,
               .configured = ::access(kUsualConfiguration, F_OK) == 0 || errno != ENOENT,
               .status = std::move(status)});
  const bool problem = std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.grade == Finding::Grade::kProblem;
  });
  return {.code = problem ? ExitCode::kFailed : ExitCode::kDone,
          .out = options.json ? ToJson(findings).dump() + '\n'
                              : DoctorReport(findings, Style(screen.coloured)),
          .error = {}};
}

/// Becomes the daemon's program, which is beside this one or where systems put such.
Outcome BecomeDaemon(std::vector<std::string> arguments) {
  std::array<char, 4096> self{};
  const ssize_t size = ::readlink("/proc/self/exe", self.data(), self.size() - 1);
  std::string folder(self.data(), static_cast<size_t>(std::max<ssize_t>(size, 0)));
  folder.erase(folder.rfind('/') == folder.npos ? 0 : folder.rfind('/'));
  std::vector<char*> raw{const_cast<char*>("sallyportd")};  // execv(3) changes none of them
  for (std::string& argument : arguments) raw.push_back(argument.data());
  raw.push_back(nullptr);
  for (const std::string& path : {folder + "/../sbin/sallyportd", folder + "/../daemon/sallyportd",
                                  std::string("/usr/sbin/sallyportd")}) {
    ::execv(path.c_str(), raw.data());
  }
  return {.code = ExitCode::kFailed,
          .out = {},
          .error = fmt::format("cannot run sallyportd: {}\nIs the package installed whole?",
                               std::strerror(errno))};
}

Outcome Carry(const Options& options, const Screen& screen) {
  if (const auto* check = std::get_if<ConfigCheckCommand>(&options.command)) {
    std::vector<std::string> arguments{"--check"};
    if (!check->file.empty()) arguments.insert(arguments.end(), {"--config", check->file});
    if (options.json) arguments.emplace_back("--json");
    return BecomeDaemon(std::move(arguments));
  }
  if (const auto* explain = std::get_if<ConfigExplainCommand>(&options.command)) {
    std::vector<std::string> arguments{"--explain", explain->key};
    if (options.json) arguments.emplace_back("--json");
    return BecomeDaemon(std::move(arguments));
  }
  if (std::holds_alternative<DoctorCommand>(options.command)) {
    return ExamineThisMachine(options, screen);
  }
  if (const auto* init = std::get_if<InitCommand>(&options.command)) {
    return RunInit(*init, options.json, ThisMachine(!init->yes && !options.json));
  }
  if (IsLive(options)) return GoOn(options, screen);
  return Run(options, screen, Calling(options));
}

int Main(int argc, const char* const* argv) {
  const auto options = ParseCommandLine(argc, argv, SALLYPORT_VERSION);
  if (!options) {
    const UsageExit& usage = options.error();
    fmt::print(usage.wrong ? stderr : stdout, "{}", usage.text);
    return static_cast<int>(usage.wrong ? ExitCode::kUsage : ExitCode::kDone);
  }
  const bool terminal = ::isatty(STDOUT_FILENO) == 1;
  const Outcome outcome =
      Carry(*options, {.terminal = terminal, .coloured = terminal && WantsColour()});
  if (!outcome.error.empty()) fmt::print(stderr, "sallyport: {}\n", outcome.error);
  if (!Print(outcome.out)) {
    std::perror("sallyport: cannot write the output");
    return static_cast<int>(ExitCode::kFailed);
  }
  return static_cast<int>(outcome.code);
}

}  // namespace
}  // namespace sallyport::cli

int main(int argc, char** argv) {
  try {
    return sallyport::cli::Main(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sallyport: %s\n", error.what());
    return static_cast<int>(sallyport::cli::ExitCode::kFailed);
  }
}
