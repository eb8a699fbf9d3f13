// SPDX-License-Identifier: GPL-2.0-or-later
#include "dhcp/dhcpv6_server.h"

#include <algorithm>
#include <utility>

#include "dhcp/domain_name.h"

namespace sallyport::dhcp {
namespace {

/// RFC 8415 §21.23: IRT_DEFAULT.
constexpr uint32_t kInformationRefreshTime = 86400;
/// RFC 8415 §21.4: T1 and T2 at 0.5 and 0.8 of the shortest preferred lifetime.
constexpr uint32_t kT1Tenths = 5;
constexpr uint32_t kT2Tenths = 8;

uint32_t Seconds(std::chrono::seconds duration) { return static_cast<uint32_t>(duration.count()); }

/// RFC 8415 §16.2 to §16.9 and §16.12: which options each type must have and must not.
std::optional<DropReason> Invalid(const Dhcpv6Request& request, std::span<const uint8_t> our_duid) {
  const bool to_server = !request.server_id.empty();
  switch (request.type) {
    case Dhcpv6Type::kSolicit:
    case Dhcpv6Type::kConfirm:
    case Dhcpv6Type::kRebind:
      if (request.client_id.empty()) return DropReason::kMissingOption;
      if (to_server) return DropReason::kUnexpectedOption;
      return {};
    case Dhcpv6Type::kRequest:
    case Dhcpv6Type::kRenew:
    case Dhcpv6Type::kRelease:
    case Dhcpv6Type::kDecline:
      if (request.client_id.empty() || !to_server) return DropReason::kMissingOption;
      break;
    case Dhcpv6Type::kInformationRequest:
      if (!request.associations.empty()) return DropReason::kUnexpectedOption;
      break;
    case Dhcpv6Type::kAdvertise:
    case Dhcpv6Type::kReply:
      return DropReason::kUnknownType;
  }
  if (to_server && !std::ranges::equal(request.server_id, our_duid)) return DropReason::kNotForUs;
  return {};
}

/// Builds one answer.
class Answer {
 public:
  Answer(const Dhcpv6Config& config, const Dhcpv6Binding& binding, const Dhcpv6Request& request)
      : config_(config), binding_(binding), request_(request) {}

  std::vector<uint8_t> Finish() && { return std::move(out_).Finish(); }

  void Begin(Dhcpv6Type type) {
    out_.U8(static_cast<uint8_t>(type));
    out_.Bytes(request_.transaction);
    WriteDhcpv6Option(Dhcpv6Option::kServerId, out_, [&] { out_.Bytes(config_.duid); });
    if (request_.client_id.empty()) return;
    WriteDhcpv6Option(Dhcpv6Option::kClientId, out_, [&] { out_.Bytes(request_.client_id); });
  }

  void Status(Dhcpv6Status status, std::string_view text) { WriteDhcpv6Status(status, text, out_); }

  void RapidCommit() {
    WriteDhcpv6Option(Dhcpv6Option::kRapidCommit, out_, [] {});
  }

  /// What the client has in each of its IAs. The first IA_NA has the address and the first IA_PD
  /// the prefix; there is no second of either.
  void Associations() {
    bool address_left = true;
    bool prefix_left = binding_.delegated.has_value();
    for (const IdentityAssociation& association : request_.associations) {
      switch (association.kind) {
        case Dhcpv6Option::kIaNa: {
          const IpPrefix ours{.address = binding_.address, .length = 128};
          Association(association, std::exchange(address_left, false) ? &ours : nullptr);
          break;
        }
        case Dhcpv6Option::kIaPd:
          Association(association,
                      std::exchange(prefix_left, false) ? &*binding_.delegated : nullptr);
          break;
        default:
          Association(association,
                      nullptr);  // IA_TA: a temporary address is the host's own to form
      }
    }
  }

  /// The name servers and, of an Information-request, when to ask again.
  void Configuration() {
    if (!config_.dns.empty() && request_.Requests(Dhcpv6Option::kDnsServers)) {
      WriteDhcpv6Option(Dhcpv6Option::kDnsServers, out_, [&] {
        for (const IpAddress& server : config_.dns) out_.Bytes(server.bytes());
      });
    }
    if (!config_.search.empty() && request_.Requests(Dhcpv6Option::kDomainList)) {
      WriteDhcpv6Option(Dhcpv6Option::kDomainList, out_, [&] {
        for (const std::string& name : config_.search) WriteDomainName(name, out_);
      });
    }
    if (request_.type == Dhcpv6Type::kInformationRequest &&
        request_.Requests(Dhcpv6Option::kInformationRefreshTime)) {
      WriteDhcpv6Option(Dhcpv6Option::kInformationRefreshTime, out_,
                        [&] { out_.U32(kInformationRefreshTime); });
    }
  }

