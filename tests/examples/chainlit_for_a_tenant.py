"""Run Chainlit's command line with one real tenant bound in the whole process, flag ``suggest_followups`` on.

The app sees ``runtime.tenant`` as it does in the multi-tenant runtime, while everything else stays stock Chainlit.
"""

from chainlit.cli import cli
from cryptography.fernet import Fernet

from runtime.tenancy import TenantHandle, bind_tenant
from tenants.contract.secrets import SecretBox
from tenants.contract.state import Branding, PublishedState, TenantState, TenantStatus

STATE = TenantState(
    id="5f0c7c5e-0000-4000-8000-000000000001",
    slug="acme",
    name="Acme",
    schema="acme",
    status=TenantStatus.ACTIVE,
    app="assistant",
    hosts=("acme.localhost",),
    branding=Branding(display_name="Acme Rockets"),
    flags={"suggest_followups": True},
)

if __name__ == "__main__":
    handle = TenantHandle(
        PublishedState(revision=1, checksum="", state=STATE), SecretBox([Fernet.generate_key().decode()])
    )
    with bind_tenant(handle):
        cli()
