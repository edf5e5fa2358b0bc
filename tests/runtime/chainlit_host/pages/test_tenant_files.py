"""Two tenants of one app, one with files of every kind: each is where Chainlit's page looks for it, on one host."""

import asyncio
import hashlib
import json
import re

import msgspec
import pytest

from runtime.object_store import ObjectStore, ObjectStoreConfig
from tenants.contract.state import AssetRole
from tests.runtime.chainlit_host.pages.assets_under_test import CDN, asset, favicon_set, font, rendition
from tests.runtime.chainlit_host.tenants_under_test import document, tenant_id

CHROMIUM = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"
CARD = b"export default function Card() { return <b>of decked</b> }\n"
ASSETS = [
    asset(AssetRole.LOGO_LIGHT, width=800, size=50_000, srcset=(rendition(400, "avif", 3_000),), alt="A hammer"),
    favicon_set(),
    asset(AssetRole.LOGIN_IMAGE, "jpeg", width=2000, size=90_000, srcset=(rendition(1600, "webp", 50_000),)),
    asset(AssetRole.OPEN_GRAPH, width=1200, height=630, alt="Our house", base="/_assets/here"),
    asset(AssetRole.AVATAR, name="my_assistant"),
    asset(AssetRole.STYLESHEET, "css"),
    asset(AssetRole.SCRIPT, "js"),
    font(),
]


def _published(content, name, extension):
    digest = hashlib.sha256(content).hexdigest()
    return {
        "role": "public_file",
        "name": name,
        "url": f"/_assets/{tenant_id('decked')}/{digest[:32]}.{extension}",
        "content_type": "text/plain",
        "sha256": digest,
        "size": len(content),
    }


def _documents(_):
    files = [
        _published(CARD, "elements/Card.jsx", "jsx"),
        _published(b"b { color: teal }", "probe.css", "css"),
        _published(b"{}", "theme.json", "json"),
        {**_published(b"", "elsewhere.txt", "txt"), "url": "https://elsewhere.example/a.txt"},
    ]
    theme = {"light": {"--radius": "2rem"}}
    assets = [*msgspec.to_builtins(ASSETS), *files]
    return {"decked": document("decked", assets=assets, theme=theme), "bare": document("bare")}


@pytest.fixture(scope="module")
def runtime(start_one_runtime, seaweedfs):
    """A runtime with the public bucket at hand, in which the files lie."""
    config = {
        "endpoint_url": seaweedfs.endpoint_url,
        "access_key_id": seaweedfs.access_key_id,
        "secret_access_key": seaweedfs.secret_access_key,
        "region": "us-east-1",
        "bucket": "assets-public",
    }
    asyncio.run(_store(ObjectStoreConfig(**config)))
    return start_one_runtime(
        make_documents=_documents, more={"public_store": config, "assets_base_url": "https://files.example"}
    )


async def _store(config):
    store = ObjectStore(config)
    for content, extension in ((CARD, "jsx"), (b"b { color: teal }", "css")):
        key = f"{tenant_id('decked')}/{hashlib.sha256(content).hexdigest()[:32]}.{extension}"
        await store.put(key, content, size=len(content), content_type="text/html")
    await store.close()


@pytest.fixture
def decked(runtime):
    with runtime.client("decked") as client:
        yield client


@pytest.fixture
def bare(runtime):
    with runtime.client("bare") as client:
        yield client


def test_the_logo_is_the_file_that_the_browser_can_show(decked, bare):
    modern, old = (decked.get("/logo?theme=dark", headers={"Accept": accept}) for accept in (CHROMIUM, "image/*"))

    assert (modern.status_code, modern.headers["location"]) == (307, f"{CDN}/400.avif")
    assert old.headers["location"] == ASSETS[0].url
    assert modern.headers["vary"] == old.headers["vary"] == "Accept, Origin"  # the app lists an origin
    assert bare.get("/logo").headers["content-type"] == "image/svg+xml"


