"""Secrets that must be read again are kept encrypted: whoever has only the database cannot use them."""

import base64

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def cipher(key: str, purpose: bytes) -> Fernet:
    """Encryption under a key derived from the application's secret, another one for each purpose."""
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
