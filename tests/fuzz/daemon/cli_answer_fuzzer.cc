// SPDX-License-Identifier: GPL-2.0-or-later
// What the operator's tool makes of whatever answers on the status socket. Input: octets of an HTTP
// response; the first one says how they are cut up.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "cli/commands.h"
#include "cli/http_response.h"

namespace {

using namespace sallyport;
using namespace sallyport::cli;

void Require(bool holds) {
  if (!holds) std::abort();
}

HttpResponseParser Parse(std::string_view octets, size_t piece) {
  HttpResponseParser parser;
  while (!octets.empty()) {
    const std::string_view head = octets.substr(0, piece);
    parser.Receive(head);
    octets.remove_prefix(head.size());
  }
  parser.Finish();
  return parser;
}

void RequireHarmless(std::string_view text) {
  Require(std::none_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7F;
  }));
  for (size_t at = text.find('\xC2'); at != text.npos; at = text.find('\xC2', at + 1)) {
    Require(at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) >= 0xA0);  // C1
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view octets(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto whole = Parse(octets, octets.size());
  const auto pieces = Parse(octets, data[0] % 16U + 1);
  // Once something has failed, how much was taken before may differ; the verdict may not.
  Require(whole.state() == pieces.state());
  Require(whole.done() != whole.failed());
  if (!whole.done()) return 0;
  Require(whole.response().body == pieces.response().body);

  for (const auto& command : std::initializer_list<decltype(Options::command)>{
           StatusCommand{}, SessionsCommand{}, DisconnectCommand{.filter = {}, .all = true}}) {
    for (const bool json : {false, true}) {
      const Options options{.json = json, .command = command};
      const Outcome outcome = Run(
          options, {.terminal = true, .coloured = false},
          [&](const HttpCall&) -> Expected<HttpResponse, CallError> { return whole.response(); });
      RequireHarmless(outcome.out);
      RequireHarmless(outcome.error);
    }
  }
  return 0;
}
