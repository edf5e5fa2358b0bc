"""What a tenant's own files put into its page."""

import re

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from runtime.chainlit_host.answers.content_policy import PageSources, content_security_policy
from runtime.chainlit_host.pages import brand
from runtime.chainlit_host.pages.fonts import font_faces
from tenants.contract.state import AssetRole, Interface
from tests.runtime.chainlit_host.pages.assets_under_test import CDN, asset, favicon_set, font
from tests.runtime.registry import make_state

BARE = make_state("acme")
SHEET = asset(AssetRole.STYLESHEET, "css")
SCRIPT = asset(AssetRole.SCRIPT, "js")


def _with(*assets, **changes):
    return msgspec.structs.replace(BARE, assets=assets, **changes)


def test_a_favicon_set_is_named_by_size_and_without_one_there_is_the_initial():
    links = brand.icon_links(_with(favicon_set()))

    assert [(link["rel"], link["sizes"]) for link in links] == [
        ("icon", "16x16"),
        ("icon", "32x32"),
        ("apple-touch-icon", "180x180"),
    ]
    assert brand.icon_links(BARE) == [{"rel": "icon", "href": "/favicon"}]
    assert brand.icon_links(_with(asset(AssetRole.FAVICON, "svg"))) == [{"rel": "icon", "href": "/favicon"}]


def test_stylesheet_and_script_carry_their_hashes():
    assert f'href="{SHEET.url}" id="brand-stylesheet" integrity="{SHEET.integrity}"' in brand.brand_stylesheet(
        _with(SHEET)
    )
    assert f'src="{SCRIPT.url}" defer="" integrity="{SCRIPT.integrity}"' in brand.brand_script(_with(SCRIPT))
    assert brand.brand_script(BARE) == brand.brand_stylesheet(BARE) == ""


def test_the_policy_lets_in_one_script_and_the_tenants_own_folders_and_nothing_else_of_a_shared_cdn():
    sources = brand.brand_sources(_with(SHEET, SCRIPT, font()), "https://files.example/a")
    policy = content_security_policy("", PageSources(scheme="https", added=sources))
    directives = dict(each.split(" ", 1) for each in policy.split("; "))

    assert SCRIPT.url in directives["script-src"].split()
    assert not [source for source in directives["script-src"].split() if source.endswith(("example", "example/"))]
    for directive in ("style-src", "font-src"):
        assert f"https://files.example/a/{BARE.id}/" in directives[directive].split()
        assert f"{CDN}/" in directives[directive].split()


def test_a_stylesheet_in_the_bucket_comes_from_the_tenants_own_host_and_any_other_from_where_it_is():
    key = f"{BARE.id}/{SHEET.sha256[:32]}.css"
    stored = msgspec.structs.replace(SHEET, url=f"https://cdn.example/{key}")
    foreign = msgspec.structs.replace(SHEET, url=f"https://cdn.example/{'0' * 8}{key[8:]}")

    shown = brand.with_own_stylesheet(_with(stored, SCRIPT))

    assert [asset.url for asset in shown.assets] == [f"/_assets/{key}", SCRIPT.url]
    assert brand.widget_sheets(shown, "https://acme.example") == [f"https://acme.example/_assets/{key}"]
    for elsewhere in (SHEET, foreign):
        assert brand.with_own_stylesheet(_with(elsewhere)).assets == (elsewhere,)


def test_files_on_the_tenants_own_host_need_no_mention():
    local = [asset(AssetRole.SCRIPT, "js", base="/_assets/x"), asset(AssetRole.STYLESHEET, "css", base="/_assets/x")]

    assert brand.brand_sources(_with(*local), "") == {"script-src": [], "style-src": [], "font-src": []}


@given(st.text(max_size=60).map(lambda text: f"https://cdn.example/{text}") | st.text(max_size=60))
def test_no_address_adds_a_directive_or_a_keyword_to_the_policy(address):
    hostile = msgspec.structs.replace(SCRIPT, url=address)
    for source in brand.brand_sources(_with(hostile), "")["script-src"]:
        assert re.fullmatch(r"https?://[^\s;,']+", source)


@given(st.text(max_size=60))
def test_no_address_of_a_font_ends_its_rule_or_its_element(address):
    rules = font_faces(_with(msgspec.structs.replace(font(), url=address)))

    assert re.fullmatch(r'@font-face\{[^{}"<]*"chat-brand"[^{}"<]*url\("[^"<>\\\s(){}]*"\) format\("woff2"\)\}', rules)


def test_each_face_has_the_weight_of_its_place_and_a_variable_font_all_of_its_own():
    rules = font_faces(_with(font("bold", "600"), font("regular", "100 900"), font("italic", "100 300")))

    assert re.findall(r"font-style:(\w+);font-weight:([\d ]+);", rules) == [
        ("normal", "100 900"),
        ("italic", "400"),
        ("normal", "700"),
    ]


def test_the_preview_shows_the_tenants_address_then_its_upload_then_the_apps_then_the_logo():
    upload = asset(AssetRole.OPEN_GRAPH, width=1200, height=630, alt="Our house", base="/_assets/x")
    logo = asset(AssetRole.LOGO_DARK, "svg")
    named = _with(upload, interface=Interface(custom_meta_image_url="https://elsewhere.example/a.png"))

    assert brand.preview_image(named, "https://acme.example", None).url == "https://elsewhere.example/a.png"
    assert brand.preview_image(_with(upload, logo), "https://acme.example", "https://app.example/b.png") == (
        f"https://acme.example{upload.url}", 1200, 630, "Our house", True,
    )  # fmt: skip
    assert brand.preview_image(_with(logo), "https://acme.example", "https://app.example/b.png").url.endswith("b.png")
    assert brand.preview_image(_with(logo), "https://acme.example", None).url == logo.url
    assert brand.preview_image(BARE, "https://acme.example", None) is None


def test_pictures_are_described_where_the_tenant_said_what_they_show():
    light = asset(AssetRole.LOGO_LIGHT, alt="Acme, a hammer")
    login = asset(AssetRole.LOGIN_IMAGE, "jpeg", alt="The works")

    assert brand.alternative_texts(_with(light, login), "/_brand/login?v=1") == {
        "/logo?theme=light": "Acme, a hammer",
        "/logo?theme=dark": "Acme, a hammer",
        "/_brand/login?v=1": "The works",
    }
    assert brand.alternative_texts(_with(asset(AssetRole.LOGO_LIGHT)), None) == {}
