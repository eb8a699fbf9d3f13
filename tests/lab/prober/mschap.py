# SPDX-License-Identifier: GPL-2.0-or-later
"""MS-CHAPv2 (RFC 2759 §8) with MD4 (RFC 1320) and DES (FIPS 46-3), which hashlib lacks or hides."""

import hashlib
import struct
from collections.abc import Iterable

# -- MD4

_MASK = 0xFFFFFFFF
# RFC 1320 §3.4: of each round the order of the words, the shifts, and the constant.
_MD4_ROUNDS = (
    (tuple(range(16)), (3, 7, 11, 19), 0),
    ((0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15), (3, 5, 9, 13), 0x5A827999),
    ((0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15), (3, 9, 11, 15), 0x6ED9EBA1),
)


def _mix(round_number: int, x: int, y: int, z: int) -> int:
    if round_number == 0:
        return (x & y) | (~x & z)
    if round_number == 1:
        return (x & y) | (x & z) | (y & z)
    return x ^ y ^ z


def md4(octets: bytes) -> bytes:
    """The digest of RFC 1320."""
    padded = (
        octets + b"\x80" + b"\0" * ((55 - len(octets)) % 64) + struct.pack("<Q", 8 * len(octets))
    )
    state = [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476]
    for start in range(0, len(padded), 64):
        words = struct.unpack("<16I", padded[start : start + 64])
        a, b, c, d = state
        for number, (order, shifts, constant) in enumerate(_MD4_ROUNDS):
            for step, word in enumerate(order):
                total = (a + _mix(number, b, c, d) + words[word] + constant) & _MASK
                shift = shifts[step % 4]
                a, b, c, d = d, (total << shift | total >> (32 - shift)) & _MASK, b, c
        state = [(old + new) & _MASK for old, new in zip(state, (a, b, c, d), strict=True)]
    return struct.pack("<4I", *state)


# -- DES: the tables of FIPS 46-3, in which bits are counted from 1

