"""Prints whose certificates the function of infra/examples/iam-lambda accepts, as JSON.

It runs the function's own source beside a `global-bundle.pem` of one authority, on a system whose roots are of another, and shakes hands
with servers whose certificates are of either, of a third, and for another name.
"""

import datetime
import importlib
import json
import os
import shutil
import ssl
import sys
import tempfile
import types
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

SOURCE = Path(__file__).resolve().parents[2] / "infra/examples/iam-lambda/src/app.py"
HOST = "orders.proxy-c0ffee1234ab.eu-west-1.rds.amazonaws.com"
NOW = datetime.datetime.now(datetime.timezone.utc)


def certificate(name, key, issuer=None):
    """A certificate for the host `name`, or with no issuer that of an authority called so."""
    issuer_name, issuer_key = issuer or (name, key)
    is_authority = issuer is None
    builder = (
        x509.CertificateBuilder()
        .subject_name(called(name))
        .issuer_name(called(issuer_name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - datetime.timedelta(hours=1))
        .not_valid_after(NOW + datetime.timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if is_authority:
        builder = builder.add_extension(x509.KeyUsage(*[usage == 5 for usage in range(9)]), critical=True)  # key_cert_sign alone
    else:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def called(name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:60])])


def accepts(client, directory, authority, name=HOST):
    """Whether the client's side of a handshake takes a server of this name, whose certificate is the authority's."""
    key = ec.generate_private_key(ec.SECP256R1())
    chain = directory / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain.write_bytes(private + certificate(name, key, authority))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(chain)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname=HOST),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(10):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLCertVerificationError:
                return False
            except ssl.SSLError:
                return False
        if ends[0].version():
            return True
    raise TimeoutError("the handshake does not end")


with tempfile.TemporaryDirectory() as made:
    directory = Path(made)
    authorities = {name: (name, ec.generate_private_key(ec.SECP256R1())) for name in ("system", "rds", "stranger")}
    (directory / "system.pem").write_bytes(certificate(*authorities["system"]))
    (directory / "global-bundle.pem").write_bytes(certificate(*authorities["rds"]))
    shutil.copy(SOURCE, directory)
    os.environ["SSL_CERT_FILE"] = str(directory / "system.pem")
    os.environ["SSL_CERT_DIR"] = str(directory / "none")
    os.environ |= {f"DATABASE_{name}": "x" for name in ("USER", "NAME", "REGION")}
    os.environ |= {"DATABASE_HOST": HOST, "DATABASE_PORT": "5432", "ROLE_ARN": "x"}
    # The driver is no part of this.
    sys.modules["pg8000"] = types.ModuleType("pg8000")
    sys.modules["pg8000.native"] = types.ModuleType("pg8000.native")
    sys.modules["pg8000"].native = sys.modules["pg8000.native"]
    sys.path.insert(0, made)
    tls = importlib.import_module("app").TLS
    told = {name: accepts(tls, directory, authority) for name, authority in authorities.items()}
    told["another name"] = accepts(tls, directory, authorities["rds"], name="another.example.org")
    json.dump(told, sys.stdout)
