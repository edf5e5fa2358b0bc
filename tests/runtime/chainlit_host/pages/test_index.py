"""The page, settings and files of two tenants on their own hosts."""

import json
import re

import pytest


def _theme(html: str) -> dict:
    return json.loads(re.search(r"window\.theme = (\{.*?\});", html)[1])


def test_each_host_shows_its_own_name_colours_and_font(runtime):
    with runtime.client("acme") as acme, runtime.client("globex") as globex:
        ours, theirs = acme.get("/").text, globex.get("/").text

    assert "<title>Acme Chat</title>" in ours
    assert "Acme" not in theirs
    assert '<meta name="description" content="Ask Acme">' in ours
    assert _theme(ours)["light"]["--primary"] == "221.2 83.2% 53.3%"
    assert _theme(ours)["light"]["--background"] == "48.0 100.0% 96.1%"
    assert _theme(ours)["light"]["--font-sans"].startswith("Charter")
    assert _theme(theirs)["dark"]["--primary"] == "142.1 70.6% 45.3%"
    assert _theme(theirs)["light"]["--primary"] == "340 92% 52%"


def test_both_themes_set_the_same_variables_so_that_none_sticks_after_a_switch(runtime):
    with runtime.client("acme") as acme:
        theme = _theme(acme.get("/").text)

    assert theme["light"].keys() == theme["dark"].keys()


def test_settings_and_sign_in_are_each_tenants_own(runtime):
    with runtime.client("acme") as acme, runtime.client("globex") as globex:
        settings = acme.get("/project/settings").json()
        ours, theirs = acme.get("/auth/config").json(), globex.get("/auth/config").json()

    assert settings["ui"]["name"] == "Acme Chat"
    assert settings["ui"]["cot"] == "hidden"
    assert settings["features"]["edit_message"] is False
    assert settings["features"]["latex"] is True
    assert settings["markdown"].startswith("# Probe")
    assert (ours["requireLogin"], ours["passwordAuth"]) == (False, False)
    assert (theirs["requireLogin"], theirs["passwordAuth"]) == (True, True)
    assert theirs["ui"]["login_page_image"] == "https://cdn.example/login.webp"


def test_a_profile_overrides_the_tenants_settings_for_that_request_alone(runtime):
    with runtime.client("acme") as acme, runtime.client("plain") as other:
        renamed = acme.get("/project/settings", params={"chat_profile": "renamed"}).json()
        after = acme.get("/project/settings", params={"chat_profile": "plain"}).json()
        elsewhere = other.get("/project/settings").json()

    assert renamed["ui"]["name"] == "Renamed by a profile"
    assert renamed["features"]["edit_message"] is False
    assert after["ui"]["name"] == "Acme Chat"
    assert elsewhere["ui"]["name"] == "Plain Chat"


def test_values_of_a_tenant_are_text_in_the_page(runtime):
    with runtime.client("hostile") as client:
        html = client.get("/").text

    assert "<script>alert" not in html
    assert "<img" not in html
    assert "&lt;/title&gt;&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_attributes_of_the_apps_stylesheet_are_kept_and_escaped(runtime):
    with runtime.client("acme") as acme:
        html = acme.get("/").text

    assert '<link rel="stylesheet" type="text/css" href="/public/probe.css" media="screen" data-x="&lt;y&gt;">' in html


@pytest.mark.parametrize("path", ["/", "/login", "/thread/some-id", "/project/settings"])
def test_nothing_is_fetched_from_third_parties(runtime, path):
    with runtime.client("acme") as acme:
        text = acme.get(path).text

    assert not re.search(r"googleapis|gstatic|jsdelivr|amazonaws|github\.com", text)


def test_fonts_and_mathematics_come_from_us_and_are_kept_for_ever(runtime):
    with runtime.client("acme") as acme:
        html = acme.get("/").text
        for name in ("katex/katex.min.css", "inter/inter.css"):
            address = re.search(rf'href="(/_static/[0-9a-f]+/{name})"', html)[1]
            stylesheet = acme.get(address)
            file = re.search(r"url\(([^)]+woff2)\)", stylesheet.text)[1]
            font = acme.get(f"{address.rpartition('/')[0]}/{file}")
            stale = acme.get(re.sub("/_static/[0-9a-f]+/", "/_static/0/", address))

            assert stylesheet.headers["content-type"] == "text/css; charset=utf-8"
            assert stylesheet.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert (font.headers["content-type"], font.headers["access-control-allow-origin"]) == ("font/woff2", "*")
            assert font.content.startswith(b"wOF2")
            assert stale.headers["cache-control"] == "no-cache"
        assert acme.get("/_static/0/README.md").status_code == 404


