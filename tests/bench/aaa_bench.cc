// SPDX-License-Identifier: GPL-2.0-or-later
// What a login costs besides PPP: the user, the password, the address.
#include <array>
#include <benchmark/benchmark.h>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "aaa/address_pool.h"
#include "aaa/user_database.h"
#include "aaa/users_file.h"
#include "crypto/mschapv2.h"

namespace sallyport::aaa {
namespace {

std::string UsersFile(int64_t users) {
  std::string text;
  for (int64_t i = 0; i < users; ++i) {
    text += "user" + std::to_string(i) + " * \"secret of " + std::to_string(i) + "\" *\n";
  }
  return text;
}

void BM_ParseUsersFile(benchmark::State& state) {
  const std::string text = UsersFile(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(ParseUsersFile(text));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_ParseUsersFile)->Arg(10000)->Unit(benchmark::kMillisecond);

void BM_FindUser(benchmark::State& state) {
  auto entries = ParseUsersFile(UsersFile(state.range(0)));
  if (!entries) {
    state.SkipWithError("the users file has an error");
    return;
  }
  const UserDatabase users(std::move(*entries));
  for (auto _ : state) benchmark::DoNotOptimize(users.Find("user7", "gw"));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_FindUser)->Arg(10)->Arg(100000);

/// The whole check of one MS-CHAPv2 answer (RFC 2759 §8), from a password.
void BM_MsChapV2(benchmark::State& state) {
  const std::array<uint8_t, 16> ours{1, 2, 3};
  const std::array<uint8_t, 16> theirs{4, 5, 6};
  for (auto _ : state) {
    const auto hash = crypto::NtPasswordHash("looking-glass");
    const auto response = crypto::GenerateNtResponse(ours, theirs, "alice", hash);
    benchmark::DoNotOptimize(
        crypto::GenerateAuthenticatorResponse(hash, response, theirs, ours, "alice"));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_MsChapV2);

/// An address is taken and given back in a /16, of which `range(0)` addresses are in use.
void BM_Address(benchmark::State& state) {
  const auto range = AddressRange::Parse("10.64.0.0/16");
  const auto gateway = IpAddress::Parse("10.64.0.1");
  if (!range || !gateway) {
    state.SkipWithError("the pool is wrong");
    return;
  }
  AddressPool pool({.name = "default", .ranges = {*range}, .gateway = *gateway});
  for (int64_t i = 0; i < state.range(0); ++i) {
    if (!pool.Allocate({})) state.SkipWithError("the pool is too small");
  }
  for (auto _ : state) {
    const auto address = pool.Allocate("alice");
    if (!address || !pool.Release(*address)) state.SkipWithError("no address");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Address)->Arg(0)->Arg(60000);

}  // namespace
}  // namespace sallyport::aaa
