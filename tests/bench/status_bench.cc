// SPDX-License-Identifier: GPL-2.0-or-later
// What the status API costs with 50,000 clients: how long an answer takes, how long the daemon is
// busy with it at a stretch, and what memory it takes. Without the kernel's part.
#include <algorithm>
#include <array>
#include <atomic>
#include <benchmark/benchmark.h>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <string>
#include <sys/socket.h>
#include <thread>

#include "tests/unit/daemon/crowd.h"
#include "tests/unit/daemon/unix_socket_fixture.h"

namespace sallyport::daemon {
namespace {

constexpr size_t kClients = 50'000;

Crowd& TheCrowd() {
  static Crowd crowd(kClients);
  return crowd;
}

/// A line of /proc/self/status, KiB.
int64_t MemoryOf(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name)) return std::stoll(line.substr(name.size() + 1));
  }
  return 0;
}

/// Of this thread: others that run on the machine do not count.
double CpuMicroseconds() {
  timespec time{};
  (void)::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

/// A caller in a thread of his own, as all are to the daemon; gives the octets of the answer.
size_t Ask(const std::string& socket, const std::string& target) {
  const UniqueFd fd = Connect(socket);
  const std::string request =
      "GET " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  if (::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) return 0;
  std::array<char, 65536> buffer;  // NOLINT: recv(2) writes it first
  size_t octets = 0;
  for (ssize_t got = 1; got > 0;) {
    got = ::recv(fd.get(), buffer.data(), buffer.size(), 0);
    if (got > 0) octets += static_cast<size_t>(got);
  }
  return octets;
}

/// Has a turn of the loop whenever others have had one, as long as it is wanted: how long they
/// took.
class Turns {
 public:
  explicit Turns(EventLoop& loop) : loop_(loop) {}

  void WatchWhile(const std::atomic<bool>& wanted) {
    last_ = CpuMicroseconds();
    loop_.Defer([&] { Turn(wanted); });
    loop_.RunPending();
  }
  double longest() const { return longest_; }
  int64_t count() const { return count_; }

 private:
  void Turn(const std::atomic<bool>& wanted) {
    longest_ = std::max(longest_, CpuMicroseconds() - last_);
    ++count_;
    if (wanted) loop_.Defer([&] { Turn(wanted); });
    last_ = CpuMicroseconds();
  }

  EventLoop& loop_;
  double last_ = 0;
  double longest_ = 0;
  int64_t count_ = 0;
};

void BM_Answer(benchmark::State& state, const std::string& target) {
  Crowd& crowd = TheCrowd();
  const TemporaryFolder folder;
  const auto server = crowd.Serve(
      folder.Path("s"), [&](const HttpRequest& request) { return crowd.Handle(request); });
  if (!server) return state.SkipWithError("the server does not start");
  size_t octets = 0;
  Turns turns(crowd.loop);
  int64_t grown = 0;
  for (auto _ : state) {
    std::ofstream("/proc/self/clear_refs") << 5;  // the peak begins anew: proc(5)
    const int64_t before = MemoryOf("VmRSS:");
    for (auto& [key, counters] : crowd.plane.counters) ++counters.rx_packets;  // all are alive
    std::atomic<bool> asking = true;
    std::thread caller([&] {
      octets = Ask(folder.Path("s"), target);
      asking = false;
    });
    turns.WatchWhile(asking);
    caller.join();
    grown = std::max(grown, MemoryOf("VmHWM:") - before);
  }
  if (octets == 0) return state.SkipWithError("no answer");
  state.counters["octets"] = static_cast<double>(octets);
  state.counters["turns"] = static_cast<double>(turns.count() / state.iterations());
  state.counters["longest_turn_us"] = turns.longest();
  state.counters["memory_KiB"] = static_cast<double>(grown);
}
BENCHMARK_CAPTURE(BM_Answer, sessions, "/v1/sessions")
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(BM_Answer, sessions_as_top,
                  "/v1/sessions?fields=id,user,address,peer,state,uptime_seconds,counters")
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(BM_Answer, sessions_of_nobody, "/v1/sessions?user=nobody")
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(BM_Answer, one_session, "/v1/sessions/0")
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(BM_Answer, tunnels, "/v1/tunnels")->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(BM_Answer, sas, "/v1/sas")->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(BM_Answer, status, "/v1/status")->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(BM_Answer, metrics, "/v1/metrics")->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace sallyport::daemon
