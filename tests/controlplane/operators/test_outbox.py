"""The folder of mails that are not sent."""

import pytest
from django.contrib.auth.models import User
from django.core.mail import EmailMultiAlternatives, get_connection
from django.test import Client

from controlplane.operators.outbox import read_outbox


@pytest.fixture
def outbox(tmp_path, settings):
    settings.EMAIL_FILE_PATH = str(tmp_path)
    return tmp_path


def put(folder, subject, text):
    connection = get_connection("django.core.mail.backends.filebased.EmailBackend", file_path=str(folder))
    mail = EmailMultiAlternatives(
        subject, text, "Acme <no-reply@example.com>", ["ann@acme.example"], connection=connection
    )
    mail.attach_alternative("<p>as HTML</p>", "text/html")
    mail.send()


def test_a_mail_is_read_as_its_reader_would(outbox):
    text = "Grüß dich,\n\n" + "a long line " * 20 + "\nhttp://acme.localhost/settings/reset/x/y/\n" + "-" * 70
    put(outbox, "Willkommen, Käthe", text)
    [mail] = read_outbox(outbox)
    assert (mail.to, mail.subject, mail.text) == ("ann@acme.example", "Willkommen, Käthe", text)


def test_superusers_read_it_and_nobody_else(outbox, operator_client: Client):
    put(outbox, "<b>Hello</b>", "http://acme.localhost/settings/reset/x/y/")
    page = operator_client.get("/admin/outbox/")
    assert "&lt;b&gt;Hello&lt;/b&gt;" in page.text
    assert 'href="http://acme.localhost/settings/reset/x/y/"' in page.text
    assert "/admin/outbox/" in operator_client.get("/admin/").text
    staff = Client(headers={"host": "localhost"})
    staff.force_login(User.objects.create_user("staff@example.com", is_staff=True))
    assert staff.get("/admin/outbox/").status_code == 403
    assert Client(headers={"host": "localhost"}).get("/admin/outbox/").status_code == 302


def test_where_mails_are_sent_there_is_no_such_page(operator_client: Client):
    assert operator_client.get("/admin/outbox/").status_code == 404
    assert "/admin/outbox/" not in operator_client.get("/admin/").text
