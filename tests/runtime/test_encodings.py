"""Accept-Encoding, as clients send it and as nobody should."""

import gzip

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.encodings import OFFERED, accepted_encodings, compress


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"", ("identity",)),
        (b"gzip, deflate, br, zstd", ("br", "gzip", "identity")),
        (b"gzip", ("gzip", "identity")),
        (b"x-gzip", ("gzip", "identity")),
        (b"GZIP ; Q=0.8 , BR;q=0.2", ("gzip", "br", "identity")),
        (b"br;q=0, gzip", ("gzip", "identity")),
        (b"*", ("br", "gzip", "identity")),
        (b"*;q=0", ("identity",)),
        (b"*;q=0, gzip", ("gzip",)),
        (b"identity;q=1, br;q=0.5", ("identity", "br")),
        (b"identity;q=0, br", ("br",)),
        (b"identity;q=0", ("identity",)),
        (b"deflate", ("identity",)),
        (b"br;q=2, gzip;q=x, deflate", ("identity",)),
        (b"browser, bread", ("identity",)),
    ],
)
def test_the_best_coding_a_client_takes_comes_first(header, expected):
    assert accepted_encodings(header) == expected


@given(st.binary(max_size=60) | st.text("brgzipdentyq=;,.01* ").map(str.encode))
def test_any_header_is_answered_with_something_that_can_be_sent(header):
    accepted = accepted_encodings(header)

    assert accepted
    assert set(accepted) <= set(OFFERED)


@given(st.binary(max_size=300))
def test_what_is_compressed_is_the_same_afterwards(body):
    assert brotli.decompress(compress(body, "br", quality=5)) == body
    assert gzip.decompress(compress(body, "gzip", quality=5)) == body
