# SPDX-License-Identifier: GPL-2.0-or-later
"""A certification authority for one scenario, made with openssl."""

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Certificate:
    """A certificate with its private key, both in PEM."""

    certificate: Path
    private_key: Path


class Authority:
    """A CA. `folder` is a new one of its own."""

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir()
        self._folder = folder
        self._issued = 0
        self.own = Certificate(folder / "ca.crt", folder / "ca.key")
        self._openssl(
            *f"req -x509 -newkey rsa:2048 -nodes -days 30 -subj /O=lab/CN={name}".split(),
            *f"-keyout {self.own.private_key} -out {self.own.certificate}".split(),
            *"-addext basicConstraints=critical,CA:TRUE".split(),
            *"-addext keyUsage=critical,keyCertSign,cRLSign".split(),
        )
        (folder / "index.txt").touch()
        (folder / "crlnumber").write_text("01\n")
        (folder / "ca.conf").write_text(
            f"[ca]\ndefault_ca = lab\n[lab]\ndatabase = {folder}/index.txt\ncrlnumber = {folder}/crlnumber\n"
            f"default_md = sha256\ndefault_crl_days = 7\ncertificate = {self.own.certificate}\n"
            f"private_key = {self.own.private_key}\ncrl_extensions = crl\n"
            # charon finds the list of a CA by this.
            "[crl]\nauthorityKeyIdentifier = keyid:always\n"
        )

    def issue(self, name: str, alternative: str, days: int = 7) -> Certificate:
        """A certificate for CN `name` with a subjectAltName as openssl writes it: `IP:203.0.113.10`, `DNS:gw`.

        With `days` 0 it has expired.
        """
        self._issued += 1
        stem = self._folder / name
        issued = Certificate(stem.with_suffix(".crt"), stem.with_suffix(".key"))
        request = stem.with_suffix(".csr")
        self._openssl(
            *f"req -newkey rsa:2048 -nodes -subj /O=lab/CN={name}".split(),
            *f"-keyout {issued.private_key} -out {request}".split(),
        )
        extensions = stem.with_suffix(".ext")
        extensions.write_text(
            f"subjectAltName={alternative}\nkeyUsage=digitalSignature\nextendedKeyUsage=serverAuth,clientAuth\n"
            "authorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\n"
        )
        self._openssl(
            *f"x509 -req -in {request} -out {issued.certificate} -days {days} -extfile {extensions}".split(),
            *f"-CA {self.own.certificate} -CAkey {self.own.private_key} -set_serial {self._issued}".split(),
        )
        issued.private_key.chmod(0o600)
        return issued

    def revoke(self, *certificates: Certificate) -> Path:
        """A list of revoked certificates, in PEM."""
        for certificate in certificates:
            self._openssl(
                *f"ca -config {self._folder}/ca.conf -revoke".split(), str(certificate.certificate)
            )
        crl = self._folder / "ca.crl"
        self._openssl(*f"ca -config {self._folder}/ca.conf -gencrl -out {crl}".split())
        return crl

    @staticmethod
    def _openssl(*arguments: str) -> None:
        result = subprocess.run(
            ["openssl", *arguments],
            check=False,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert result.returncode == 0, f"openssl {' '.join(arguments)}:\n{result.stdout}"
