"""Certificates for tests, made by the openssl command."""

import os
import subprocess

import harness

NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


def openssl(*args):
    subprocess.run(["openssl", *args], check=True, capture_output=True, timeout=harness.TIMEOUT_S)


class Authority:
    """A CA whose files, and those of what it signs, are in `folder`."""

    def __init__(self, folder, name):
        self.folder = folder
        self.certificate, self._key = self._files(name)
        openssl("req", "-x509", *NEW_KEY, "-subj", "/CN=" + name, "-days", "3650",
                "-keyout", self._key, "-out", self.certificate)

    def _files(self, name):
        return os.path.join(self.folder, name + ".crt"), os.path.join(self.folder, name + ".key")

    def sign(self, name, days=30, into=None, hosts="DNS:localhost,IP:127.0.0.1"):
        """Files (certificate, key) of `hosts`; `into` takes their names instead of `name`."""
        certificate, key = self._files(into or name)
        request, extensions = certificate + ".req", certificate + ".ext"
        with open(extensions, "w", encoding="utf-8") as file:
            file.write("subjectAltName=%s\n" % hosts)
        openssl("req", *NEW_KEY, "-subj", "/CN=" + name, "-keyout", key, "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self._key,
                "-CAcreateserial", "-days", str(days), "-extfile", extensions, "-out", certificate)
        return certificate, key

    def flags(self, pair):
        """What makes a service or the tool show `pair` and trust this CA."""
        return ["--tls-cert", pair[0], "--tls-key", pair[1], "--tls-ca", self.certificate]
