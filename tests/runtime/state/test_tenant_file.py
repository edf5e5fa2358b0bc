"""Tenants written by hand: what a file means, and how each mistake is told."""

import re
import uuid
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from runtime.state.file_fields import TenantFileError
from runtime.state.tenant_file import TenantFileReader
from tenants.contract.roles import Role
from tenants.contract.secrets import SecretBox
from tenants.contract.state import AccessMode, AssetRole, TenantStatus

PAGE = Path(__file__).resolve().parents[3] / "docs" / "state-sources.md"
BOX = SecretBox([Fernet.generate_key().decode()])
VARIABLES = {"ACME_OPENAI_KEY": "acme's key", "RUNTIME_MASTER_SECRET": "the platform's"}
HASH = "pbkdf2_sha256$1000$salt$aGFzaA=="


def read(text, slug="acme", box=BOX):
    reader = TenantFileReader(base_domain="example.com", variables=VARIABLES, secret_box=box)
    return reader.read(slug, text, written_at=7)


def test_an_app_is_enough():
    acme, globex = read('app = "assistant"'), read('app = "assistant"', slug="globex-corp")
    assert (acme.state.name, acme.state.hosts) == ("Acme", ("acme.example.com",))
    assert (globex.state.name, globex.state.hosts) == ("Globex Corp", ("globex-corp.example.com",))
    assert globex.state.schema == "globex_corp"
    assert acme.state.status is TenantStatus.ACTIVE
    assert acme.state.access.mode is AccessMode.ANONYMOUS
    assert uuid.UUID(acme.state.id) != uuid.UUID(globex.state.id)
    assert acme.state.id == read('app = "other"').state.id


def test_hosts_are_written_as_people_write_them():
    assert read('app = "a"\nhosts = ["Bücher.Example", "acme.example."]').state.hosts == (
        "xn--bcher-kva.example",
        "acme.example",
    )


def test_who_may_enter_may_be_a_table_of_the_contract():
    access = read('app = "a"\n[access]\nmode = "app"\nallowed_origins = ["https://acme.example"]').state.access
    assert (access.mode, access.allowed_origins) == (AccessMode.APP, ("https://acme.example",))


def test_the_example_of_the_documentation_means_what_it_says():
    definition = read(re.search(r"```toml\n(.*?)```", PAGE.read_text(), re.DOTALL)[1])
    state = definition.state
    assert state.hosts == ("chat.acme.example", "acme.example.com")
    assert (state.branding.display_name, state.branding.light.primary) == ("Acme Assistant", "#dc2626")
    assert (state.features.latex, state.interface.layout, state.flags["suggest_followups"]) == (True, "wide", True)
    assert state.flags["model"].values == {"small": "gpt-small", "large": "gpt-large"}
    [rule] = state.flags["model"].rules
    assert (rule.variant, rule.percent, rule.roles, rule.email_domains) == (
        "large",
        20,
        (Role.ADMIN,),
        ("acme.example",),
    )
    assert state.asset(AssetRole.LOGO_LIGHT).content_type == "image/webp"
    assert state.asset(AssetRole.AVATAR, "my_assistant").alt == "A hammer"
    assert state.asset(AssetRole.PUBLIC_FILE, "elements/Chart.jsx").sha256 == ""
    assert state.theme.light == {"--radius": "1rem"}
    assert state.environment == {"OPENAI_MODEL": "small"}
    assert (state.secrets, definition.secrets) == ({}, {"OPENAI_API_KEY": "acme's key"})
    assert definition.members["ann@acme.example"].password.startswith("argon2$argon2id$")


def test_a_secret_may_be_a_token_made_for_this_tenant_and_no_other():
    acme, globex = read('app = "a"').state, read('app = "a"', slug="globex").state
    token = BOX.encrypt("hush-hush", tenant_id=acme.id)
    text = f'app = "a"\n[secrets]\nKEY = "{token}"'
    assert read(text).secrets == {"KEY": "hush-hush"}
    with pytest.raises(TenantFileError) as refused:
        read(text, slug="globex")
    assert refused.value.field == "secrets.KEY"
    assert globex.id != acme.id


