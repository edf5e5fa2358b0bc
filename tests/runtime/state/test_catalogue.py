"""Whatever is written into files in whatever order: no host leads to two tenants, and who has a host keeps it."""

from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from runtime.state.catalogue import Catalogue, TenantDefinition
from tenants.contract.secrets import SecretBox
from tenants.contract.state import decode_state
from tests.runtime.registry import make_state

BOX = SecretBox([Fernet.generate_key().decode()])
NAMES = ["acme", "globex", "initech"]
HOSTS = ["one.example", "two.example", "three.example"]
IDS = {name: make_state(name).id for name in NAMES}

WRITTEN = st.one_of(st.none(), st.lists(st.sampled_from(HOSTS), min_size=1, max_size=2, unique=True).map(tuple))
STEPS = st.lists(st.dictionaries(st.sampled_from(NAMES), WRITTEN), max_size=12)


def definition(name, hosts, **secrets):
    state = make_state(name, id=IDS[name], hosts=hosts)
    return TenantDefinition(state=state, secrets=secrets, members={}, written_at=1)


@given(STEPS)
def test_no_host_leads_to_two_tenants_and_who_has_one_keeps_it(steps):
    catalogue, live, revisions = Catalogue(BOX), {}, dict.fromkeys(NAMES, 0)
    for step in steps:
        definitions = {name: definition(name, hosts) if hosts else None for name, hosts in step.items()}
        _, refused = catalogue.update(definitions)
        before, live = live, {}
        for name in NAMES:
            stored = catalogue.by_tenant(IDS[name])
            if stored is not None:
                live[name] = decode_state(stored.document).hosts
                assert stored.revision >= revisions[name]
                assert (stored.revision > revisions[name]) or live[name] == before.get(name)
                revisions[name] = stored.revision
        every_host = [host for hosts in live.values() for host in hosts]
        assert len(every_host) == len(set(every_host))
        for name, hosts in live.items():
            assert all(catalogue.by_host(host).tenant_id == IDS[name] for host in hosts)
        for name, hosts in step.items():
            if hosts is None or name in refused:
                # What cannot be used, or would take from another, leaves its tenant as it was.
                assert live.get(name) == before.get(name)
            else:
                assert live[name] == hosts
        for name, conflict in refused.items():
            assert conflict.owner != name
            assert conflict.claim in live[conflict.owner]
        assert live.keys() <= step.keys()


def test_a_secret_is_sealed_for_its_tenant_and_a_new_value_is_a_new_revision():
    catalogue = Catalogue(BOX)
    catalogue.update({"acme": definition("acme", ("one.example",), KEY="old")})
    first = catalogue.by_host("one.example")
    catalogue.update({"acme": definition("acme", ("one.example",), KEY="old")})
    assert catalogue.by_host("one.example") is first
    catalogue.update({"acme": definition("acme", ("one.example",), KEY="new")})
    second = catalogue.by_host("one.example")
    assert second.revision > first.revision
    token = decode_state(second.document).secrets["KEY"]
    assert BOX.decrypt(token, tenant_id=IDS["acme"]) == "new"
    assert "new" not in second.document
