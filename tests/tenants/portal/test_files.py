"""The page of files: avatars, fonts, what changes the chat's page, public files, and the storage that they take."""

import dataclasses
import json

import pytest

from tenants.assets.services.checking import Check, run_check
from tenants.assets.services.quota import set_storage_quota
from tests.conftest import CHECKOUT
from tests.tenants.assets.pictures import picture
from tests.tenants.portal.conftest import browser, live_document, sign_in
from tests.tenants.portal.uploading import JSON, publish, ticket

pytestmark = pytest.mark.usefixtures("seaweedfs")
FONT = (CHECKOUT / "runtime/page_files/katex/fonts/KaTeX_Size2-Regular.woff2").read_bytes()


def page_of(client, path: str = "files/") -> str:
    response = client.get(f"/settings/{path}")
    assert response.status_code == 200
    return response.content.decode()


def test_each_kind_of_file_has_its_place_and_says_when_there_is_none(owner_of_acme):
    page = page_of(owner_of_acme)
    for sentence in ("No avatars yet", "No public files yet", "0 bytes of 500.0 MB used"):
        assert sentence in page.replace("\xa0", " ")
    for key in ("font/regular", "font/bold_italic", "stylesheet/", "script/", "theme/"):
        assert f'data-place="{key}" data-state="empty"' in page


def test_an_avatar_is_listed_under_the_name_that_the_chat_asks_for(acme, globex, owner_of_acme):
    publish(owner_of_acme, acme, picture(size=(64, 64)), "avatar", name="my_assistant")
    page = page_of(owner_of_acme)
    assert 'data-place="avatar/my_assistant" data-state="published"' in page
    assert "No avatars yet" not in page
    owner_of_globex = browser(globex)
    sign_in(owner_of_globex, "owner@globex.example")
    assert "No avatars yet" in page_of(owner_of_globex)


def test_a_font_is_shown_in_itself_from_wherever_files_are_served(acme, owner_of_acme, settings):
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, assets_base_url="https://cdn.example/files")
    publish(owner_of_acme, acme, FONT, "font", name="regular", file_name="Brand.woff2")
    url = live_document(acme)["assets"][0]["url"]
    stylesheet = page_of(owner_of_acme, "brand.css")
    assert f'@font-face{{font-family:"own-regular";src:url("{url}")' in stylesheet
    response = owner_of_acme.get("/settings/files/")
    assert "face-sample face-regular" in response.content.decode()
    assert url.startswith("https://cdn.example/files/")
    assert "font-src 'self' https://cdn.example;" in response["Content-Security-Policy"]


def test_a_script_waits_for_an_operator_and_is_not_live_until_then(acme, owner_of_acme):
    place = publish(owner_of_acme, acme, b"console.log(1)\n", "script", file_name="hello.js")
    assert place["state"] == "waiting"
    assert "waits for an operator" in place["sentence"]
    assert "Waiting for an operator" in page_of(owner_of_acme)
    assert "assets" not in live_document(acme)


def test_a_theme_file_lists_its_variables_light_first_with_a_swatch_for_colours(acme, owner_of_acme):
    theme = {"variables": {"dark": {"--primary": "262 83% 70%"}, "light": {"--primary": "#7c3aed", "--radius": "1rem"}}}
    publish(owner_of_acme, acme, json.dumps(theme).encode(), "theme", file_name="theme.json")
    page = page_of(owner_of_acme)
    assert page.index('fill="#7c3aed"') < page.index('fill="hsl(262 83% 70%)"')
    assert page.count('class="variable-swatch"') == 3
    assert page.count('class="swatch"') == 2


def test_a_public_file_is_listed_with_its_kind_and_address(acme, owner_of_acme):
    publish(owner_of_acme, acme, b"Hello\n", "public_file", name="docs/read-me.txt", file_name="read-me.txt")
    page = page_of(owner_of_acme)
    assert 'data-copy="/public/docs/read-me.txt"' in page
    assert '<td data-label="Kind">plain text</td>' in page


def test_a_full_storage_is_said_and_nothing_more_is_taken(acme, owner_of_acme, operator):
    publish(owner_of_acme, acme)
    set_storage_quota(acme.pk, megabytes=0, actor=operator)
    page = page_of(owner_of_acme)
    assert "The storage is full: nothing more can be uploaded." in page
    refused = ticket(owner_of_acme, "logo_dark")
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "quota_exceeded")
    storage = owner_of_acme.get("/settings/files/states/", headers=JSON).json()["storage"]
    assert (storage["limit"], storage["full"]) == (0, True)


def test_operators_checks_are_not_among_what_was_changed(acme, owner_of_acme, operator):
    set_storage_quota(acme.pk, megabytes=7, actor=operator)
    run_check(acme.pk, Check.VERIFY, actor=operator)
    page = page_of(owner_of_acme, "")
    assert "Changed the storage quota" in page
    assert "verify" not in page.lower()


def test_recent_changes_say_which_file_it_was_and_why_one_was_refused(acme, owner_of_acme):
    publish(owner_of_acme, acme, picture(size=(64, 64)), "avatar", name="my_assistant", file_name="robot.png")
    publish(owner_of_acme, acme, b"no picture", "favicon", file_name="icon.png")
    page = page_of(owner_of_acme, "")
    assert 'Published a file: Avatar<span class="muted"> · my_assistant, robot.png</span>' in page
    assert 'A file was refused: Favicon<span class="muted"> · icon.png, ' in page


def test_a_picture_tells_its_other_sizes_and_formats(acme, owner_of_acme):
    publish(owner_of_acme, acme, picture(size=(900, 300)))
    page = page_of(owner_of_acme, "branding/")
    assert "Also as WebP" in page or "Also as AVIF" in page
    publish(owner_of_acme, acme, picture(size=(512, 512)), "favicon")
    assert "Also in 16, 32, 180, 192 and 512 pixels." in page_of(owner_of_acme, "branding/")


def test_colours_of_the_logo_are_suggested_beside_both_primaries(acme, owner_of_acme):
    assert "data-suggest " not in page_of(owner_of_acme, "branding/")
    publish(owner_of_acme, acme, picture(colour="#0f766e"))
    page = page_of(owner_of_acme, "branding/")
    for theme in ("Light", "Dark"):
        assert f'aria-label="Use #0f766e from your logo, {theme} theme"' in page
