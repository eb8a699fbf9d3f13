// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/local_access.h"

#include <fmt/format.h>
#include <utility>
#include <variant>

#include "base/overloaded.h"
#include "base/text.h"
#include "daemon/config.h"
#include "daemon/log.h"

namespace sallyport::daemon {
namespace {

/// RFC 2759 §6.
constexpr unsigned kNoDialInPermission = 649;
constexpr unsigned kAuthenticationFailure = 691;

aaa::Credential ToAaa(const ppp::Credential& credential) {
  return std::visit(
      Overloaded{
          [](const ppp::PapCredential& pap) -> aaa::Credential {
            return aaa::PapCredential{pap.password};
          },
          [](const ppp::ChapMd5Credential& chap) -> aaa::Credential {
            return aaa::ChapMd5Credential{chap.identifier, chap.challenge, chap.response};
          },
          [](const ppp::MsChapV2Credential& mschap) -> aaa::Credential {
            return aaa::MsChapV2Credential{mschap.authenticator_challenge, mschap.peer_challenge,
                                           mschap.nt_response};
          },
      },
      credential);
}

std::string_view Text(aaa::RejectReason reason) {
  switch (reason) {
    case aaa::RejectReason::kUnknownUser:
      return "unknown user";
    case aaa::RejectReason::kWrongPassword:
      return "wrong password";
    case aaa::RejectReason::kMethodImpossible:
      return "CHAP needs the password itself, and only its NT hash is known";
    case aaa::RejectReason::kNoAddress:
      return "the user may not have an address";
  }
  return "refused";
}

std::string_view Text(aaa::AllocateError error) {
  switch (error) {
    case aaa::AllocateError::kNoSuchPool:
      return "no such pool";
    case aaa::AllocateError::kExhausted:
      return "no free address in the pool";
    case aaa::AllocateError::kInUse:
      return "the user's own address is in use";
    case aaa::AllocateError::kReserved:
      return "the user's own address is a gateway, network or broadcast address";
    case aaa::AllocateError::kNoAddress:
      return "the user may not have an address";
  }
  return "no address";
}

AttemptReason ReasonOf(aaa::RejectReason reason) {
  switch (reason) {
    case aaa::RejectReason::kUnknownUser:
      return AttemptReason::kUnknownUser;
    case aaa::RejectReason::kWrongPassword:
      return AttemptReason::kWrongPassword;
    case aaa::RejectReason::kMethodImpossible:
      return AttemptReason::kPasswordHashOnly;
    case aaa::RejectReason::kNoAddress:
      return AttemptReason::kNoAddress;
  }
  return AttemptReason::kWrongPassword;
}

/// The password was right: to ask the user for it again, as 691 does, would mislead.
Unexpected<AccessDenied> NoAddress(std::string_view log_text) {
  return Unexpected{AccessDenied{.log_text = std::string(log_text),
                                 .answer = {.mschap_error = kNoDialInPermission,
                                            .message = "No address available",
                                            .may_retry = false},
                                 .reason = AttemptReason::kNoAddress}};
}

/// Counts what a session has as in use. What of it cannot be: what has become a gateway's or a
/// network's own is its session's until that ends.
std::vector<std::string> Take(aaa::PoolSet& pools, const Lease& lease) {
  std::vector<std::string> lost;
  if (lease.address && !pools.Take(lease.address, lease.user)) {
    lost.push_back(lease.address.ToString());
  }
  for (const auto& prefix : {lease.prefix, lease.delegated}) {
    if (prefix && !pools.TakePrefix(*prefix, lease.user)) lost.push_back(prefix->ToString());
  }
  return lost;
}

/// The opposite. What of it was not in use.
std::vector<std::string> GiveBack(aaa::PoolSet& pools, const Lease& lease) {
  std::vector<std::string> unknown;
  if (lease.address && !pools.Release(lease.address)) unknown.push_back(lease.address.ToString());
  for (const auto& prefix : {lease.prefix, lease.delegated}) {
    if (prefix && !pools.ReleasePrefix(*prefix)) unknown.push_back(prefix->ToString());
  }
  return unknown;
}

}  // namespace

LocalAccess::LocalAccess(EventLoop& loop, Options options, aaa::UserDatabase users,
                         aaa::PoolSet pools)
    : loop_(loop),
      options_(std::move(options)),
      users_(std::move(users)),
      pools_(std::move(pools)),
      watch_(WatchUsers(options_.users_file)) {}

std::unique_ptr<FileWatch> LocalAccess::WatchUsers(const std::string& path) {
  // systemd gives a credential once, when it starts the service.
  if (CredentialIn(path)) return nullptr;
  return std::make_unique<FileWatch>(loop_, path, [this] { Reload(); });
}

void LocalAccess::Configure(Options options, aaa::UserDatabase users) {
  if (options.users_file != options_.users_file) {
    watch_ = WatchUsers(options.users_file);
  }
  options_ = std::move(options);
  users_ = std::move(users);
  LogUsers();
}

void LocalAccess::SetPools(aaa::PoolSet pools, const std::vector<Lease>& in_use) {
  for (const Lease& lease : in_use) {
    for (const std::string& lost : Take(pools, lease)) {
      LogWarning(
          "address_not_in_pools",
          fmt::format("{} of {} cannot be counted as in use by the new pools", lost, lease.user));
    }
  }
  pools_ = std::move(pools);
}

Expected<aaa::Accepted, AccessDenied> LocalAccess::Verify(const ppp::Authenticate& request) const {
  aaa::Verdict verdict = aaa::Verify(users_, {.user = request.user,
                                              .server = options_.server_name,
                                              .credential = ToAaa(request.credential),
                                              .names = options_.names});
  if (auto* accepted = std::get_if<aaa::Accepted>(&verdict)) return std::move(*accepted);
  const auto reason = std::get_if<aaa::Rejected>(&verdict)->reason;
  if (reason == aaa::RejectReason::kNoAddress) return NoAddress(Text(reason));
  // The peer is told the same whatever the reason, so that names cannot be guessed.
  return Unexpected{AccessDenied{.log_text = std::string(Text(reason)),
                                 .answer = {.mschap_error = kAuthenticationFailure,
                                            .message = "Authentication failed",
                                            .may_retry = true},
                                 .reason = ReasonOf(reason),
                                 .guessed = true}};
}

Expected<ppp::AuthAccepted, AccessDenied> LocalAccess::DecideAgain(
    const ppp::Authenticate& request) {
  auto accepted = Verify(request);
  if (!accepted) return Unexpected{accepted.error()};
  ppp::AuthAccepted answer;
  answer.authenticator_response = accepted->authenticator_response;
  return answer;
}

Expected<aaa::AddressLease, AccessDenied> LocalAccess::Allocate(const aaa::Accepted& accepted,
                                                                const std::optional<Lease>& held) {
  aaa::AddressRequest request{.pool = {},
                              .account = accepted.account,
                              .profile = accepted.profile,
                              .ipv4 = options_.ipv4,
                              .ipv6 = options_.ipv6};
  if (held) {
    (void)GiveBack(pools_, *held);
    request.former = {.address = held->address,
                      .gateway = held->gateway,
                      .prefix = held->prefix,
                      .delegated = held->delegated};
  }
  auto lease = pools_.Allocate(request);
  if (lease) return *lease;
  if (held) (void)Take(pools_, *held);
  return NoAddress(Text(lease.error()));
}

Expected<AccessGranted, AccessDenied> LocalAccess::Decide(const ppp::Authenticate& request,
                                                          const std::optional<Lease>& held) {
  auto verified = Verify(request);
  if (!verified) return Unexpected{verified.error()};
  const aaa::Accepted& accepted = *verified;
  // A session is one user's, in every record of it.
  if (held && held->user != accepted.account) {
    return Unexpected{AccessDenied{
        .log_text = fmt::format("the session is that of {}", PrintableText(held->user)),
        .answer = {.mschap_error = kAuthenticationFailure,
                   .message = "Authentication failed",
                   .may_retry = false}}};
  }
  const auto lease = Allocate(accepted, held);
  if (!lease) return Unexpected{lease.error()};
  AccessGranted granted;
  if (!lease->address) granted.lease.pool = pools_.Find({})->settings().name;
  for (const auto& pool : pools_.pools()) {
    if (pool.Contains(lease->address)) granted.lease.pool = pool.settings().name;
  }
  granted.lease.user = accepted.account;
  if (options_.ipv6) LogMissingPrefixes(*lease, accepted.account);
  granted.lease.address = lease->address;
  granted.lease.gateway = lease->gateway;
  granted.limits = options_.limits;
  granted.lease.prefix = lease->prefix;
  granted.lease.delegated = lease->delegated;
  granted.answer.network = options_.network;
  granted.answer.network.local = lease->gateway;
  granted.answer.network.peer = lease->address;
  granted.answer.ipv6 = lease->prefix.has_value();
  granted.answer.authenticator_response = accepted.authenticator_response;
  return granted;
}

void LocalAccess::LogMissingPrefixes(const aaa::AddressLease& lease, const std::string& user) {
  const aaa::PrefixPools& pools = pools_.prefix_pools()[pools_.IndexOf({})];
  if (!lease.prefix && pools.ipv6.size() > 0) {
    no_prefix_log_.LogWarning(
        "no_ipv6_prefix",
        fmt::format("{} has no IPv6: no free prefix in the pool", PrintableText(user)),
        loop_.Now());
  } else if (!lease.delegated && pools.delegated.size() > 0) {
    no_delegated_log_.LogWarning(
        "no_delegated_prefix",
        fmt::format("{} gets no prefix for the networks behind it: none is free in the pool",
                    PrintableText(user)),
        loop_.Now());
  }
}

void LocalAccess::Release(const Lease& lease) {
  for (const std::string& unknown : GiveBack(pools_, lease)) {
    LogError("address_not_in_use", fmt::format("{} was given back but not in use", unknown));
  }
}

void LocalAccess::Reload() {
  auto loaded = LoadUsers(options_.users_file, options_.server_name);
  if (!loaded) {
    for (const auto& error : loaded.error()) {
      LogError("users_file_error", error.ToString() + "; the old users stay");
    }
    return;
  }
  for (const auto& warning : loaded->warnings) {
    LogWarning("users_file_warning", warning.ToString());
  }
  users_ = std::move(loaded->users);
  LogUsers();
}

void LocalAccess::LogUsers() const {
  LogInfo("users_file_read", fmt::format("{}: {} users", options_.users_file, users_.size()));
}

}  // namespace sallyport::daemon
