# SPDX-License-Identifier: GPL-2.0-or-later
"""What the clients built into systems offer in IKE and for ESP: each gets the best that both sides have, and MODP 1024 only
where the operator says so."""

from dataclasses import dataclass

from lab import topology
from lab.peers.strongswan import WINDOWS, Charon, Proposals, client_conf
from lab.scenario import Scenario


@dataclass(frozen=True)
class Native:
    """A client, and what comes of its offer: nothing where the proposal for ESP is empty."""

    offer: Proposals
    ike: str
    esp: str
    legacy_ike: str
    legacy_esp: str


def _each(groups: tuple[str, ...], ciphers: tuple[str, ...]) -> str:
    return ",".join(f"{cipher}-{group}" for group in groups for cipher in ciphers)


# Apple's order: SHA-256, SHA-1, MD5, SHA-512 for each group, the strongest group first; 3DES last.
_APPLE = _each(
    ("modp2048", "modp1536", "modp1024"),
    ("aes256-sha256", "aes256-sha1", "aes256-md5", "aes256-sha512"),
)
# Android to 11 (racoon): the second group alone.
_ANDROID = _each(
    ("modp1024",),
    (
        *(f"aes256-{prf}" for prf in ("sha384", "sha256", "sha1", "md5")),
        *(f"aes128-{prf}" for prf in ("sha256", "sha1", "md5")),
        *(f"3des-{prf}" for prf in ("sha256", "sha1", "md5")),
    ),
)
_ROUTEROS = _each(("modp2048", "modp1024"), ("aes128-sha1", "3des-sha1"))

NATIVE = {
    "Windows 10 and 11": Native(
        WINDOWS,
        *("AES_CBC-256/HMAC_SHA1_96/PRF_HMAC_SHA1/ECP_384", "AES_CBC-256/HMAC_SHA1_96"),
        *("AES_CBC-256/HMAC_SHA1_96/PRF_HMAC_SHA1/ECP_384", "AES_CBC-256/HMAC_SHA1_96"),
    ),
    "macOS and iOS": Native(
        Proposals(
            f"{_APPLE},3des-sha1-modp1024",
            "aes256-sha1,aes256-md5,aes128-sha1,aes128-md5,3des-sha1,3des-md5",
        ),
        *("AES_CBC-256/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_2048", "AES_CBC-256/HMAC_SHA1_96"),
        *("AES_CBC-256/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_2048", "AES_CBC-256/HMAC_SHA1_96"),
    ),
    "ChromeOS": Native(
        Proposals(
            "aes128-sha256-modp3072,aes128-sha1-modp2048,3des-sha1-modp1536,3des-sha1-modp1024",
            "aes128gcm16,aes128-sha256,aes128-sha1,3des-sha1,3des-md5",
        ),
        *("AES_CBC-128/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_3072", "AES_GCM_16-128"),
        *("AES_CBC-128/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_3072", "AES_GCM_16-128"),
    ),
    "NetworkManager-l2tp": Native(
        Proposals(
            "aes256-sha256-modp2048,aes256-sha256-modp1536,aes256-sha256-modp1024,aes256-sha1-modp2048,"
            "aes256-sha1-modp1536,aes256-sha1-modp1024,aes256-sha1-ecp384,aes128-sha1-modp1024,aes128-sha1-ecp256,"
            "3des-sha1-modp2048,3des-sha1-modp1024",
            "aes256-sha1,aes128-sha1,3des-sha1",
        ),
        *("AES_CBC-256/HMAC_SHA1_96/PRF_HMAC_SHA1/ECP_384", "AES_CBC-256/HMAC_SHA1_96"),
        *("AES_CBC-256/HMAC_SHA1_96/PRF_HMAC_SHA1/ECP_384", "AES_CBC-256/HMAC_SHA1_96"),
    ),
    "Android up to 11": Native(
        Proposals(_ANDROID, "aes256-sha256,aes256-sha1,aes128-sha256,aes128-sha1,3des-sha1"),
        *("", ""),
        *(
            "AES_CBC-256/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_1024",
            "AES_CBC-256/HMAC_SHA2_256_128",
        ),
    ),
    # Its defaults: PFS with MODP 1024.
    "MikroTik RouterOS": Native(
        Proposals(_ROUTEROS, "aes256-sha1-modp1024,aes192-sha1-modp1024,aes128-sha1-modp1024"),
        *("AES_CBC-128/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_2048", ""),
        *(
            "AES_CBC-128/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_2048",
            "AES_CBC-256/HMAC_SHA1_96/MODP_1024",
        ),
    ),
    "MikroTik RouterOS, pfs-group=modp2048": Native(
        Proposals(_ROUTEROS, "aes256-sha1-modp2048,aes192-sha1-modp2048,aes128-sha1-modp2048"),
        *(
            "AES_CBC-128/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_2048",
            "AES_CBC-256/HMAC_SHA1_96/MODP_2048",
        ),
        *(
            "AES_CBC-128/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_2048",
            "AES_CBC-256/HMAC_SHA1_96/MODP_2048",
        ),
    ),
    "Windows Vista": Native(
        Proposals("3des-sha1-modp1024", "3des-sha1"),
        *("", ""),
        *("3DES_CBC/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_1024", "3DES_CBC/HMAC_SHA1_96"),
    ),
}


def _check(charon: Charon, ike: str, esp: str, what: str) -> None:
    """Dials IKE alone, to the end."""
    account = charon.swanctl("--initiate", "--child", "l2tp", "--timeout", "60", check=False)
    if not esp:
        assert "initiate failed" in account, f"{what} was let in: {account}"
        return
    listed = charon.swanctl("--list-sas")
    assert f"  {ike}" in listed and f"ESP:{esp}" in listed, f"{what}:\n{account}\n{listed}"
    charon.swanctl("--terminate", "--ike", "l2tp")


def test_what_native_clients_offer_is_accepted(lab: Scenario) -> None:
    lab.gateway(
        **{
            "ipsec.connection": [
                {
                    "name": "old",
                    "remote_addresses": [topology.OUTER_ADDRESS["client4"]],
                    "legacy": True,
                }
            ]
        }
    )
    for host, legacy in ((lab.net.client3, False), (lab.net.client4, True)):
        charon = Charon(host).start()
        for what, native in NATIVE.items():
            charon.load(client_conf(topology.GATEWAY_OUTER, proposals=native.offer))
            wanted = (native.legacy_ike, native.legacy_esp) if legacy else (native.ike, native.esp)
            _check(charon, *wanted, f"{what} on {host.name}")
        charon.stop()
