// SPDX-License-Identifier: GPL-2.0-or-later
// As much of X.509 as it takes to hand certificates to an IKE daemon.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/expected.h"

namespace sallyport::daemon {

/// The certificate in a file's content, as DER: the first of a PEM file (RFC 7468 §5), or DER as it
/// is. The error reads after "found ".
Expected<std::string, std::string> ParseCertificate(std::string_view content);

/// The subject of a DER certificate, as DER (RFC 5280 §4.1.2.6); nothing if it is none. Borrowed.
std::optional<std::span<const uint8_t>> SubjectOf(std::string_view certificate);

/// What is wrong with a private key's file, after "found "; nothing for a key in PEM without a
/// passphrase (RFC 7468 §10; PKCS #1 and SEC 1 have labels of their own).
std::optional<std::string> PrivateKeyMistake(std::string_view content);

}  // namespace sallyport::daemon
