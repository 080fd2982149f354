from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.publish.uri import to_uri, to_web_address


@pytest.mark.parametrize(
    ("iri", "uri"),
    [
        ("https://example.org/a?b=1&c=2#d", "https://example.org/a?b=1&c=2#d"),
        ("https://example.org/größe?q=schön#ä", "https://example.org/gr%C3%B6%C3%9Fe?q=sch%C3%B6n#%C3%A4"),
        (" https://example.org/a b/c%20d ", "https://example.org/a%20b/c%20d"),
        ("https://example.org/100%/50%25", "https://example.org/100%25/50%25"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://straße.example/", "https://xn--strae-oqa.example/"),
        ("https://example.org/a[1]|b^", "https://example.org/a%5B1%5D%7Cb%5E"),
        ("tag:example.org,2026:größe", "tag:example.org,2026:gr%C3%B6%C3%9Fe"),
        ("urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a", "urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a"),
    ],
)
def test_an_address_becomes_a_uri_that_leads_to_the_same(iri: str, uri: str) -> None:
    assert to_uri(iri) == uri


@pytest.mark.parametrize("iri", ["", "no uri", "/path", "example.org/a", "https://a b/", ":", "http://", "http:"])
def test_what_is_no_absolute_address_is_refused(iri: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        to_web_address(iri)


@pytest.mark.parametrize("iri", ["javascript:alert(1)", "data:text/html,x", "ftp://example.org/", "file:///etc/passwd"])
def test_readers_are_only_sent_to_the_web(iri: str) -> None:
    with pytest.raises(ValueError, match="http"):
        to_web_address(iri)


@given(st.text(max_size=30))
def test_a_uri_is_ascii_and_stays_as_it_is(path: str) -> None:
    for start in ("https://example.org/", "tag:example.org,2026:x"):
        uri = to_uri(start + path.encode("utf-8", "ignore").decode())
        assert uri.isascii()
        assert to_uri(uri) == uri
