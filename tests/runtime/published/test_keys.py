"""An address names a file of the tenant that is asked, or nothing at all."""

import pytest

from runtime.published.keys import CONTENT_TYPES, content_headers, key_of_asset, key_of_path
from tenants.contract.state import Asset, AssetRole

OURS, THEIRS = "8a6e0804-2bd0-4672-b79d-d97027f9071a", "00000000-0000-4000-8000-000000000000"
DIGEST = "0123456789abcdef0123456789abcdef"


def _asset(url, sha256=DIGEST + "f" * 32):
    return Asset(role=AssetRole.PUBLIC_FILE, url=url, content_type="text/css", sha256=sha256, size=1)


def test_a_file_of_the_tenant_is_named_by_its_path():
    assert str(key_of_path(f"/_assets/{OURS}/{DIGEST}.css", OURS)) == f"{OURS}/{DIGEST}.css"


@pytest.mark.parametrize(
    "path",
    [
        f"/_assets/{THEIRS}/{DIGEST}.css",
        f"/_assets/{OURS}/../{THEIRS}/{DIGEST}.css",
        f"/_assets/{OURS}/{DIGEST}",
        f"/_assets/{OURS}/{DIGEST}.css/",
        f"/_assets/{OURS}/{DIGEST}.css\n",
        f"/_assets/{OURS}/{DIGEST}.CSS",
        f"/_assets/{OURS.upper()}/{DIGEST}.css",
        f"/_assets//{OURS}/{DIGEST}.css",
        f"/_assets/{OURS}/{DIGEST[:-1]}.css",
        f"/_assets/{OURS}/conversations/x/{DIGEST}.css",
        f"/_assets/{OURS}/{DIGEST}.css?acl",
        f"/public/{OURS}/{DIGEST}.css",
        "/_assets/",
    ],
)
def test_nothing_else_is_a_file_of_the_tenant(path):
    assert key_of_path(path, OURS) is None


@pytest.mark.parametrize("base", ["", "/_assets/", "https://cdn.example/", "https://cdn.example/deep/er/"])
def test_an_asset_lies_under_its_own_key_wherever_browsers_find_it(base):
    asset = _asset(f"{base}{OURS}/{DIGEST}.css")

    assert str(key_of_asset(asset, OURS)) == f"{OURS}/{DIGEST}.css"
    assert key_of_asset(asset, THEIRS) is None


def test_an_asset_elsewhere_or_with_another_hash_is_not_in_the_bucket():
    assert key_of_asset(_asset("https://cdn.example/style.css"), OURS) is None
    assert key_of_asset(_asset(f"/_assets/{OURS}/{DIGEST}.css", sha256="e" * 64), OURS) is None
    assert key_of_asset(_asset(f"/_assets/{OURS}/{DIGEST}.css", sha256=""), OURS) is None


def test_no_published_file_is_ever_a_page():
    for extension in (*CONTENT_TYPES, "html", "htm", "xhtml", "xml", "exe"):
        headers = dict(content_headers(extension))
        assert headers[b"x-content-type-options"] == b"nosniff"
        assert b"html" not in headers[b"content-type"]
        if extension != "pdf":
            assert b"sandbox" in headers[b"content-security-policy"]
        if extension not in CONTENT_TYPES or extension == "svg":
            assert headers[b"content-disposition"] == b"attachment"
