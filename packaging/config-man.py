#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""sallyport.toml(5) in scdoc, from the daemon's own table of keys: config-man.py PATH_OF_SALLYPORTD"""

import json
import subprocess
import sys
from itertools import groupby

ARRAYS = {"pool", "dial", "l2tp.peer", "ipsec.key", "ipsec.connection"}
HEAD = """sallyport.toml(5)

# NAME

sallyport.toml - configuration of sallyportd

# DESCRIPTION

*sallyportd*(8) reads _/etc/sallyport/sallyport.toml_ and the files that it
names. The format is TOML. Unknown keys and wrong values are errors, which are
reported with file, line and column. *sallyport config check* checks a file,
*sallyport reload* has a running daemon take it over.

Where a key names a file, *credential:NAME* may stand instead of a path: the
file of that name in _$CREDENTIALS_DIRECTORY_, where systemd puts what
_LoadCredential=_ or _LoadCredentialEncrypted=_ of the unit names, see
*systemd.exec*(5). systemd reads credentials when it starts the service: one
that has changed needs a restart, not a reload.

The smallest configuration that works:

```
[ipsec]
psk_file = "/etc/sallyport/psk"

[ppp]
users_file = "/etc/sallyport/users"

[[pool]]
ranges = ["10.64.0.0/16"]
gateway = "10.64.0.1"
```
"""
TAIL = """
# THE USERS FILE

The file that *ppp.users\\_file* names has the format of pppd's _chap-secrets_, a
user a line, and is read again by itself when it changes:

	_client_ _server_ _secret_ [_address_...|*\\**|*-*] [*--* _options_]

_client_
	The user's name. *\\** is every user that no other line names.

_server_
	*l2tp.host\\_name*, or *\\**. A line for another name can never match.

_secret_
	The password, or the NT hash as *nt:* and 32 hexadecimal digits.

_address_
	IPv4 addresses of the user's own, of which each session gets the first that
	is free; *\\** or nothing: one from the pool; *-*: the user may not connect.

Blanks separate words, *\\#* begins a comment, quotes hold blanks, and a backslash
makes the next character stand for itself. What follows *--* is read and ignored.
A file with any error is refused as a whole.

# SEE ALSO

*sallyport*(1), *sallyportd*(8)
"""


def escaped(text: str) -> str:
    """Text that scdoc takes as it is."""
    for character in "\\_*<>[]#":
        text = text.replace(character, "\\" + character)
    return text


def entry(key: dict) -> str:
    name = key["key"].rsplit(".", 1)[1]
    if key["required"]:
        default = "Must be given."
    elif key["default"] is not None:
        default = f"Default: {escaped(key['default'])}."
    else:
        default = f"Without it: {escaped(key['absent'])}."
    change = "a reload" if key["live"] else "a restart"
    return (
        f"*{escaped(name)}* = {escaped(key['expected'])}\n"
        f"\t{escaped(key['help'])} {default} A change takes effect with {change}.\n"
    )


def main() -> None:
    output = subprocess.run(
        [sys.argv[1], "--explain", "", "--json"], check=True, capture_output=True, text=True
    ).stdout
    print(HEAD)
    for section, keys in groupby(json.loads(output), key=lambda key: key["key"].rsplit(".", 1)[0]):
        brackets = f"[[{section}]]" if section in ARRAYS else f"[{section}]"
        print(f"# SECTION {brackets}\n")  # a heading is taken as it is
        print("\n".join(entry(key) for key in keys))
    print(TAIL)


if __name__ == "__main__":
    main()
