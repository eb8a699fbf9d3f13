// SPDX-License-Identifier: GPL-2.0-or-later
// What a LAC says that it negotiated, then frames, verdicts and time. The input begins with the
// AVPs: the Proxy Authen Type and ID, and each of the others behind an octet with its length.
#include <string>

#include "tests/fuzz/ppp/script.h"

namespace {

std::vector<uint8_t> TakeField(sallyport::WireReader& in) {
  const size_t length = in.U8();
  const auto octets = in.Take(std::min(length, in.remaining()));
  return {octets.begin(), octets.end()};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using sallyport::ppp::AuthMethod;
  sallyport::WireReader in({data, size});
  sallyport::ppp::ProxiedLink call;
  auto& login = call.authentication.emplace();
  login.type = in.U8();
  login.id = in.U8();
  call.initial_received = TakeField(in);
  call.last_sent = TakeField(in);
  call.last_received = TakeField(in);
  const auto name = TakeField(in);
  login.name.assign(name.begin(), name.end());
  login.challenge = TakeField(in);
  login.response = sallyport::Secret(TakeField(in));

  sallyport::ppp::LinkConfig config;
  config.auth = {AuthMethod::kMsChapV2, AuthMethod::kChapMd5, AuthMethod::kPap};
  config.proxy = sallyport::ppp::ProxyMode::kAccept;
  sallyport::ppp::ScriptedLink link(config);
  link.Handle(sallyport::ppp::Start{.proxied = std::move(call)});
  link.Run(in.TakeRest());
  return 0;
}