def test_the_sign_ins_picture_is_chosen_by_the_browser_too(decked, bare):
    address = decked.get("/auth/config").json()["ui"]["login_page_image"]

    assert re.fullmatch(r"/_brand/login\?v=[0-9a-f]{12}", address)
    assert decked.get(address, headers={"Accept": CHROMIUM}).headers["location"] == f"{CDN}/1600.webp"
    assert decked.get(address, headers={"Accept": "*/*"}).headers["location"] == ASSETS[2].url
    assert bare.get(address).status_code == 404


def test_an_author_has_the_tenants_picture_and_others_have_the_favicon(decked, bare):
    for spelling in ("My Assistant", "my.assistant", "MY_ASSISTANT", " my assistant"):
        assert decked.get(f"/avatars/{spelling}").headers["location"] == ASSETS[4].url
    assert decked.get("/avatars/nobody").headers["location"] == ASSETS[1].url
    # What the tenant has not brought is the app's.
    assert decked.get("/avatars/someone").text == "the avatar\n"
    assert bare.get("/avatars/My Assistant").headers["content-type"] == "image/svg+xml"


def test_the_page_names_every_file_of_the_tenant_and_none_of_another(decked, bare):
    ours, theirs = decked.get("/").text, bare.get("/").text

    sheet = f'<link rel="stylesheet" type="text/css" href="{ASSETS[5].url}" id="brand-stylesheet" integrity="sha256-'
    assert ours.index("/public/probe.css") < ours.index(sheet)
    assert f'<script src="{ASSETS[6].url}" defer="" integrity="sha256-' in ours
    assert f'<link rel="icon" type="image/png" sizes="32x32" href="{CDN}/32.png">' in ours
    assert f'<link rel="apple-touch-icon" sizes="180x180" href="{CDN}/180.png">' in ours
    assert f'<link rel="preload" as="font" type="font/woff2" href="{ASSETS[7].url}" crossorigin="anonymous">' in ours
    assert '<style id="brand-fonts">@font-face{font-family:"chat-brand"' in ours
    assert CDN not in theirs
    assert '<link rel="icon" href="/favicon">' in theirs


def test_a_link_preview_names_a_whole_address_with_its_size(runtime, decked):
    html = decked.get("/").text

    assert f'content="http://{runtime.host("decked")}/_assets/here/open_graph-1200.png"' in html
    for name, value in (("og:image:width", "1200"), ("og:image:height", "630"), ("og:image:alt", "Our house")):
        assert f'<meta property="{name}" content="{value}">' in html
    assert '<meta name="twitter:card" content="summary_large_image">' in html


def test_the_tenants_theme_and_typeface_are_in_the_page_and_in_the_widgets_theme(decked, bare):
    page = json.loads(re.search(r"window\.theme = (\{.*?\});", decked.get("/").text)[1])
    widget, other = decked.get("/public/theme.json").json(), bare.get("/public/theme.json").json()
    fonts = decked.get("/_brand/fonts.css", headers={"Origin": "https://widget.example"})

    assert page == widget["variables"]
    assert page["light"]["--radius"] == "2rem"
    assert page["light"]["--font-sans"].startswith('"chat-brand", "Inter"')
    assert widget["custom_fonts"][1:] == [ASSETS[5].url]
    assert fonts.headers["content-type"] == "text/css; charset=utf-8"
    assert fonts.headers["access-control-allow-origin"] == "https://widget.example"
    assert ASSETS[7].url in fonts.text
    assert len(other["custom_fonts"]) == 1
    assert "chat-brand" not in other["variables"]["light"]["--font-sans"]


def test_the_widget_is_chainlits_and_finds_the_typeface_where_there_is_one(decked, bare):
    # Eight megabytes, compressed by the first who asks.
    ours, theirs = (client.get("/copilot/index.js", timeout=90) for client in (decked, bare))

    assert ours.content.startswith(theirs.content)
    assert b"/_brand/fonts.css" in ours.content
    assert b"/_brand/fonts.css" not in theirs.content
    assert ours.headers["etag"] != theirs.headers["etag"]


