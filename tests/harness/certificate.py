"""A server whose certificate nobody vouches for."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

HOST = "127.0.0.1"


@contextmanager
def untrusted_server(directory: Path) -> Iterator[tuple[str, list[bytes]]]:
    """Yield the address of a TLS server with a self-signed certificate, and what clients told it nevertheless."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(directory / "self-signed.pem"))
    heard: list[bytes] = []
    with socket.create_server((HOST, 0)) as listening:
        threading.Thread(target=_listen, args=(listening, context, heard), daemon=True).start()
        yield f"https://{HOST}:{listening.getsockname()[1]}", heard


def _listen(listening: socket.socket, context: ssl.SSLContext, heard: list[bytes]) -> None:
    # A client that turns away is what is wanted; the closed listener ends it.
    while True:
        try:
            plain, _ = listening.accept()
        except OSError:
            return
        with suppress(OSError), plain, context.wrap_socket(plain, server_side=True) as line:
            if said := line.recv(65536):
                heard.append(said)


def self_signed(path: Path) -> Path:
    """Write a certificate and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False)
        .sign(key, SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    return path
