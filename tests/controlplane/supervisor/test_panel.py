"""The panel names every door and every key, and is straight."""

import re
from pathlib import Path

from controlplane.supervisor.credentials import DEMO_ACCOUNTS
from controlplane.supervisor.panel import panel
from controlplane.supervisor.settings import SupervisorSettings

SIGN_INS = {account: (email, f"password-of-{account.lower()}") for account, email in DEMO_ACCOUNTS.items()}


def lines(
    environment: dict[str, str] | None = None, *, demo: bool = True, app: Path | None = None, emphasise: bool = False
) -> list[str]:
    settings = SupervisorSettings.from_environment(environment or {}, data_directory=Path("/data"), demo=demo, app=app)
    return panel(settings, SIGN_INS, seconds=7.25, emphasise=emphasise)


def test_it_shows_every_url_every_sign_in_and_how_to_stop():
    text = "\n".join(lines({"PORT": "8001"}))
    for url in (
        "http://localhost:8001/admin/",
        "http://acme.localhost:8001/ ",
        "http://acme.localhost:8001/settings/",
        "http://globex.localhost:8001/ ",
        "http://globex.localhost:8001/settings/",
    ):
        assert url in text
    for account, (email, password) in SIGN_INS.items():
        shown = re.search(rf"{email} +{password} ", text)
        assert bool(shown) is (account != "APP_OWNER"), account
    assert "/data" in text
    assert "Ctrl-C" in text
    assert "after 7.2 s" in text


def test_an_app_that_is_being_written_comes_with_its_door_its_key_and_its_folder(tmp_path):
    folder = tmp_path / "my_first App"
    folder.mkdir()
    (folder / "main.py").touch()
    text = "\n".join(lines(app=folder))
    assert "My First App" in text
    assert "http://my-first-app.localhost:8000/ " in text
    assert "password-of-app_owner" in text
    assert str(folder) in text
    assert "http://acme.localhost:8000/ " in text


def test_its_edges_are_straight():
    assert len({len(line) for line in lines()}) == 1


def test_a_platform_elsewhere_is_shown_as_it_is():
    text = "\n".join(lines({"PLATFORM_URL": "https://chat.example", "TENANT_BASE_DOMAIN": "chat.example"}))
    assert "https://chat.example/admin/" in text
    assert "https://acme.chat.example/settings/" in text


def test_without_the_demo_it_shows_no_sign_in():
    text = "\n".join(lines(demo=False))
    assert "acme" not in text
    assert "password-of" not in text
    assert "createsuperuser" in text


def test_it_is_plain_unless_colour_is_wanted():
    assert "\x1b" not in "".join(lines())
    assert "\x1b[1m" in "".join(lines(emphasise=True))
