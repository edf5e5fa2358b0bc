"""Where mail goes."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from controlplane.mail import mail_settings


def test_a_server_is_named_with_what_it_asks_for():
    told = mail_settings("smtps://ann%40acme:s%2Fecret@mail.example")
    assert (told["EMAIL_HOST"], told["EMAIL_PORT"], told["EMAIL_USE_SSL"]) == ("mail.example", 465, True)
    assert (told["EMAIL_HOST_USER"], told["EMAIL_HOST_PASSWORD"]) == ("ann@acme", "s/ecret")
    assert mail_settings("smtp+starttls://mail.example")["EMAIL_USE_TLS"] is True
    assert mail_settings("smtp://mail.example:2525")["EMAIL_PORT"] == 2525


def test_a_folder_takes_mails_as_files():
    assert mail_settings("file:///var/mails%20here")["EMAIL_FILE_PATH"] == "/var/mails here"


@pytest.mark.parametrize("url", ["", "mail.example", "http://mail.example", "smtp://", "file://host/folder", "file:"])
def test_anything_else_is_refused_at_the_start(url):
    with pytest.raises(ImproperlyConfigured, match="MAIL_URL"):
        mail_settings(url)
