// SPDX-License-Identifier: GPL-2.0-or-later
// The IKE daemon's side of a connection as any octets, cut into chunks, with requests of every kind
// open. First octet of a chunk: its length, or (from 250 on) time passing or another request.
#include <algorithm>
#include <cstdlib>

#include "vici/client.h"

namespace {

using namespace sallyport::vici;

/// Aborts where the engine breaks a promise of client.h.
class Checker {
 public:
  void Check(const Actions& actions, const Client& client) {
    for (const Action& action : actions) {
      if (broken_) std::abort();  // nothing comes after Broken
      if (std::holds_alternative<Broken>(action)) broken_ = true;
      if (const auto* replied = std::get_if<Replied>(&action)) Answer(replied->request);
      if (const auto* streamed = std::get_if<Streamed>(&action)) {
        if (streamed->request.value() <= answered_) std::abort();
      }
    }
    if (broken_ != client.broken()) std::abort();
    if (client.NextDeadline().has_value() != (client.pending() != 0)) std::abort();
  }

 private:
  /// Requests are numbered from 1 and answered in order.
  void Answer(RequestId id) {
    if (id.value() != answered_ + 1) std::abort();
    ++answered_;
  }

  uint64_t answered_ = 0;
  bool broken_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::span<const uint8_t> input(data, size);
  Client client;
  Checker checker;
  sallyport::TimePoint now{};
  uint64_t requests = 0;
  Actions actions;
  client.Register("child-updown", now, actions);
  client.Send({.id = RequestId(++requests), .command = "list-sas", .stream_event = "list-sa"}, now,
              actions);
  client.Send({.id = RequestId(++requests), .command = "version"}, now, actions);
  checker.Check(actions, client);
  while (!input.empty()) {
    const uint8_t first = input[0];
    input = input.subspan(1);
    actions.clear();
    if (first == 255) {
      now += std::chrono::seconds(11);
      client.HandleTimeout(now, actions);
    } else if (first >= 250) {
      const bool streamed = first % 2 == 0;
      client.Send({.id = RequestId(++requests),
                   .command = streamed ? "list-conns" : "stats",
                   .stream_event = streamed ? "list-conn" : ""},
                  now, actions);
    } else {
      const auto chunk = input.first(std::min<size_t>(first, input.size()));
      client.Receive(chunk, now, actions);
      input = input.subspan(chunk.size());
    }
    checker.Check(actions, client);
  }
  return 0;
}
