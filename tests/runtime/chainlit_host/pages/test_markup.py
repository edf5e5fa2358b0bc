"""Whatever a value holds, the page keeps its shape: parsed again, it has the same elements with the value as text."""

import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.chainlit_host.pages.markup import PreviewImage, head_elements, inline_script, link, script, stylesheet

HOSTILE = (
    "</title><script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "' onmouseover='alert(1)", "&lt;&#x3c;&amp",
    "<!-- JS INJECTION PLACEHOLDER -->", "<!--<script>", "</script ", "]]>", "\x00", "\u2028", "javascript:alert(1)",
)  # fmt: skip
# What HTML itself changes, whoever wrote it: carriage returns become line feeds.
values = (st.text(max_size=40) | st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=4).map("".join)).map(
    lambda text: text.replace("\r", " ")
)


class Tree(HTMLParser):
    """The elements in order, each with its attributes and the text directly inside."""

    def __init__(self, html):
        super().__init__()
        self.elements = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append([tag, dict(attrs), ""])

    def handle_data(self, data):
        if self.elements and self.elements[-1][0] in {"title", "script"}:
            self.elements[-1][2] += data.strip("\n ") if self.elements[-1][0] == "script" else data


def shape(html):
    return [(tag, sorted(attributes)) for tag, attributes, _ in Tree(html).elements]


@given(values, values, values, values, values)
def test_names_and_addresses_stay_text(name, description, address, image, alt):
    html = head_elements(
        name=name,
        description=description,
        canonical="https://a.example/",
        shared_as=address,
        image=PreviewImage(image, 1200, 630, alt),
    )
    plain = head_elements(
        name="n",
        description="d",
        canonical="https://a.example/",
        shared_as="s",
        image=PreviewImage(image and "i", 1200, 630, alt and "a"),
    )

    tree = Tree(html).elements
    assert shape(html) == shape(plain)
    assert tree[0][2].rstrip("\n ") == name.replace("\x00", "\ufffd").rstrip("\n ")
    contents = {
        attributes.get("property", attributes.get("name")): attributes.get("content") for _, attributes, _ in tree
    }
    assert contents["description"] == contents["og:description"] == description.replace("\x00", "\ufffd")
    if image:
        assert contents["og:image"] == image.replace("\x00", "\ufffd")
        assert contents.get("og:image:alt", "") == alt.replace("\x00", "\ufffd")
    if address:
        assert contents["og:url"] == address.replace("\x00", "\ufffd")


@given(st.recursive(values, lambda inner: st.lists(inner) | st.dictionaries(values, inner), max_leaves=8))
def test_values_in_a_script_stay_values(value):
    html = inline_script({"theme": value})

    [(tag, attributes, text)] = Tree(html).elements
    assert (tag, attributes) == ("script", {})
    assert json.loads(re.fullmatch(r"window\.theme = (.*);", text)[1]) == value
    assert not set(text) & {"<", ">", "&", "\u2028", "\u2029"}


@given(values, values)
def test_an_apps_attributes_add_no_element(address, attributes):
    for element, tag in ((script, "script"), (stylesheet, "link")):
        [(found, parsed, text)] = Tree(element(address, attributes)).elements
        assert (found, text) == (tag, "")
        assert parsed["src" if tag == "script" else "href"] == address.replace("\x00", "\ufffd")
        assert all(re.fullmatch(r"[a-z][a-z0-9:-]*", name) for name in parsed)


@given(values, values)
def test_links_and_hashes_stay_attributes(address, digest):
    for html, tag in (
        (link({"rel": "icon", "href": address, "integrity": digest}), "link"),
        (stylesheet(address, identity="i", integrity=digest), "link"),
        (script(address, "defer", integrity=digest), "script"),
    ):
        [(found, parsed, text)] = Tree(html).elements
        assert (found, text) == (tag, "")
        assert parsed.get("integrity", "") == digest.replace("\x00", "\ufffd")
        assert digest == "" or tag == "link" or "defer" in parsed


def test_what_has_a_hash_is_asked_for_with_cors_and_what_has_none_as_ever():
    assert 'integrity="sha256-x" crossorigin="anonymous"' in stylesheet("/a.css", integrity="sha256-x")
    assert "crossorigin" not in stylesheet("/a.css")


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ('defer data-x="a b"', {"defer": "", "data-x": "a b"}),
        ("media=print", {"media": "print"}),
        (None, {}),
        (">", {}),
    ],
)
def test_an_apps_attributes_are_kept(attributes, expected):
    parsed = Tree(script("/a.js", attributes)).elements[0][1]

    assert parsed == {"src": "/a.js", **expected}
