"""What is deleted is gone with its files, of one tenant alone; when the files cannot go nothing does."""

from uuid import uuid4

import pytest

from tenants.assets.storage import MissingObjectError, private_size, put_private
from tenants.contract.errors import NotFoundError, UnavailableError
from tenants.conversations.models import Element, Feedback, Step, Thread
from tenants.conversations.services.deleting import delete_conversations
from tenants.registry.actor import NotPermittedError
from tenants.registry.schema import tenant_schema
from tests.tenants.conversations.conftest import ADMIN, OWNER, entries
from tests.tenants.conversations.talking import attach, rate, talk


def stored(key: str) -> bool:
    try:
        return private_size(key) > 0
    except MissingObjectError:
        return False


def key_of(tenant, thread) -> str:
    return f"{tenant.pk}/conversations/{thread.pk}/note.txt"


def with_file(tenant):
    thread = talk(tenant, "Hello", "Hi", name="Greetings")
    attach(tenant, thread)
    rate(tenant, thread, 1)
    put_private(key_of(tenant, thread), b"content")
    return thread


def rows(tenant) -> list[int]:
    with tenant_schema(tenant):
        return [model.objects.count() for model in (Step, Element, Feedback)]


def test_everything_goes_and_the_other_tenants_stays(acme, globex, seaweedfs):
    gone, kept, foreign = with_file(acme), with_file(acme), with_file(globex)
    assert delete_conversations(acme.pk, [gone.pk, foreign.pk], actor=OWNER) == 1
    assert [stored(key_of(*owned)) for owned in ((acme, gone), (acme, kept), (globex, foreign))] == [False, True, True]
    assert (rows(acme), rows(globex)) == ([2, 1, 1], [2, 1, 1])
    with tenant_schema(acme):
        emptied = Thread.objects.get(pk=gone.pk)
    assert (emptied.name, emptied.metadata, emptied.deleted_at is not None) == (None, {}, True)


def test_each_deletion_says_whose_it_was(acme, seaweedfs):
    thread = with_file(acme)
    delete_conversations(acme.pk, [thread.pk], actor=OWNER)
    [entry] = entries(acme)
    assert (entry.action, entry.actor, entry.target) == ("conversation.delete", OWNER.label, "ann@example.com")
    assert entry.changes == {"conversation": str(thread.pk), "files": 1}
    with pytest.raises(NotFoundError):
        delete_conversations(acme.pk, [thread.pk], actor=OWNER)


def test_a_key_that_names_a_file_of_elsewhere_deletes_nothing_there(acme, globex, seaweedfs):
    foreign = with_file(globex)
    upload = f"{acme.pk}/uploads/{uuid4()}"
    put_private(upload, b"content")
    thread = talk(acme, "Hello")
    attach(acme, thread, key=key_of(globex, foreign))
    attach(acme, thread, key=upload)
    delete_conversations(acme.pk, [thread.pk], actor=OWNER)
    assert stored(key_of(globex, foreign))
    assert stored(upload)


def test_when_the_files_cannot_be_deleted_nothing_is(acme, seaweedfs, monkeypatch):
    thread = with_file(acme)

    def away(_keys):
        raise UnavailableError("storage_unavailable", "Away.")

    monkeypatch.setattr("tenants.conversations.files.delete_private", away)
    with pytest.raises(UnavailableError):
        delete_conversations(acme.pk, [thread.pk], actor=OWNER)
    assert rows(acme) == [2, 1, 1]
    assert entries(acme) == []
    monkeypatch.undo()
    assert delete_conversations(acme.pk, [thread.pk], actor=OWNER) == 1
    assert not stored(key_of(acme, thread))


def test_owners_alone_delete(acme):
    thread = talk(acme, "Hello")
    with pytest.raises(NotPermittedError):
        delete_conversations(acme.pk, [thread.pk], actor=ADMIN)
