// SPDX-License-Identifier: GPL-2.0-or-later
// [[dial]].
#include "daemon/config_key_access.h"

namespace sallyport::daemon {
namespace {

template <auto Member>
auto& InDial(Config& config) {
  return config.dials.back().*Member;
}
size_t DirectionOf(Config& config) { return static_cast<size_t>(config.dials.back().direction); }
void SetDirection(Config& config, size_t word) {
  config.dials.back().direction = static_cast<l2tp::CallDirection>(word);
}

// In the order of l2tp::CallDirection.
constexpr std::string_view kDirectionWords[] = {"incoming", "outgoing"};

constexpr size_t kMaxNumber = 64;  // local policy
// linux/if.h: IFNAMSIZ is 16 with the end of the text; two digits are for the session's number.
constexpr size_t kMaxDialName = 13;

constexpr ConfigKey kKeys[] = {
    {.section = kDialSection,
     .name = "name",
     .required = true,
     .field = IdentifierField{&InDial<&DialConfig::name>, kMaxDialName},
     .absent = {},
     .help = "The name of the dial, its own, and of its network interface. With several "
             "sessions the interfaces have a number behind it."},
    {.section = kDialSection,
     .name = "server",
     .required = true,
     .field = ServerField{&InDial<&DialConfig::server>},
     .absent = {},
     .help = "The L2TP server (LNS). A name is looked up anew for each attempt."},
    {.section = kDialSection,
     .name = "secret_file",
     .required = false,
     .field = PathField{&InDial<&DialConfig::secret_file>, kMaxPath},
     .absent = "no secret",
     .help = "The file whose first line is the tunnel secret shared with the server."},
    {.section = kDialSection,
     .name = "challenge",
     .required = false,
     .field = BooleanField{&InDial<&DialConfig::challenge>},
     .absent = "true with a secret, else false",
     .help = "Whether the server has to prove that it knows the secret."},
    {.section = kDialSection,
     .name = "hide_avps",
     .required = false,
     .field = BooleanField{&InDial<&DialConfig::hide_avps>},
     .absent = {},
     .help = "Whether what we send is hidden with the secret as far as RFC 2661 §4.3 "
             "permits."},
    {.section = kDialSection,
     .name = "user",
     .required = true,
     .field = NameField{&InDial<&DialConfig::user>, kMaxUser},
     .absent = {},
     .help = "The name that we log in with."},
    {.section = kDialSection,
     .name = "password_file",
     .required = true,
     .field = PathField{&InDial<&DialConfig::password_file>, kMaxPath},
     .absent = {},
     .help = "The file whose first line is the password. Only root and the daemon should be "
             "able to read it."},
    {.section = kDialSection,
     .name = "auth",
     .required = false,
     .field = AuthListField{&InDial<&DialConfig::auth>},
     .absent = {},
     .help = "How we may log in, the best first. With \"chap\" and \"pap\" the server proves"
             " nothing to us; \"eap\" goes by eap_methods."},
    {.section = kDialSection,
     .name = "eap_methods",
     .required = false,
     .field = EapListField{&InDial<&DialConfig::eap_methods>, true},
     .absent = {},
     .help = "The methods of EAP (RFC 3748) by which we may log in, the best first. With "
             "\"md5\" the server proves nothing to us."},
    {.section = kDialSection,
     .name = "ipsec",
     .required = false,
     .field = BooleanField{&InDial<&DialConfig::ipsec>},
     .absent = "as ipsec.required",
     .help = "Whether the tunnel runs inside IPsec. It cannot be another than "
             "ipsec.required; said here it cannot change unnoticed."},
    {.section = kDialSection,
     .name = "psk_file",
     .required = false,
     .field = PathField{&InDial<&DialConfig::psk_file>, kMaxPath},
     .absent = "the key of [ipsec]",
     .help = "The file whose first line is the pre-shared key for this server, in the forms "
             "of ipsec.psk_file."},
    {.section = kDialSection,
     .name = "routes",
     .required = false,
     .field = PrefixListField{&InDial<&DialConfig::routes>, kMaxPrefixes, false},
     .absent = {},
     .help = "What is behind the server: routes into the interface of the first session, as long "
             "as it is up."},
    {.section = kDialSection,
     .name = "sessions",
     .required = false,
     .field = NumberField{&InDial<&DialConfig::sessions>, 1, 64, {}},
     .absent = {},
     .help = "How many sessions there are on the tunnel, each with its own login and "
             "interface."},
    {.section = kDialSection,
     .name = "redial",
     .required = false,
     .field = NumberField{&InDial<&DialConfig::redial>, 1, 3600, "seconds"},
     .absent = {},
     .help = "How long after the first failure it is tried again. Each further wait is twice"
             " as long, less a random part of up to a quarter."},
    {.section = kDialSection,
     .name = "redial_max",
     .required = false,
     .field = NumberField{&InDial<&DialConfig::redial_max>, 1, 86400, "seconds"},
     .absent = {},
     .help = "The longest of these waits."},
    {.section = kDialSection,
     .name = "mtu",
     .required = false,
     .field = NumberField{&InDial<&DialConfig::mtu>, 576, 1500, "octets"},
     .absent = {},
     .help = "The largest IP packet inside the sessions, both ways, as ppp.mtu."},
    {.section = kDialSection,
     .name = "called_number",
     .required = false,
     .field = NameField{&InDial<&DialConfig::called_number>, kMaxNumber},
     .absent = "none is sent",
     .help = "The Called Number of the call (RFC 2661 §4.4.4), for a server that chooses by "
             "it."},
    {.section = kDialSection,
     .name = "direction",
     .required = false,
     .field = WordField{&DirectionOf, &SetDirection, kDirectionWords},
     .absent = {},
     .help = "Who places the call (RFC 2661 §5.2). \"incoming\": we do, as a LAC (ICRQ). "
             "\"outgoing\": we are an LNS that has the server place it (OCRQ), as a LAC that "
             "calls called_number for us."},
};

}  // namespace

std::span<const ConfigKey> DialKeys() { return kKeys; }

}  // namespace sallyport::daemon
