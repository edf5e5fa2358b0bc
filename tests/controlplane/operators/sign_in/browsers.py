"""An operator's browser at the sign-in, and devices that show codes."""

import re
import time

import pyotp
from django.test import Client

from controlplane.operators.models import AuthenticatorApp
from controlplane.operators.sign_in.sealing import seal_secret
from tests.conftest import PASSWORD

__all__ = ["App", "Browser", "with_app"]


class App:
    """An authenticator app. Each code that it shows is a later one, as if half a minute had gone by."""

    def __init__(self, secret):
        self._codes = pyotp.HOTP(secret)
        self._shown = 0

    def code(self):
        """Return the next code; the present one and the one after are good at once, so no test has to wait."""
        self._shown = max(self._shown + 1, int(time.time() // 30))
        return self._codes.at(self._shown)


def with_app(operator):
    """Give an operator an authenticator app."""
    secret = pyotp.random_base32()
    AuthenticatorApp.objects.create(operator=operator, secret=seal_secret(operator, secret), last_step=0)
    operator.app = App(secret)
    return operator


class Browser(Client):
    """Django's client on the platform's host, from a network address of its own."""

    def __init__(self, address="203.0.113.7"):
        super().__init__(headers={"host": "localhost"}, REMOTE_ADDR=address)

    def log_in(self, operator, password=PASSWORD, **values):
        """Send the first factor."""
        return self.post("/admin/login/", {"username": operator.username, "password": password, **values})

    def enter(self, operator):
        """Sign in by password and app."""
        self.log_in(operator)
        answer = self.post("/admin/login/second-factor/", {"code": operator.app.code()})
        assert answer.status_code == 302
        return answer

    def is_in(self):
        """Say whether the admin answers."""
        return self.get("/admin/").status_code == 200

    def shown_secret(self, page="/admin/login/set-up/"):
        """Return the key that a page tells an app."""
        spelled = re.search(r"Type this key: <code>([A-Z2-7 ]+)</code>", self.get(page).content.decode())
        return spelled.group(1).replace(" ", "")

    def key(self):
        """Return the session's key."""
        return self.cookies["sessionid"].value
