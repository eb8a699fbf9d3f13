// SPDX-License-Identifier: GPL-2.0-or-later
// As much of X.509 as it takes to hand certificates to an IKE daemon.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/expected.h"

namespace sallyport::daemon {

/// The certificate in a file's content, as DER: the first of a PEM file (RFC 7468 §5), or DER as it
/// is. The error reads after "found ".
Expected<std::string, std::string> ParseCertificate(std::string_view content);

/// The subject of a DER certificate, as DER (RFC 5280 §4.1.2.6); nothing if it is none. Borrowed.
std::optional<std::span<const uint8_t>> SubjectOf(std::string_view certificate);

/// Seconds of the Unix clock in a certificate's words.
using CertificateTime = std::chrono::sys_seconds;

/// Why clients may refuse our own certificate, or soon will: its time, names, and what it is for
/// (RFC 5280 §4.1.2.5, §4.2.1.6, §4.2.1.12). Each reads after "found "; none when all is well, or
/// when it is no certificate.
std::vector<std::string> FlawsOf(std::string_view certificate, CertificateTime now);

/// What is wrong with a private key's file, after "found "; nothing for a key in PEM without a
/// passphrase (RFC 7468 §10; PKCS #1 and SEC 1 have labels of their own).
std::optional<std::string> PrivateKeyMistake(std::string_view content);

}  // namespace sallyport::daemon