 private:
  void Association(const IdentityAssociation& association, const IpPrefix* ours) {
    WriteDhcpv6Option(association.kind, out_, [&] {
      out_.U32(association.id);
      if (association.kind != Dhcpv6Option::kIaTa) {
        const uint32_t preferred = ours != nullptr ? Seconds(config_.lifetimes.preferred) : 0;
        out_.U32(preferred / 10 * kT1Tenths);
        out_.U32(preferred / 10 * kT2Tenths);
      }
      if (ours != nullptr) Member(association.kind, *ours, config_.lifetimes);
      if (KeepsOthers()) Withdraw(association, ours);
      if (ours != nullptr) return;
      if (association.kind == Dhcpv6Option::kIaPd) {
        WriteDhcpv6Status(Dhcpv6Status::kNoPrefixAvail, "no prefix is left", out_);
      } else {
        WriteDhcpv6Status(Dhcpv6Status::kNoAddrsAvail, "no address is left", out_);
      }
    });
  }

  /// Whether the client takes what it lists for its own.
  bool KeepsOthers() const {
    return request_.type == Dhcpv6Type::kRenew || request_.type == Dhcpv6Type::kRebind;
  }

  /// RFC 8415 §18.3.4, §18.3.5: what is not appropriate to the link comes back with lifetimes of 0.
  void Withdraw(const IdentityAssociation& association, const IpPrefix* ours) {
    constexpr PrefixLifetimes kNone{std::chrono::seconds(0), std::chrono::seconds(0)};
    for (const IpPrefix& member : association.members) {
      if (ours == nullptr || member != *ours) Member(association.kind, member, kNone);
    }
  }

  void Member(Dhcpv6Option kind, const IpPrefix& member, const PrefixLifetimes& lifetimes) {
    const bool prefix = kind == Dhcpv6Option::kIaPd;
    WriteDhcpv6Option(prefix ? Dhcpv6Option::kIaPrefix : Dhcpv6Option::kIaAddress, out_, [&] {
      if (!prefix) out_.Bytes(member.address.bytes());
      out_.U32(Seconds(lifetimes.preferred));
      out_.U32(Seconds(lifetimes.valid));
      if (!prefix) return;
      out_.U8(member.length);
      out_.Bytes(member.address.bytes());
    });
  }

  const Dhcpv6Config& config_;
  const Dhcpv6Binding& binding_;
  const Dhcpv6Request& request_;
  WireWriter out_;
};

/// RFC 8415 §18.3.3: whether the addresses that the client believes to have fit to the link.
std::optional<bool> OnLink(const Dhcpv6Request& request, const IpPrefix& link) {
  std::optional<bool> on_link;
  for (const IdentityAssociation& association : request.associations) {
    if (association.kind == Dhcpv6Option::kIaPd) continue;
    for (const IpPrefix& member : association.members) {
      on_link = on_link.value_or(true) && link.Contains(member.address);
    }
  }
  return on_link;
}

/// RFC 8415 §18.4: whether what was sent to an address of ours is told to use multicast.
bool IsToldToUseMulticast(Dhcpv6Type type) {
  return type == Dhcpv6Type::kRequest || type == Dhcpv6Type::kRenew ||
         type == Dhcpv6Type::kRelease || type == Dhcpv6Type::kDecline;
}

}  // namespace

Expected<std::vector<uint8_t>, DropReason> AnswerDhcpv6(const Dhcpv6Config& config,
                                                        const Dhcpv6Binding& binding,
                                                        std::span<const uint8_t> message,
                                                        bool multicast) {
  const auto request = ParseDhcpv6(message);
  if (!request) return Unexpected{request.error()};
  if (const auto invalid = Invalid(*request, config.duid)) return Unexpected{*invalid};
  Answer answer(config, binding, *request);
  if (!multicast) {
    if (!IsToldToUseMulticast(request->type)) return Unexpected{DropReason::kNotMulticast};
    answer.Begin(Dhcpv6Type::kReply);
    answer.Status(Dhcpv6Status::kUseMulticast, "use multicast");
    return std::move(answer).Finish();
  }
  switch (request->type) {
    case Dhcpv6Type::kSolicit:
      answer.Begin(request->rapid_commit ? Dhcpv6Type::kReply : Dhcpv6Type::kAdvertise);
      if (request->rapid_commit) answer.RapidCommit();
      answer.Associations();
      answer.Configuration();
      break;
    case Dhcpv6Type::kRequest:
    case Dhcpv6Type::kRenew:
    case Dhcpv6Type::kRebind:
      answer.Begin(Dhcpv6Type::kReply);
      answer.Associations();
      answer.Configuration();
      break;
    case Dhcpv6Type::kConfirm: {
      const auto on_link = OnLink(*request, binding.prefix);
      if (!on_link) return Unexpected{DropReason::kNoAnswer};
      answer.Begin(Dhcpv6Type::kReply);
      answer.Status(*on_link ? Dhcpv6Status::kSuccess : Dhcpv6Status::kNotOnLink,
                    *on_link ? "on the link" : "not on the link");
      break;
    }
    case Dhcpv6Type::kRelease:
    case Dhcpv6Type::kDecline:
      answer.Begin(Dhcpv6Type::kReply);
      answer.Status(Dhcpv6Status::kSuccess, "noted");
      break;
    case Dhcpv6Type::kInformationRequest:
      answer.Begin(Dhcpv6Type::kReply);
      answer.Configuration();
      break;
    case Dhcpv6Type::kAdvertise:
    case Dhcpv6Type::kReply:
      return Unexpected{DropReason::kUnknownType};
  }
  return std::move(answer).Finish();
}

}  // namespace sallyport::dhcp
