"""A folder of files: what is heard of it, and whose host is whose."""

import asyncio
from pathlib import Path

import pytest
import structlog
from argon2 import PasswordHasher

from runtime.state import files as files_module
from runtime.state.source import StateUnreadableError
from tenants.contract.state import decode_state
from tests.runtime.state.parts import parts_around
from tests.runtime.state.stores import FileStore
from tests.runtime.waiting import until

HASH = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash("correct horse battery")


@pytest.fixture
async def files(tmp_path):
    async with FileStore(tmp_path).open() as store:
        yield store


async def test_saving_is_publishing_within_a_second(files):
    files.write("acme", 'app = "assistant"')
    files.write("globex", 'app = "assistant"')
    async with parts_around(files.source) as parts:
        handle = await parts.resolver.resolve("acme.localhost")
        other = await parts.resolver.resolve("globex.localhost")
        revision = other.revision
        files.write("acme", 'app = "assistant"\nname = "Acme Rockets"')
        await until(lambda: handle.state.branding.display_name == "Acme Rockets", within=1.0)
        assert other.revision == revision


async def test_a_file_that_is_saved_without_a_change_of_meaning_makes_no_revision(files):
    files.variables["ACME_KEY"] = "hush-hush"
    files.write("acme", 'app = "assistant"\n[secrets]\nKEY = "env:ACME_KEY"')
    before = await files.source.fetch_by_host("acme.localhost")
    files.write("acme", '# by hand\napp = "assistant"\n\n[secrets]\nKEY = "env:ACME_KEY"')
    assert await files.source.fetch_by_host("acme.localhost") == before


async def test_a_refused_file_is_told_once_with_file_and_field(files):
    files.write("acme", 'app = "assistant"')
    files.write("globex", 'app = "assistant"')
    await files.source.scan()
    files.write("acme", 'app = "assistant"\n[branding.light]\nprimary = "red"')
    with structlog.testing.capture_logs() as lines:
        for _ in range(3):
            await files.source.scan()
        files.write("acme", 'app = "assistant"\n[branding.light]\nprimary = "#ff0000"')
        await files.source.scan()
    assert [(line["event"], line["file"]) for line in lines] == [
        ("tenant_file_refused", "acme.toml"),
        ("tenant_file_accepted", "acme.toml"),
    ]
    assert (lines[0]["field"], lines[0]["serving"]) == ("branding.light.primary", "the last good state")
    assert "#[0-9a-f]" in lines[0]["reason"]


async def test_a_host_belongs_to_the_tenant_that_had_it_first(files):
    files.write("globex", 'app = "assistant"\nhosts = ["chat.example"]')
    await files.source.scan()
    files.write("acme", 'app = "assistant"\nhosts = ["chat.example", "acme.example"]')
    with structlog.testing.capture_logs() as lines:
        await files.source.scan()
    assert decode_state((await files.source.fetch_by_host("chat.example")).document).slug == "globex"
    assert (lines[0]["file"], lines[0]["field"]) == ("acme.toml", "hosts")
    assert lines[0]["reason"] == "chat.example belongs to globex.toml"
    with pytest.raises(StateUnreadableError):
        await files.source.fetch_by_host("acme.example")
    files.write("globex", 'app = "assistant"\nhosts = ["globex.example"]')
    assert decode_state((await files.source.fetch_by_host("chat.example")).document).slug == "acme"


async def test_two_tenants_may_change_hosts_in_one_go(files):
    files.write("acme", 'app = "assistant"\nhosts = ["one.example"]')
    files.write("globex", 'app = "assistant"\nhosts = ["two.example"]')
    await files.source.scan()
    files.write("acme", 'app = "assistant"\nhosts = ["two.example"]')
    files.write("globex", 'app = "assistant"\nhosts = ["one.example"]')
    await files.source.scan()
    assert decode_state((await files.source.fetch_by_host("two.example")).document).slug == "acme"
    assert decode_state((await files.source.fetch_by_host("one.example")).document).slug == "globex"


