// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string_view>

namespace sallyport::daemon {

// openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -subj /C=CH/CN=gateway
inline constexpr std::string_view kCertificatePem = R"(-----BEGIN CERTIFICATE-----
MIIBljCCATugAwIBAgIUSDDmsyATj1lTjr2AGTQlagBYaXcwCgYIKoZIzj0EAwIw
HzELMAkGA1UEBhMCQ0gxEDAOBgNVBAMMB2dhdGV3YXkwIBcNMjYxMTI4MDMwODQz
WhgPMjEyNjExMDQwMzA4NDNaMB8xCzAJBgNVBAYTAkNIMRAwDgYDVQQDDAdnYXRl
d2F5MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAELGNuSBEB2H+yMXjiexuQ6Zw4
gMoH51C/mAIxwCiwmV7JnVDZjXOy8kzARi1AaIedXMTecY46s/05GvdVQOkrmKNT
MFEwHQYDVR0OBBYEFC2WcHA1dCMvMAUeq87RFkSmApkmMB8GA1UdIwQYMBaAFC2W
cHA1dCMvMAUeq87RFkSmApkmMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwID
SQAwRgIhALIMfAGZKKSeCcCHLfaucDdlYZ7sVR1xVdxGJPXgXyMJAiEAg49Xq/Ox
fF6IiAH7vSk6ZFcq4a4L1a83Xus7dFaDSo4=
-----END CERTIFICATE-----)";

}  // namespace sallyport::daemon
