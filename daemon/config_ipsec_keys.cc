// SPDX-License-Identifier: GPL-2.0-or-later
// [ipsec], [[ipsec.key]] and [[ipsec.connection]].
#include "daemon/config_key_access.h"

namespace sallyport::daemon {
namespace {

template <auto Member>
auto& InKey(Config& config) {
  return config.ipsec.keys.back().*Member;
}
template <auto Member>
auto& InConnection(Config& config) {
  return config.ipsec.connections.back().*Member;
}
template <auto Member>
size_t WordInConnection(Config& config) {
  return static_cast<size_t>(InConnection<Member>(config));
}
template <auto Member>
void SetWordInConnection(Config& config, size_t word) {
  auto& target = InConnection<Member>(config);
  target = static_cast<std::remove_reference_t<decltype(target)>>(word);
}

// In the order of IkeVersions and of RevocationPolicy.
constexpr std::string_view kIkeWords[] = {"ikev1", "ikev2", "both"};
constexpr std::string_view kRevocationWords[] = {"strict", "ifuri", "relaxed"};

// In the order of EspOffload.
constexpr std::string_view kOffloadWords[] = {"no", "auto", "crypto", "packet"};
constexpr size_t kMaxCas = 16;             // local policy
constexpr size_t kMaxIdentities = 256;     // local policy
constexpr size_t kMaxConnectionName = 32;  // local policy

constexpr ConfigKey kKeys[] = {
    {.section = "ipsec",
     .name = "required",
     .required = false,
     .field = BooleanField{&In<&Config::ipsec, &IpsecConfig::required>},
     .absent = {},
     .help = "Whether L2TP is accepted only inside IPsec (RFC 3193). Without it nothing is "
             "encrypted: for tests, and for networks that are protected in another way."},
    {.section = "ipsec",
     .name = "psk_file",
     .required = false,
     .field = PathField{&In<&Config::ipsec, &IpsecConfig::psk_file>, kMaxPath},
     .absent = "no file; psk holds the key",
     .help = "The file whose first line is the pre-shared key of all clients: text, 0x and "
             "hexadecimal digits, or 0s and Base64. "
             "Only root and the daemon should be able to read it.",
     .live = true},
    {.section = "ipsec",
     .name = "psk",
     .required = false,
     .field = SecretField{&In<&Config::ipsec, &IpsecConfig::psk>, true},
     .absent = "no key; psk_file names the file that holds it",
     .help = "The pre-shared key itself, in the same forms, instead of psk_file.",
     .live = true},
    {.section = "ipsec",
     .name = "vici",
     .required = false,
     .field = PathField{&In<&Config::ipsec, &IpsecConfig::vici>, kMaxSocketPath},
     .absent = "the socket is looked for where distributions put it",
     .help = "The VICI socket of strongSwan's charon, which does IKE for us."},
    {.section = "ipsec",
     .name = "ike",
     .required = false,
     .field = WordField{&WordOf<&Config::ipsec, &IpsecConfig::ike>,
                        &SetWord<&Config::ipsec, &IpsecConfig::ike>, kIkeWords},
     .absent = {},
     .help = "The versions of IKE that clients may speak. The L2TP/IPsec clients of operating "
             "systems all speak version 1, in main mode.",
     .live = true},
    {.section = "ipsec",
     .name = "legacy",
     .required = false,
     .field = BooleanField{&In<&Config::ipsec, &IpsecConfig::legacy>},
     .absent = {},
     .help =
         "Whether 3DES and the groups MODP 1536 and 1024 are accepted as well, after everything "
         "better: for Android up to 11, Windows Vista and others of their age. A strong "
         "adversary may read what such a client sends.",
     .live = true},
    {.section = "ipsec",
     .name = "sha256_96",
     .required = false,
     .field = BooleanField{&In<&Config::ipsec, &IpsecConfig::sha256_96>},
     .absent = {},
     .help =
         "Whether ESP with SHA-256 is cut to 96 bits, as Android 4 to 7 does against RFC 4868. It "
         "holds for all these clients and shuts out those that do it right; it needs legacy.",
     .live = true},
    {.section = "ipsec",
     .name = "certificate_file",
     .required = false,
     .field = PathField{&In<&Config::ipsec, &IpsecConfig::certificate_file>, kMaxPath},
     .absent = "no certificate",
     .help = "Our certificate, in PEM or DER. Windows wants the name or address that it dials as "
             "subjectAltName.",
     .live = true},
    {.section = "ipsec",
     .name = "private_key_file",
     .required = false,
     .field = PathField{&In<&Config::ipsec, &IpsecConfig::private_key_file>, kMaxPath},
     .absent = "no private key",
     .help = "Its private key, in PEM and without a passphrase. Only root and the daemon should be "
             "able to read it.",
     .live = true},
    {.section = "ipsec",
     .name = "ca_files",
     .required = false,
     .field = PathListField{&In<&Config::ipsec, &IpsecConfig::ca_files>, kMaxCas},
     .absent = {},
     .help = "The CAs whose certificates clients may have, a file each, in PEM or DER.",
     .live = true},
    {.section = "ipsec",
     .name = "client_certificates",
     .required = false,
     .field = BooleanField{&In<&Config::ipsec, &IpsecConfig::client_certificates>},
     .absent = {},
     .help = "Whether a client that we show our certificate to needs one of its own. Without, a "
             "client with IKEv2 and the pre-shared key will do; IKEv1 knows no such way.",
     .live = true},
    {.section = "ipsec",
     .name = "revocation",
     .required = false,
     .field = WordField{&WordOf<&Config::ipsec, &IpsecConfig::revocation>,
                        &SetWord<&Config::ipsec, &IpsecConfig::revocation>, kRevocationWords},
     .absent = {},
     .help = "What is demanded of CRLs and OCSP for the certificates of clients: \"strict\" a "
             "fresh answer that it is good, \"ifuri\" the same where a certificate names a CRL or "
             "an OCSP server, \"relaxed\" no answer that it is revoked.",
     .live = true},
    {.section = "ipsec",
     .name = "setup_timeout",
     .required = false,
     .field = NumberField{&In<&Config::ipsec, &IpsecConfig::setup_timeout>, 5, 300, "seconds"},
     .absent = {},
     .help = "How long a new SA may be without a tunnel before it is deleted.",
     .live = true},
    {.section = "ipsec",
     .name = "linger",
     .required = false,
     .field = NumberField{&In<&Config::ipsec, &IpsecConfig::linger>, 0, 300, "seconds"},
     .absent = {},
     .help = "How long an SA is kept when its last tunnel has ended, for a client that dials again "
             "on it.",
     .live = true},
    {.section = "ipsec",
     .name = "dpd_delay",
     .required = false,
     .field = NumberField{&In<&Config::ipsec, &IpsecConfig::dpd_delay>, 5, 3600, "seconds"},
     .absent = {},
     .help = "How long nothing may come from a peer before IKE asks whether it is still there "
             "(RFC 3706).",
     .live = true},
    {.section = "ipsec",
     .name = "dpd_timeout",
     .required = false,
     .field = NumberField{&In<&Config::ipsec, &IpsecConfig::dpd_timeout>, 10, 86400, "seconds"},
     .absent = {},
     .help = "How long a peer of IKEv1 may leave that unanswered before its SAs are deleted. Of "
             "IKEv2, charon's retransmissions decide.",
     .live = true},
    {.section = "ipsec",
     .name = "offload",
     .required = false,
     .field = WordField{&WordOf<&Config::ipsec, &IpsecConfig::offload>,
                        &SetWord<&Config::ipsec, &IpsecConfig::offload>, kOffloadWords},
     .absent = {},
     .help =
         "Whether network cards are to do ESP: \"auto\" where they can, \"crypto\" (the ciphers) "
         "or \"packet\" (all of it) always, so that an SA that the card does not take is not "
         "made.",
     .live = true},
    {.section = kIpsecKeySection,
     .name = "identities",
     .required = false,
     .field = NameListField{&InKey<&IpsecKeyConfig::identities>, kMaxIdentities},
     .absent = {},
     .help = "The identities of the clients, as they send them: host names, user@host, addresses. "
             "They are known in time with IKEv2 only; of IKEv1 clients it is the address that "
             "counts.",
     .live = true},
    {.section = kIpsecKeySection,
     .name = "addresses",
     .required = false,
     .field = PrefixListField{&InKey<&IpsecKeyConfig::addresses>, kMaxPrefixes, true},
     .absent = {},
     .help = "Where the clients come from: the outer address, of a NAT for those behind one.",
     .live = true},
    {.section = kIpsecKeySection,
     .name = "psk_file",
     .required = false,
     .field = PathField{&InKey<&IpsecKeyConfig::psk_file>, kMaxPath},
     .absent = "no file; psk holds the key",
     .help = "The file whose first line is their pre-shared key, in the forms of ipsec.psk_file.",
     .live = true},
    {.section = kIpsecKeySection,
     .name = "psk",
     .required = false,
     .field = SecretField{&InKey<&IpsecKeyConfig::psk>, true},
     .absent = "no key; psk_file names the file that holds it",
     .help = "The key itself, instead of psk_file.",
     .live = true},
    {.section = kIpsecConnectionSection,
     .name = "name",
     .required = true,
     .field = IdentifierField{&InConnection<&IpsecConnectionConfig::name>, kMaxConnectionName},
     .absent = {},
     .help = "The connection's name, its own.",
     .live = true},
    {.section = kIpsecConnectionSection,
     .name = "local_addresses",
     .required = false,
     .field =
         AddressListField{&InConnection<&IpsecConnectionConfig::local_addresses>, kMaxListen, true},
     .absent = {},
     .help = "The addresses of ours that it is for. An empty list means those of l2tp.listen.",
     .live = true},
    {.section = kIpsecConnectionSection,
     .name = "remote_addresses",
     .required = false,
     .field = PrefixListField{&InConnection<&IpsecConnectionConfig::remote_addresses>, kMaxPrefixes,
                              true},
     .absent = {},
     .help = "Where its clients come from. An empty list means anywhere.",
     .live = true},
    {.section = kIpsecConnectionSection,
     .name = "psk_file",
     .required = false,
     .field = PathField{&InConnection<&IpsecConnectionConfig::psk_file>, kMaxPath},
     .absent = "no file; psk holds the key, or that of [ipsec] is meant",
     .help = "The file whose first line is the pre-shared key of its clients, in the forms of "
             "ipsec.psk_file.",
     .live = true},
    {.section = kIpsecConnectionSection,
     .name = "psk",
     .required = false,
     .field = SecretField{&InConnection<&IpsecConnectionConfig::psk>, true},
     .absent = "no key; psk_file names the file that holds it",
     .help = "The key itself, instead of psk_file.",
     .live = true},
    {.section = kIpsecConnectionSection,
     .name = "ike",
     .required = false,
     .field = WordField{&WordInConnection<&IpsecConnectionConfig::ike>,
                        &SetWordInConnection<&IpsecConnectionConfig::ike>, kIkeWords},
     .absent = {},
     .help = "As ipsec.ike.",
     .live = true},
    {.section = kIpsecConnectionSection,
     .name = "legacy",
     .required = false,
     .field = BooleanField{&InConnection<&IpsecConnectionConfig::legacy>},
     .absent = {},
     .help = "As ipsec.legacy.",
     .live = true},
    {.section = kIpsecConnectionSection,
     .name = "sha256_96",
     .required = false,
     .field = BooleanField{&InConnection<&IpsecConnectionConfig::sha256_96>},
     .absent = {},
     .help = "As ipsec.sha256_96.",
     .live = true},
    {.section = kIpsecConnectionSection,
     .name = "certificate_file",
     .required = false,
     .field = PathField{&InConnection<&IpsecConnectionConfig::certificate_file>, kMaxPath},
     .absent = "no certificate",
     .help = "As ipsec.certificate_file.",
     .live = true},
    {.section = kIpsecConnectionSection,
     .name = "private_key_file",
     .required = false,
     .field = PathField{&InConnection<&IpsecConnectionConfig::private_key_file>, kMaxPath},
     .absent = "no private key",
     .help = "As ipsec.private_key_file.",
     .live = true},
    {.section = kIpsecConnectionSection,
     .name = "ca_files",
     .required = false,
     .field = PathListField{&InConnection<&IpsecConnectionConfig::ca_files>, kMaxCas},
     .absent = {},
     .help = "As ipsec.ca_files.",
     .live = true},
    {.section = kIpsecConnectionSection,
     .name = "client_certificates",
     .required = false,
     .field = BooleanField{&InConnection<&IpsecConnectionConfig::client_certificates>},
     .absent = {},
     .help = "As ipsec.client_certificates.",
     .live = true},
    {.section = kIpsecConnectionSection,
     .name = "revocation",
     .required = false,
     .field = WordField{&WordInConnection<&IpsecConnectionConfig::revocation>,
                        &SetWordInConnection<&IpsecConnectionConfig::revocation>, kRevocationWords},
     .absent = {},
     .help = "As ipsec.revocation.",
     .live = true},
};

}  // namespace

std::span<const ConfigKey> IpsecKeys() { return kKeys; }

}  // namespace sallyport::daemon