async def test_an_id_that_another_file_has_is_refused(files):
    files.write("acme", 'app = "assistant"\nid = "8a6e0804-2bd0-4672-b79d-d97027f9071a"')
    await files.source.scan()
    files.write("globex", 'app = "assistant"\nid = "8a6e0804-2bd0-4672-b79d-d97027f9071a"')
    with pytest.raises(StateUnreadableError):
        await files.source.fetch_by_host("globex.localhost")
    assert await files.source.fetch_by_host("acme.localhost")


async def test_members_are_found_in_their_own_tenant_only(files):
    member = f'[[members]]\nemail = "Ann@Acme.example"\nname = "Ann"\npassword = "{HASH}"'
    files.write("acme", f'app = "assistant"\naccess = "members"\n{member}')
    files.write("globex", 'app = "assistant"')
    await files.source.scan()
    found = await files.source.find_member("acme", " ANN@acme.example ")
    assert (found.email, found.name, found.role, found.is_active) == ("ann@acme.example", "Ann", "member", True)
    assert await files.source.find_member("globex", "ann@acme.example") is None
    assert await files.source.find_member("nobody", "ann@acme.example") is None
    files.write("acme", 'app = "assistant"')
    await files.source.scan()
    assert await files.source.find_member("acme", "ann@acme.example") is None


async def test_other_files_and_drafts_are_left_alone(files):
    files.write("acme", 'app = "assistant"')
    for name in (".hidden.toml", "acme.toml~", "README.md", "acme.toml.swp"):
        (files.folder / name).write_text("nonsense")
    with structlog.testing.capture_logs() as lines:
        await files.source.scan()
    assert lines == []


async def test_a_folder_of_links_that_is_swapped_as_a_whole_is_heard(files):
    """As Kubernetes mounts a ConfigMap: files are links through ``..data``, and that one link is replaced."""
    for version in ("one", "two"):
        (files.folder / f"..{version}").mkdir()
        for slug in ("acme", "globex"):
            name = version if slug == "acme" else "Globex"
            (files.folder / f"..{version}" / f"{slug}.toml").write_text(f'app = "assistant"\nname = "{name}"')
    (files.folder / "..data").symlink_to("..one")
    for slug in ("acme", "globex"):
        (files.folder / f"{slug}.toml").symlink_to(Path("..data") / f"{slug}.toml")
    async with parts_around(files.source) as parts:
        first, second = [await parts.resolver.resolve(f"{slug}.localhost") for slug in ("acme", "globex")]
        revision = second.revision
        (files.folder / "..next").symlink_to("..two")
        (files.folder / "..next").rename(files.folder / "..data")
        await until(lambda: first.state.name == "two")
        assert second.revision == revision


async def test_where_the_system_refuses_a_watch_the_files_are_looked_at(files, monkeypatch):
    async def refused(*_arguments, **_options):
        raise OSError("OS file watch limit reached")
        yield

    monkeypatch.setattr(files_module, "awatch", refused)
    files.write("acme", 'app = "assistant"')
    files.write("globex", 'app = "assistant"')
    with structlog.testing.capture_logs() as lines:
        async with parts_around(files.source) as parts:
            first, second = [await parts.resolver.resolve(f"{slug}.localhost") for slug in ("acme", "globex")]
            revision = second.revision
            files.write("acme", 'app = "assistant"\nname = "Acme Rockets"')
            await until(lambda: first.state.name == "Acme Rockets")
            assert second.revision == revision
    assert "files_not_watched" in [line["event"] for line in lines]


async def test_many_first_questions_are_answered_one_scan_at_a_time(files):
    for number in range(20):
        files.write(f"tenant{number}", 'app = "assistant"')
    found = await asyncio.gather(*(files.source.fetch_by_host(f"tenant{number}.localhost") for number in range(20)))
    assert len({stored.tenant_id for stored in found}) == 20
