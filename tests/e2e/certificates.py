"""Certificates made on the spot with the openssl command: an authority, and what it signs."""
import os
import pathlib

import harness


class Authority:
    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.file = self.directory / "ca.pem"
        self._key = self.directory / "ca.key"
        harness.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 2,
                     "-subj", "/CN=test authority", "-keyout", self._key, "-out", self.file,
                     "-addext", "keyUsage=critical,keyCertSign,cRLSign"])

    def make(self, name, hosts="DNS:localhost,IP:127.0.0.1", days=1):
        """-> (certificate, key), the key 0600"""
        key, request = self.directory / f"{name}.key", self.directory / f"{name}.csr"
        certificate, wish = self.directory / f"{name}.pem", self.directory / f"{name}.ext"
        harness.run(["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                     "-keyout", key, "-out", request])
        wish.write_text(f"subjectAltName={hosts}\n")
        harness.run(["openssl", "x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self._key, "-CAcreateserial",
                     "-days", days, "-extfile", wish, "-out", certificate])
        os.chmod(key, 0o600)
        return certificate, key


def install(pair, to):
    """Renames copies over the two files `to`, certificate first, as renewals do."""
    for source, target in zip(pair, to):
        fresh = target.with_suffix(target.suffix + ".new")
        fresh.write_bytes(source.read_bytes())
        os.chmod(fresh, 0o600)
        os.replace(fresh, target)