def test_networks_and_domains_may_be_written_as_people_write_them():
    policy = (
        '[access]\nnetworks = ["203.0.113.7", "2001:DB8::/32"]\nemail_domains = ["@Acme.example"]\nidle_seconds = 600'
    )
    access = read(f'app = "a"\n{policy}').state.access
    assert access.networks == ("203.0.113.7/32", "2001:db8::/32")
    assert (access.email_domains, access.idle_seconds) == (("acme.example",), 600)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", "app"),
        ('app = "a"\nhosts = "acme.example"', "hosts"),
        ('app = "a"\nhosts = []', "hosts"),
        ('app = "a"\nhosts = ["ok.example", "127.0.0.1"]', "hosts[1]"),
        ('app = "a"\nhost = "acme.example"', "host"),
        ('app = "a"\nstatus = "asleep"', "status"),
        ('app = "a"\nid = "../acme"', "id"),
        ('app = "a"\naccess = "nobody"', "access.mode"),
        ('app = "a"\naccess = "members"', "members"),
        ('app = "a"\n[access]\nnetworks = ["::1", "10.1.2.3/8"]', "access.networks[1]"),
        ('app = "a"\n[access]\nnetworks = "::1"', "access.networks"),
        ('app = "a"\n[access]\nemail_domains = ["example"]', "access.email_domains[0]"),
        ('app = "a"\n[branding]\nlight.primary = "red"', "branding.light.primary"),
        ('app = "a"\n[branding]\nfoo = 1', "branding"),
        ('app = "a"\n[features.audio]\nsample_rate = 1', "features.audio.sample_rate"),
        ('app = "a"\n[flags]\nx = 1', "flags"),
        ('app = "a"\n[flags]\n"Not A Name" = true', "flags.Not A Name"),
        ('app = "a"\n[environment]\nPATH = "/tmp"', "environment.PATH"),
        ('app = "a"\n[environment]\nCOUNT = 1', "environment.COUNT"),
        ('app = "a"\n[secrets]\nKEY = "env:NOT_SET"', "secrets.KEY"),
        ('app = "a"\n[secrets]\nKEY = "env:RUNTIME_MASTER_SECRET"', "secrets.KEY"),
        ('app = "a"\n[secrets]\nKEY = "hush-hush"', "secrets.KEY"),
        ('app = "a"\n[images]\nlogo_light = "//evil.example/x.png"', "images.logo_light"),
        ('app = "a"\n[images]\nlogo = "/x.png"', "assets[0].role"),
        ('app = "a"\n[images]\navatar = "/x.png"', "images.avatar"),
        ('app = "a"\nassets = "/x.png"', "assets"),
        ('app = "a"\n[[assets]]\nrole = "avatar"\nname = "x"', "assets[0].url"),
        ('app = "a"\n[[assets]]\nurl = "/x.png"', "assets[0].role"),
        ('app = "a"\n[[assets]]\nrole = "font"\nurl = "/x.woff2"', "assets[0]"),
        ('app = "a"\n[[assets]]\nrole = "script"\nurl = "javascript:x"', "assets[0].url"),
        ('app = "a"\nimages.favicon = "/x.png"\n[[assets]]\nrole = "favicon"\nurl = "/y.png"', "assets"),
        ('app = "a"\n[theme.light]\n"--x" = "a;b"', "theme.light"),
        ('app = "a"\n[theme.night]\n"--x" = "a"', "theme"),
        ('app = "a"\n[[members]]\nemail = "ann"', "members[0].email"),
        ('app = "a"\n[[members]]\nemail = "a@b"\npassword = "hush-hush"', "members[0].password"),
        (f'app = "a"\n[[members]]\nemail = "a@b"\npassword = "{HASH}"\nrole = "king"', "members[0].role"),
        (f'app = "a"\n[[members]]\nemail = "a@b"\npassword = "{HASH}"\nphone = "1"', "members[0].phone"),
        ("app = ", ""),
    ],
)
def test_a_mistake_is_told_with_its_field_and_never_with_a_secret(text, field):
    with pytest.raises(TenantFileError) as refused:
        read(text)
    assert refused.value.field == field
    assert "hush-hush" not in str(refused.value)
    assert "the platform's" not in str(refused.value)


@pytest.mark.parametrize("slug", ["Acme", "a", "admin", "acme_corp", "xn--acme"])
def test_a_file_name_that_is_no_short_name_is_refused(slug):
    with pytest.raises(TenantFileError):
        read('app = "a"', slug=slug)
