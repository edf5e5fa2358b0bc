"""What an app may declare, what a tenant's values make of it, and how the control plane is told."""

import asyncio

import pytest
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, Field, SecretStr, field_validator, model_validator

from runtime import app_settings as declaring
from runtime.app_schemas import AppSchemas
from runtime.own_settings import NoSettingsError, SettingsUnusableError, declared_settings, read_declared
from runtime.tenancy import NoTenantError, bind_tenant, tenant
from tenants.contract.state import AppSettings
from tests.runtime.tenants_in_memory import SECRET_BOX, make_handle, publish
from tests.runtime.waiting import until

APP = "settings-under-test"


class Limits(BaseModel):
    answers: int = Field(3, ge=1, le=5)
    words: int = 100


class Settings(BaseModel):
    greeting: str = "Hello"
    key: SecretStr = SecretStr("none")
    limits: Limits = Limits(words=50)

    @field_validator("greeting")
    @classmethod
    def is_polite(cls, value):
        if value == "Oi":
            raise ValueError("be polite")
        return value


@pytest.fixture
def declared(monkeypatch):
    """Declare a model as the settings of the app under test."""

    def declare(model):
        monkeypatch.setitem(declared_settings, APP, read_declared([model]))

    declare(Settings)
    return declare


def handle(slug="acme", *, secrets=None, **values):
    made = make_handle(slug, app=APP)
    tokens = {name: SECRET_BOX.encrypt(text, tenant_id=made.state.id) for name, text in (secrets or {}).items()}
    publish(made, app_settings=AppSettings(values, tokens))
    return made


@pytest.mark.usefixtures("declared")
def test_each_tenant_has_an_instance_of_the_apps_model_made_of_its_own_values():
    acme = handle(greeting="Servus", secrets={"key": "sk-acme"}, **{"limits.answers": 5})
    with bind_tenant(acme):
        assert isinstance(tenant.settings, Settings)
        assert tenant.settings.key.get_secret_value() == "sk-acme"
        assert (tenant.settings.limits.answers, tenant.settings.limits.words) == (5, 50)
        with bind_tenant(handle("globex")):
            assert tenant.settings == Settings()
        assert tenant.settings.greeting == "Servus"


@pytest.mark.usefixtures("declared")
def test_what_code_changes_in_its_copy_is_seen_nowhere_else():
    with bind_tenant(handle()):
        tenant.settings.limits.answers = 99
        tenant.settings.greeting = "spoilt"
        assert tenant.settings == Settings()


@pytest.mark.usefixtures("declared")
def test_a_new_revision_counts_at_once():
    acme = handle(greeting="Servus")
    with bind_tenant(acme):
        assert tenant.settings.greeting == "Servus"
        publish(acme, app_settings=AppSettings({"greeting": "Salve"}))
        assert tenant.settings.greeting == "Salve"


@pytest.mark.usefixtures("declared")
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"greeting": 7, "limits.answers": 4}, ("Hello", 4, 50)),
        ({"greeting": "Oi", "limits.answers": 9, "limits.words": 7}, ("Hello", 3, 7)),
        ({"limits.answers": None, "gone": "x"}, ("Hello", 3, 50)),
    ],
)
def test_what_the_model_no_longer_takes_falls_back_field_by_field(values, expected):
    with bind_tenant(handle(**values)):
        settings = tenant.settings
        assert (settings.greeting, settings.limits.answers, settings.limits.words) == expected


@pytest.mark.usefixtures("declared")
def test_a_secret_of_another_tenant_is_worth_nothing():
    acme = handle(secrets={"key": "sk-acme"})
    globex = handle("globex")
    publish(globex, app_settings=acme.state.app_settings)
    with bind_tenant(globex):
        assert tenant.settings.key.get_secret_value() == "none"


def test_values_that_do_not_fit_together_fall_back_as_a_whole(declared):
    class Range(BaseModel):
        first: int = 1
        last: int = 2

        @model_validator(mode="after")
        def is_in_order(self):
            if self.first > self.last:
                raise ValueError("out of order")
            return self

    declared(Range)
    with bind_tenant(handle(first=5, last=3)):
        assert tenant.settings == Range()


def test_an_app_without_settings_is_told_so_and_so_is_code_without_a_tenant():
    with bind_tenant(make_handle(app="has-none")), pytest.raises(NoSettingsError, match="has-none"):
        tenant.settings  # noqa: B018 - reading it is what is tried
    with pytest.raises(NoTenantError):
        tenant.settings  # noqa: B018 - as above


def test_a_model_that_a_new_tenant_could_not_have_is_refused_with_the_field():
    class Demanding(BaseModel):
        key: str

    class Contradicting(BaseModel):
        count: int = Field(0, ge=1, validate_default=True)

    for model, field in ((Demanding, "key"), (Contradicting, "count")):
        with pytest.raises(SettingsUnusableError, match=f"{field}: "):
            read_declared([model])
    with pytest.raises(SettingsUnusableError, match="one model"):
        read_declared([Settings, Limits])
    with pytest.raises(SettingsUnusableError, match="pydantic"):
        read_declared([dict])


def test_outside_of_an_apps_import_the_decorator_does_nothing():
    assert declaring(Settings) is Settings


async def test_the_control_plane_is_told_of_the_apps_that_are_loaded(registry, database_url, monkeypatch):
    monkeypatch.setitem(declared_settings, APP, read_declared([Settings]))

    def known():
        rows = registry.connection.execute("SELECT app, schema FROM registry_appschema WHERE app LIKE %s", (f"{APP}%",))
        return {app: sorted(schema["properties"]) for app, schema in rows}

    async with AsyncConnectionPool(database_url, kwargs={"autocommit": True}, min_size=1, max_size=2) as pool:
        schemas = AppSchemas(pool, lambda: [APP, f"{APP}-bare"])
        task = asyncio.create_task(schemas.run())
        try:
            await until(lambda: known() == {APP: ["greeting", "key", "limits"]})
            monkeypatch.setitem(declared_settings, f"{APP}-bare", read_declared([Limits]))
            monkeypatch.delitem(declared_settings, APP)
            schemas.tell()
            await until(lambda: known() == {f"{APP}-bare": ["answers", "words"]})
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            registry.connection.execute("DELETE FROM registry_appschema WHERE app LIKE %s", (f"{APP}%",))
