"""The Content-Security-Policy of pages: what it lets through, and that nothing of a page is forgotten."""

import base64
import hashlib

from hypothesis import given
from hypothesis import strategies as st

from runtime.chainlit_host.answers.content_policy import PageSources, content_security_policy, origin_of, origins_in


def policy(html="", **sources):
    header = content_security_policy(html, PageSources(**{"scheme": "https", **sources}))
    return {name: values.split() for name, _, values in (part.partition(" ") for part in header.split("; "))}


def digest(text):
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_inline_scripts_are_allowed_by_their_hashes_and_nothing_else_is():
    html = '<script>\n one &amp; "<b>" \n</script><script src="/a.js"></script><SCRIPT type="module">two</SCRIPT>'

    scripts = policy(html)["script-src"]

    assert {digest('\n one &amp; "<b>" \n'), digest("two")} == {source for source in scripts if "sha256" in source}
    assert "'unsafe-inline'" not in scripts
    assert not {"https:", "http:", "*"} & set(scripts)


def test_what_the_app_names_is_allowed_for_that_alone():
    named = policy(
        scripts=["https://Widget.example:8443/a.js?x", "/public/own.js", "//cdn.example/b.js"],
        stylesheets=["https://fonts.googleapis.com/css2?family=Roboto", "/public/own.css"],
        added={"script-src": ("https://tags.example",), "frame-src": ("'none'",)},
    )

    assert {"https://widget.example:8443", "https://cdn.example", "https://tags.example"} <= set(named["script-src"])
    assert "https://widget.example:8443" not in named["style-src"]
    assert named["style-src"] == ["'self'", "'unsafe-inline'", "https://fonts.googleapis.com"]
    assert "https://fonts.gstatic.com" in named["font-src"]
    assert "https://tags.example" not in policy()["script-src"]


def test_only_the_page_itself_may_frame_it_unless_an_origin_is_listed():
    assert policy()["frame-ancestors"] == ["'self'"]
    assert policy(framed_by=["https://shop.example", "*"])["frame-ancestors"] == ["'self'", "https://shop.example"]


def test_a_page_behind_https_takes_nothing_over_http():
    assert not {"http:", "ws:"} & {source for sources in policy().values() for source in sources}
    assert "http:" in policy(scheme="http")["img-src"]


@given(st.text(max_size=60) | st.text(";, '\n:/.ab", max_size=30).map("https://a".__add__))
def test_no_address_adds_a_directive_or_a_keyword(address):
    kinds = ("scripts", "stylesheets", "framed_by")
    header = content_security_policy("", PageSources(scheme="https", **{kind: [address] for kind in kinds}))
    plain = content_security_policy("", PageSources(scheme="https"))

    assert [part.split(" ")[0] for part in header.split("; ")] == [part.split(" ")[0] for part in plain.split("; ")]
    added = set(header.replace(";", " ").split()) - set(plain.replace(";", " ").split())
    assert added <= {origin_of(address), "https://fonts.gstatic.com"}


def test_origins_of_a_stylesheet_are_found():
    css = (
        '@import url("https://fonts.googleapis.com/css?a"); a { background: url(HTTPS://img.example:81/x.png) } /* x */'
    )

    assert origins_in(css) == {"https://fonts.googleapis.com", "https://img.example:81"}
