"""Pages load the frontend of exactly the installed build from the CDN, or do not load at all."""

import base64
import hashlib
import re
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest

from runtime.chainlit_host.pages.frontend import Frontend
from runtime.config import InvalidSettingError
from tenants.contract.frontend import build_name

BUILD = Path(find_spec("chainlit").submodule_search_locations[0]) / "frontend" / "dist"
HTML = (BUILD / "index.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def name():
    return build_name(version("chainlit"), BUILD)


def test_the_page_names_its_files_on_the_cdn_with_their_hashes(name):
    frontend = Frontend(BUILD, version("chainlit"), f"https://cdn.example/frontend/{name}")

    placed = frontend.placed(HTML)
    named = re.findall(
        rf'(?:src|href)="https://cdn\.example/frontend/{name}/(assets/[^"]+)" integrity="sha384-([^"]+)"', placed
    )

    assert '"/assets/' not in placed
    assert {name.rpartition(".")[2] for name, _ in named} == {"js", "css"}
    for path, digest in named:
        assert base64.b64decode(digest) == hashlib.sha384((BUILD / path).read_bytes()).digest()
    assert frontend.sources == {
        directive: [f"https://cdn.example/frontend/{name}/assets/"] for directive in ("script-src", "style-src")
    }


def test_without_a_cdn_the_page_stays_as_it_is():
    frontend = Frontend(BUILD, version("chainlit"), "")

    assert frontend.placed(HTML) == HTML
    assert frontend.sources == {}


@pytest.mark.parametrize(
    "address",
    [
        "https://cdn.example/frontend/2.12.0-000000000000",
        "https://cdn.example/frontend/{name}/assets",
        "/_assets/frontend/{name}",
        "https://cdn.example/; script-src */{name}",
        "javascript:/{name}",
    ],
)
def test_the_address_of_another_build_or_of_none_keeps_the_runtime_from_starting(address, name):
    with pytest.raises(InvalidSettingError, match=f"ends in /{name}"):
        Frontend(BUILD, version("chainlit"), address.format(name=name))