def test_a_known_page_is_answered_304_until_the_next_revision(runtime):
    with runtime.client("changing") as client:
        first = client.get("/")
        again = client.get("/", headers={"If-None-Match": first.headers["etag"]})
        runtime.publish("changing", branding={"display_name": "Changed Chat"})
        changed = client.get("/", headers={"If-None-Match": first.headers["etag"]})

    assert first.headers["cache-control"] == "no-cache"
    assert (again.status_code, again.content) == (304, b"")
    assert changed.status_code == 200
    assert "<title>Changed Chat</title>" in changed.text


def test_the_page_is_compressed_for_those_who_take_it(runtime):
    with runtime.client("acme") as acme:
        best = acme.get("/", headers={"Accept-Encoding": "gzip, deflate, br, zstd"})
        compressed = acme.get("/", headers={"Accept-Encoding": "gzip, br;q=0"})
        plain = acme.get("/", headers={"Accept-Encoding": "identity"})

    assert best.headers["content-encoding"] == "br"
    assert compressed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert best.text == compressed.text == plain.text
    # The app of acme lists an origin, so that counts for caches as well.
    assert {answer.headers["vary"] for answer in (best, compressed, plain)} == {"Accept-Encoding, Origin"}


def test_a_published_asset_is_shown_in_the_place_of_chainlits(runtime):
    with runtime.client("globex") as globex, runtime.client("acme") as acme:
        logo = globex.get("/logo", params={"theme": "dark"})
        favicon = globex.get("/favicon")
        stock = acme.get("/logo", params={"theme": "dark"})
        settings_logo = globex.get("/auth/config").json()

    assert (logo.status_code, logo.headers["location"]) == (307, "https://cdn.example/logo.webp")
    assert favicon.headers["location"] == "/_assets/favicon.png"
    assert stock.headers["content-type"] == "image/svg+xml"
    assert settings_logo["default_theme"] == "dark"


def test_frontend_files_are_kept_for_ever_and_the_apps_files_are_asked_for_again(runtime):
    with runtime.client("acme") as acme:
        script = re.search(r'src="(/assets/[^"]+\.js)"', acme.get("/").text)[1]
        frontend, public = acme.get(script), acme.get("/public/probe.css")

    assert frontend.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert frontend.headers["content-encoding"] == "br"
    assert public.headers["cache-control"] == "no-cache"
    assert public.text == "body{}\n"


@pytest.mark.parametrize("name", ["../main.py", "%2e%2e/main.py", "..%2f..%2fmain.py", "/etc/passwd", "nothing.css"])
def test_public_never_leads_out_of_its_folder(runtime, name):
    with runtime.client("acme") as acme:
        response = acme.get(f"/public/{name}")

    assert response.status_code == 404 or "<title>Acme Chat</title>" in response.text
    assert "os.environ" not in response.text


def test_avatars_come_from_the_app_and_fall_back_to_the_favicon(runtime):
    with runtime.client("acme") as acme:
        assert acme.get("/avatars/Someone").text == "the avatar\n"
        assert acme.get("/avatars/nobody").headers["content-type"] == "image/svg+xml"
        assert acme.get("/avatars/a*b").status_code == 400


def test_the_apis_of_fastapi_itself_are_not_shown(runtime):
    with runtime.client("acme") as acme:
        for path in ("/docs", "/redoc", "/openapi.json"):
            assert "<title>Acme Chat</title>" in acme.get(path).text


def test_a_refused_sign_in_has_its_words_in_every_language(runtime):
    with runtime.client("globex") as globex:
        for language in ("en-US", "de-DE", "xx"):
            texts = globex.get("/project/translations", params={"language": language}).json()["translation"]
            assert texts["auth"]["login"]["errors"]["unauthorized"]
            assert texts["auth"]["login"]["errors"]["service unavailable"]


def test_the_policy_lets_the_page_run_and_names_who_may_frame_it(runtime):
    runtime.publish("changing", access={"allowed_origins": ["https://shop.example"]})
    with runtime.client("changing") as changing, runtime.client("acme") as acme:
        ours, theirs = (client.get("/").headers["content-security-policy"] for client in (changing, acme))

    assert "script-src 'self' 'unsafe-eval' blob: 'sha256-" in ours
    assert ours.endswith("frame-ancestors 'self' https://shop.example https://widget.example")
    assert theirs.endswith("frame-ancestors 'self' https://widget.example")


def test_the_widget_gets_the_tenants_colours_and_a_font_of_ours(runtime):
    with runtime.client("acme") as acme:
        theme = acme.get("/public/theme.json").json()

    assert theme["variables"]["light"]["--primary"] == "221.2 83.2% 53.3%"
    assert re.fullmatch(rf"http://{runtime.host('acme')}/_static/[0-9a-f]+/inter/inter\.css", theme["custom_fonts"][0])