def test_the_policy_allows_the_tenants_files_and_no_more_of_where_they_are(decked, bare):
    ours, theirs = (
        dict(each.split(" ", 1) for each in client.get("/").headers["content-security-policy"].split("; "))
        for client in (decked, bare)
    )

    assert ASSETS[6].url in ours["script-src"].split()
    assert f"{CDN}/" not in ours["script-src"].split()
    assert f"{CDN}/" in ours["style-src"].split()
    # What is uploaded while the page is open comes from the tenant's own folder.
    assert f"https://files.example/{tenant_id('bare')}/" in theirs["style-src"].split()
    assert "cdn.example" not in json.dumps(theirs)


def test_the_web_app_manifest_is_the_tenants(decked, bare):
    assert '<link rel="manifest" href="/manifest.webmanifest">' in decked.get("/").text
    answer = decked.get("/manifest.webmanifest")
    again = decked.get("/manifest.webmanifest", headers={"If-None-Match": answer.headers["etag"]})

    assert answer.headers["content-type"] == "application/manifest+json"
    assert [icon["sizes"] for icon in answer.json()["icons"]] == ["192x192", "512x512"]
    assert (answer.json()["name"], answer.json()["start_url"]) == ("Decked Chat", "/")
    assert again.status_code == 304
    assert bare.get("/manifest.webmanifest").json()["name"] == "Bare Chat"


def test_a_public_file_of_the_tenant_comes_before_the_apps(decked, bare):
    card, sheet = decked.get("/public/elements/Card.jsx"), decked.get("/public/probe.css")
    known = decked.get("/public/probe.css", headers={"If-None-Match": sheet.headers["etag"]})

    assert card.content == CARD
    assert card.headers["content-type"] == "text/plain; charset=utf-8"
    assert sheet.text == "b { color: teal }"
    assert sheet.headers["cache-control"] == "no-cache"
    assert known.status_code == 304
    assert bare.get("/public/probe.css").text == "body{}\n"
    assert bare.get("/public/elements/Card.jsx").status_code == 404
    # The tenant's theme is a role of its own, and no file can take its place.
    assert "variables" in decked.get("/public/theme.json").json()


def test_a_public_file_that_is_not_in_the_bucket_is_where_the_state_says(decked):
    answer = decked.get("/public/elsewhere.txt")

    assert (answer.status_code, answer.headers["location"]) == (307, "https://elsewhere.example/a.txt")


@pytest.mark.parametrize("on", [True, False], ids=["quick", "behind Chainlit's routes"])
def test_apps_with_routes_of_their_own_have_the_same_answers(runtime, decked, on):
    runtime.command("quick_routes", on=on)
    try:
        assert decked.get("/logo", headers={"Accept": CHROMIUM}).headers["location"] == f"{CDN}/400.avif"
        assert decked.get("/public/elements/Card.jsx").content == CARD
        assert decked.get("/manifest.webmanifest").json()["name"] == "Decked Chat"
        assert decked.get("/avatars/my_assistant").headers["location"] == ASSETS[4].url
    finally:
        runtime.command("quick_routes", on=True)


def test_the_next_revision_has_the_next_files(runtime, decked):
    before = decked.get("/").text
    assets = [*runtime.tenants["decked"]["assets"]]
    other = asset(AssetRole.STYLESHEET, "css", base="https://cdn.example/other")
    runtime.publish("decked", assets=[*msgspec.to_builtins([other]), *(a for a in assets if a["role"] != "stylesheet")])
    try:
        after = decked.get("/").text
        assert ASSETS[5].url in before
        assert ASSETS[5].url not in after
        assert other.url in after
    finally:
        runtime.publish("decked", assets=assets)
