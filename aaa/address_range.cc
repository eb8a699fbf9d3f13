// SPDX-License-Identifier: GPL-2.0-or-later
#include "aaa/address_range.h"

#include <algorithm>
#include <array>
#include <bit>

namespace sallyport::aaa {
namespace {

/// The bits of an IPv4 address past a prefix of `length`.
uint32_t HostMask(unsigned length) { return length == 0 ? ~0U : (1U << (32 - length)) - 1; }

/// "ADDRESS/LENGTH" whose only fault is that bits are set past the length.
bool HasHostBits(std::string_view text) {
  const size_t slash = text.find('/');
  return slash != std::string_view::npos && IpAddress::Parse(text.substr(0, slash)) &&
         IpPrefix::Parse("0.0.0.0" + std::string(text.substr(slash)));
}

std::string_view Trim(std::string_view text) {
  const size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

}  // namespace

bool IsAssignable(const IpAddress& address) {
  if (!address.is_v4()) return false;
  const uint32_t first_octet = address.v4() >> 24;
  return first_octet != 0 && first_octet != 127 && first_octet < 224;
}

std::string_view Describe(AddressRangeError error) {
  switch (error) {
    case AddressRangeError::kSyntax:
      return "no address range";
    case AddressRangeError::kHostBits:
      return "a prefix with bits set past its length";
    case AddressRangeError::kReversed:
      return "a range whose last address is below its first";
    case AddressRangeError::kTooLarge:
      return "a range larger than a /8";
    case AddressRangeError::kNotAssignable:
      return "addresses that no host may have";
    case AddressRangeError::kNotIpv4:
      return "a range that is not IPv4";
  }
  return {};
}

Expected<AddressRange, AddressRangeError> AddressRange::Parse(std::string_view text) {
  const size_t dash = text.find('-');
  auto range = dash == std::string_view::npos
                   ? FromPrefix(text)
                   : FromBounds(Trim(text.substr(0, dash)), Trim(text.substr(dash + 1)));
  if (!range) return range;
  if (range->block_last() - range->block_first() >= kMaxSize) {
    return Unexpected{AddressRangeError::kTooLarge};
  }
  // What no host may have comes in whole /8s, and a range with one of those inside is too large: so
  // the two ends tell.
  if (!IsAssignable(range->first()) || !IsAssignable(range->last())) {
    return Unexpected{AddressRangeError::kNotAssignable};
  }
  return range;
}

Expected<AddressRange, AddressRangeError> AddressRange::FromPrefix(std::string_view text) {
  const auto prefix = IpPrefix::Parse(text);
  if (!prefix) {
    return Unexpected{HasHostBits(text) ? AddressRangeError::kHostBits
                                        : AddressRangeError::kSyntax};
  }
  if (!prefix->address.is_v4()) return Unexpected{AddressRangeError::kNotIpv4};
  AddressRange range;
  range.prefix_ = prefix;
  range.first_ = prefix->address.v4();
  range.last_ = range.first_ | HostMask(prefix->length);
  // A /31 has neither (RFC 3021 §2.1), a /32 is one host.
  if (prefix->length <= 30) {
    ++range.first_;
    --range.last_;
  }
  return range;
}

Expected<AddressRange, AddressRangeError> AddressRange::FromBounds(std::string_view first,
                                                                   std::string_view last) {
  const auto from = IpAddress::Parse(first);
  const auto to = IpAddress::Parse(last);
  if (!from || !to) return Unexpected{AddressRangeError::kSyntax};
  if (!from->is_v4() || !to->is_v4()) return Unexpected{AddressRangeError::kNotIpv4};
  if (*to < *from) return Unexpected{AddressRangeError::kReversed};
  AddressRange range;
  range.first_ = from->v4();
  range.last_ = to->v4();
  return range;
}

uint32_t AddressRange::block_first() const { return prefix_ ? prefix_->address.v4() : first_; }

uint32_t AddressRange::block_last() const {
  return prefix_ ? prefix_->address.v4() | HostMask(prefix_->length) : last_;
}

bool AddressRange::Contains(const IpAddress& address) const {
  return address.is_v4() && first_ <= address.v4() && address.v4() <= last_;
}

bool AddressRange::IsNetworkOrBroadcast(const IpAddress& address) const {
  return prefix_ && prefix_->Contains(address) && !Contains(address);
}

bool AddressRange::Overlaps(const AddressRange& other) const {
  return block_first() <= other.block_last() && other.block_first() <= block_last();
}

bool AddressRange::NetworkContains(const IpAddress& address) const {
  if (prefix_) return prefix_->Contains(address);
  if (!address.is_v4()) return false;
  const auto common_bits = static_cast<unsigned>(std::countl_zero(first_ ^ last_));
  const uint32_t host_mask = HostMask(std::min(24U, common_bits));
  return (address.v4() | host_mask) == (first_ | host_mask);
}

std::string AddressRange::ToString() const {
  return prefix_ ? prefix_->ToString() : first().ToString() + "-" + last().ToString();
}

}  // namespace sallyport::aaa
