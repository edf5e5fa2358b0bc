"""A tenant written by hand: one TOML file, in words for people, made into a ``TenantState``.

docs/state-sources.md describes the format. Sections have the contract's own field names, so whatever the contract
comes to hold can be written here.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec

from runtime.state.catalogue import TenantDefinition
from runtime.state.file_assets import read_assets
from runtime.state.file_fields import TenantFileError, checked, required, table
from runtime.state.member_list import read_members
from tenants.contract.email_domains import normalise_email_domain
from tenants.contract.environment import validate_environment_name, validate_environment_value
from tenants.contract.flags import validate_flag_name
from tenants.contract.hosts import normalise_host, validate_slug
from tenants.contract.networks import normalise_network
from tenants.contract.secrets import SecretBox, SecretUnreadableError
from tenants.contract.state import AccessMode, TenantState

__all__ = ["TenantFileReader"]

TAKEN_OVER = ("branding", "chat", "environment", "features", "flags", "interface", "theme")
FIELDS = frozenset(
    {*TAKEN_OVER, "access", "app", "assets", "hosts", "id", "images", "members", "name", "secrets", "status"}
)
REFERENCE = "env:"
_PATH = re.compile(r" - at `(?:key in )?\$\.?([^`]*)`")


class TenantFileReader:
    """Reads files by one installation's rules.

    ``variables`` is what ``env:NAME`` refers to. ``withdraw`` is told the name of each variable that a file gives to
    its tenant under another name: it is that tenant's secret, and no other tenant's code should find it.
    """

    def __init__(
        self,
        *,
        base_domain: str,
        variables: Mapping[str, str],
        secret_box: SecretBox,
        withdraw: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._base_domain = base_domain
        self._variables = variables
        self._secret_box = secret_box
        self._withdraw = withdraw

    def default_host(self, slug: str) -> str:
        """Return where a tenant is reached whose file names no host."""
        return f"{slug}.{self._base_domain}"

    def read(self, slug: str, text: str, *, written_at: int) -> TenantDefinition:
        """Return what a file says; raises ``TenantFileError`` at the first thing that does not fit."""
        return self.define(slug, _parse(text), written_at=written_at)

    def define(self, slug: str, document: dict[str, Any], *, written_at: int) -> TenantDefinition:
        """Return what the fields of a file say; raises ``TenantFileError``."""
        if unknown := sorted(document.keys() - FIELDS):
            raise TenantFileError(unknown[0], f"there is no such field; there are {', '.join(sorted(FIELDS))}")
        state = self._state(checked("", validate_slug, slug), document)
        members = read_members(state.id, document.get("members", []))
        if state.access.mode is AccessMode.MEMBERS and not members:
            raise TenantFileError("members", "nobody could sign in: list at least one, or choose another access")
        return TenantDefinition(
            state=state,
            secrets=self._secrets(state.id, document),
            members=members,
            written_at=written_at,
        )

    def _state(self, slug: str, document: dict[str, Any]) -> TenantState:
        name = document.get("name", slug.replace("-", " ").title())
        access = document.get("access", {})
        hosts = document.get("hosts", [self.default_host(slug)])
        if not isinstance(hosts, list) or not hosts:
            raise TenantFileError("hosts", "a list with at least one host name is expected")
        for environment_name, value in table(document, "environment").items():
            _check_variable("environment", environment_name, value)
        for flag in table(document, "flags"):
            checked(f"flags.{flag}", validate_flag_name, flag)
        return _convert(
            {
                "id": _tenant_id(document.get("id", str(uuid5(NAMESPACE_URL, f"urn:chainlit-tenants:{slug}")))),
                "slug": slug,
                "name": name,
                "schema": slug.replace("-", "_"),
                "status": document.get("status", "active"),
                "app": required(document, "app"),
                "hosts": [_host(number, host) for number, host in enumerate(hosts)],
                **{field: document.get(field, {}) for field in TAKEN_OVER},
                "branding": {"display_name": name, **table(document, "branding")},
                "access": {"mode": access} if isinstance(access, str) else _spelt(access),
                "assets": read_assets(document),
            }
        )

    def _secrets(self, tenant_id: str, document: dict[str, Any]) -> dict[str, str]:
        secrets = {}
        for name, value in table(document, "secrets").items():
            _check_variable("secrets", name, value)
            field = f"secrets.{name}"
            if value.startswith(REFERENCE):
                referred = value.removeprefix(REFERENCE)
                secrets[name] = self._referred(field, referred)
                if referred != name:
                    self._withdraw(referred)
                continue
            try:
                secrets[name] = self._secret_box.decrypt(value, tenant_id=tenant_id)
            except SecretUnreadableError:
                raise TenantFileError(
                    field, "neither env:NAME nor a token made for this tenant with TENANT_ENCRYPTION_KEYS"
                ) from None
        return secrets

    def _referred(self, field: str, name: str) -> str:
        # The platform's own variables are no tenant's, whoever wrote the file.
        checked(field, validate_environment_name, name)
        if not self._variables.get(name):
            raise TenantFileError(field, f"the process has no environment variable {name}")
        return self._variables[name]


def _parse(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise TenantFileError("", f"not valid TOML: {error}") from error


def _convert(fields: dict[str, Any]) -> TenantState:
    try:
        return msgspec.convert(fields, TenantState)
    except msgspec.ValidationError as error:
        message = str(error)
        match = _PATH.search(message)
        field = (match[1] if match else "").replace("[...]", "")
        raise TenantFileError(field, _PATH.sub("", message)) from None


def _tenant_id(value: Any) -> str:
    try:
        return str(UUID(value))
    except (AttributeError, TypeError, ValueError):
        raise TenantFileError("id", "a UUID is expected") from None


def _check_variable(field: str, name: str, value: Any) -> None:
    checked(f"{field}.{name}", validate_environment_name, name)
    if not isinstance(value, str):
        raise TenantFileError(f"{field}.{name}", "a text is expected")
    checked(f"{field}.{name}", validate_environment_value, value)


def _spelt(access: Any) -> Any:
    """Put right how networks and domains are written; what is no list of texts is told of where fields are checked."""
    if not isinstance(access, dict):
        return access
    spelt = dict(access)
    for name, normalise in (("networks", normalise_network), ("email_domains", normalise_email_domain)):
        values = access.get(name)
        if isinstance(values, list) and all(isinstance(value, str) for value in values):
            spelt[name] = [checked(f"access.{name}[{at}]", normalise, value) for at, value in enumerate(values)]
    return spelt


def _host(number: int, host: Any) -> str:
    if not isinstance(host, str):
        raise TenantFileError(f"hosts[{number}]", "a text is expected")
    return checked(f"hosts[{number}]", normalise_host, host)
