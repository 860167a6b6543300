"""What is kept encrypted opens with the same key for the same purpose, in every later version, and else not."""

import pytest
from cryptography.fernet import InvalidToken

from workflows.sealing import cipher

OF_AN_EARLIER_VERSION = (
    b"gAAAAABrByp_wucPov62Jdkz9G36EsUbTZyB7WO-B7-B5nxL7S_tFTq0h7OsjcP9NOtlmf7wxC3Dwf4qcBxxidkWnweRO1Vohg=="
)


def test_what_an_earlier_version_sealed_can_be_read():
    assert cipher("secret", b"webhooks").decrypt(OF_AN_EARLIER_VERSION).decode() == "钥匙"


@pytest.mark.parametrize(("key", "purpose"), [("another", b"webhooks"), ("secret", b"second factor")])
def test_another_key_or_purpose_opens_nothing(key, purpose):
    with pytest.raises(InvalidToken):
        cipher(key, purpose).decrypt(OF_AN_EARLIER_VERSION)