_IP = [58 - 8 * (i % 8) + 2 * (i // 8) for i in range(32)] + [
    57 - 8 * (i % 8) + 2 * (i // 8) for i in range(32)
]
_IP_INVERSE = [_IP.index(i + 1) + 1 for i in range(64)]
_E = [(4 * (i // 6) + i % 6 - 1) % 32 + 1 for i in range(48)]
_P = [16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10]
_P += [2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4, 25]
_PC1 = [
    57,
    49,
    41,
    33,
    25,
    17,
    9,
    1,
    58,
    50,
    42,
    34,
    26,
    18,
    10,
    2,
    59,
    51,
    43,
    35,
    27,
    19,
    11,
    3,
    60,
    52,
    44,
    36,
]
_PC1 += [
    63,
    55,
    47,
    39,
    31,
    23,
    15,
    7,
    62,
    54,
    46,
    38,
    30,
    22,
    14,
    6,
    61,
    53,
    45,
    37,
    29,
    21,
    13,
    5,
    28,
    20,
    12,
    4,
]
_PC2 = [14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4, 26, 8, 16, 7, 27, 20, 13, 2]
_PC2 += [
    41,
    52,
    31,
    37,
    47,
    55,
    30,
    40,
    51,
    45,
    33,
    48,
    44,
    49,
    39,
    56,
    34,
    53,
    46,
    42,
    50,
    36,
    29,
    32,
]
_SHIFTS = (1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1)
# A row of 16 hexadecimal digits for each value of the two outer bits.
_S = (
    "e4d12fb83a6c5907 0f74e2d1a6cb9538 41e8d62bfc973a50 fc8249175b3ea06d",
    "f18e6b34972dc05a 3d47f28ec01a69b5 0e7ba4d158c6932f d8a13f42b67c05e9",
    "a09e63f51dc7b428 d709346a285ecbf1 d6498f30b12c5ae7 1ad069874fe3b52c",
    "7de3069a1285bc4f d8b56f03472c1ae9 a690cb7df13e5284 3f06a1d8945bc72e",
    "2c417ab6853fd0e9 eb2c47d150fa3986 421bad78f9c5630e b8c71e2d6f09a453",
    "c1af92680d34e75b af427c9561de0b38 9ef528c3704a1db6 432c95fabe17608d",
    "4b2ef08d3c975a61 d0b7491ae35c2f86 14bdc37eaf680592 6bd814a7950fe23c",
    "d2846fb1a93e50c7 1fd8a374c56b0e92 7b419ce206adf358 21e74a8dfc90356b",
)
_S_BOXES = [[int(digit, 16) for digit in box.replace(" ", "")] for box in _S]


def _permuted(value: int, size: int, table: Iterable[int]) -> int:
    out = 0
    for bit in table:
        out = out << 1 | value >> (size - bit) & 1
    return out


def _round_keys(key: int) -> list[int]:
    both = _permuted(key, 64, _PC1)
    c, d = both >> 28, both & 0xFFFFFFF
    keys = []
    for shift in _SHIFTS:
        c = (c << shift | c >> (28 - shift)) & 0xFFFFFFF
        d = (d << shift | d >> (28 - shift)) & 0xFFFFFFF
        keys.append(_permuted(c << 28 | d, 56, _PC2))
    return keys


def _substituted(half: int, key: int) -> int:
    mixed = _permuted(half, 32, _E) ^ key
    out = 0
    for number, box in enumerate(_S_BOXES):
        six = mixed >> (42 - 6 * number) & 0x3F
        row = six >> 4 & 2 | six & 1
        out = out << 4 | box[16 * row + (six >> 1 & 0xF)]
    return _permuted(out, 32, _P)


def des(clear: bytes, key: bytes) -> bytes:
    """DesEncrypt of RFC 2759 §8.6: 8 octets under a key of 7, into which the parity bits are to be put."""
    bits = int.from_bytes(key, "big")
    whole = 0
    for number in range(8):
        whole = whole << 8 | (bits >> (49 - 7 * number) & 0x7F) << 1
    block = _permuted(int.from_bytes(clear, "big"), 64, _IP)
    left, right = block >> 32, block & _MASK
    for round_key in _round_keys(whole):
        left, right = right, left ^ _substituted(right, round_key)
    return _permuted(right << 32 | left, 64, _IP_INVERSE).to_bytes(8, "big")


# -- MS-CHAPv2


def password_hash(password: str) -> bytes:
    """§8.3 NtPasswordHash."""
    return md4(password.encode("utf-16-le"))


def challenge_hash(peer_challenge: bytes, challenge: bytes, user: bytes) -> bytes:
    """§8.2 ChallengeHash; `user` without its domain."""
    name = user.rpartition(b"\\")[2]
    return hashlib.sha1(peer_challenge + challenge + name).digest()[:8]


def nt_response(challenge: bytes, peer_challenge: bytes, user: bytes, password: str) -> bytes:
    """§8.1 GenerateNTResponse."""
    mixed = challenge_hash(peer_challenge, challenge, user)
    keys = password_hash(password).ljust(21, b"\0")  # §8.5
    return b"".join(des(mixed, keys[start : start + 7]) for start in (0, 7, 14))


def authenticator_response(
    challenge: bytes, peer_challenge: bytes, user: bytes, password: str, response: bytes
) -> str:
    """§8.7 GenerateAuthenticatorResponse: "S=" and 40 hexadecimal digits."""
    hash_of_hash = md4(password_hash(password))
    digest = hashlib.sha1(
        hash_of_hash + response + b"Magic server to client signing constant"
    ).digest()
    mixed = challenge_hash(peer_challenge, challenge, user)
    more = b"Pad to make it do more than one iteration"
    return "S=" + hashlib.sha1(digest + mixed + more).hexdigest().upper()
