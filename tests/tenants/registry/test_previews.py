"""Drafts that nobody has saved: compiled as if they were, and kept for one sign-in."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from tenants.contract.errors import InvalidValueError
from tenants.contract.previews import preview_digest
from tenants.contract.state import decode_state
from tenants.registry.models import AuditEntry, Preview, Publication
from tenants.registry.schema import tenant_schema
from tenants.registry.services import previews
from tenants.registry.services.previews import MOST_A_SIGN_IN, compile_unsaved, end_previews, keep_preview
from tenants.workspace.acting import member_actor
from tenants.workspace.models import Branding, Member
from tenants.workspace.services.branding import update_branding

MEMBER = uuid4()


@pytest.fixture
def owner(acme):
    """Acme's owner as the services see them."""
    with tenant_schema(acme):
        return member_actor(Member.objects.get(role="owner"))


def renaming(tenant, name, actor):
    """Return a change that nobody has decided on."""
    return lambda: update_branding(tenant.pk, values={"display_name": name}, actor=actor)


def drafted(secret):
    """Return the state that a preview holds."""
    return decode_state(Preview.objects.get(secret_hash=preview_digest(secret)).document.encode())


def test_an_unsaved_change_is_compiled_and_leaves_nothing_behind(acme, owner):
    audited, published = AuditEntry.objects.count(), Publication.objects.count()
    document = compile_unsaved(acme.pk, renaming(acme, "Perhaps", owner))
    assert decode_state(document).branding.display_name == "Perhaps"
    assert (AuditEntry.objects.count(), Publication.objects.count()) == (audited, published)
    with tenant_schema(acme):
        assert Branding.objects.get().display_name == "Acme"
    acme.refresh_from_db()
    assert acme.live_publication.document["branding"]["display_name"] == "Acme"


def test_a_refused_change_is_refused_as_when_saving(acme, owner):
    with pytest.raises(InvalidValueError, match="1 to 80 characters"):
        compile_unsaved(acme.pk, renaming(acme, "", owner))


def test_the_same_page_types_on_in_its_preview(acme, owner):
    sign_in = uuid4()
    first = keep_preview(
        acme.pk, member_id=MEMBER, sign_in_id=sign_in, change=renaming(acme, "One", owner), actor=owner
    )
    second = keep_preview(
        acme.pk,
        member_id=MEMBER,
        sign_in_id=sign_in,
        change=renaming(acme, "Two", owner),
        secret=first.secret,
        actor=owner,
    )
    assert (second.secret, second.version) == (first.secret, first.version + 1)
    assert drafted(first.secret).branding.display_name == "Two"


def test_a_secret_of_another_sign_in_or_tenant_or_time_opens_a_preview_of_its_own(acme, globex, owner):
    sign_in = uuid4()
    theirs = keep_preview(
        acme.pk, member_id=MEMBER, sign_in_id=uuid4(), change=renaming(acme, "Theirs", owner), actor=owner
    )
    with tenant_schema(globex):
        stranger = member_actor(Member.objects.get(role="owner"))
    elsewhere = keep_preview(
        globex.pk, member_id=MEMBER, sign_in_id=sign_in, change=renaming(globex, "Elsewhere", stranger), actor=stranger
    )
    past = keep_preview(
        acme.pk, member_id=MEMBER, sign_in_id=sign_in, change=renaming(acme, "Past", owner), actor=owner
    )
    Preview.objects.filter(secret_hash=preview_digest(past.secret)).update(ends_at=timezone.now())
    for secret, name in ((theirs.secret, "Theirs"), (elsewhere.secret, "Elsewhere"), (past.secret, "Past")):
        mine = keep_preview(
            acme.pk,
            member_id=MEMBER,
            sign_in_id=sign_in,
            change=renaming(acme, "Mine", owner),
            secret=secret,
            actor=owner,
        )
        assert mine.secret != secret
        assert drafted(secret).branding.display_name == name


def test_a_sign_in_has_so_many_previews_and_no_more(acme, owner):
    sign_in = uuid4()
    kept = [
        keep_preview(
            acme.pk, member_id=MEMBER, sign_in_id=sign_in, change=renaming(acme, f"Number {number}", owner), actor=owner
        ).secret
        for number in range(MOST_A_SIGN_IN + 2)
    ]
    hashes = set(Preview.objects.filter(sign_in_id=sign_in).values_list("secret_hash", flat=True))
    assert hashes == {preview_digest(secret) for secret in kept[2:]}


def test_a_document_that_is_too_large_is_not_kept(acme, owner, monkeypatch):
    monkeypatch.setattr(previews, "MOST_BYTES", 100)
    with pytest.raises(InvalidValueError, match="too large"):
        keep_preview(acme.pk, member_id=MEMBER, sign_in_id=uuid4(), change=renaming(acme, "Large", owner), actor=owner)
    assert not Preview.objects.exists()


def test_previews_end_with_their_sign_in_and_with_their_time(acme, owner):
    ended, past, kept = uuid4(), uuid4(), uuid4()
    for sign_in in (ended, past, kept):
        keep_preview(acme.pk, member_id=MEMBER, sign_in_id=sign_in, change=renaming(acme, "Draft", owner), actor=owner)
    Preview.objects.filter(sign_in_id=past).update(ends_at=timezone.now() - timedelta(seconds=1))
    end_previews(ended)
    assert previews.sweep_previews() == 1
    assert list(Preview.objects.values_list("sign_in_id", flat=True)) == [kept]
