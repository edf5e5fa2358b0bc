"""Files of an app's folders: found by name, as they are now, and never outside."""

import os

from runtime.chainlit_host.answers.folders import FolderListing, ServedFolder


def test_a_new_and_a_removed_file_are_seen_on_the_next_request(tmp_path):
    listing = FolderListing(tmp_path)
    assert listing.find("logo_light") is None

    for name in ("logo_light.svg", "logo_light.png"):
        (tmp_path / name).write_text("x")
        assert listing.find("logo_light") is not None
    assert listing.find("logo_light") == tmp_path / "logo_light.png"
    (tmp_path / "logo_light.png").unlink()
    assert listing.find("logo_light") == tmp_path / "logo_light.svg"


def test_a_change_within_one_tick_of_the_clock_is_seen(tmp_path):
    listing = FolderListing(tmp_path)
    (tmp_path / "one.png").write_text("x")
    assert listing.find("two") is None
    before = tmp_path.stat().st_mtime_ns

    (tmp_path / "two.png").write_text("x")
    os.utime(tmp_path, ns=(before, before))

    assert listing.find("two") == tmp_path / "two.png"


def test_a_folder_may_come_and_go(tmp_path):
    listing = FolderListing(tmp_path / "public")
    assert listing.find("favicon") is None
    (tmp_path / "public").mkdir()
    (tmp_path / "public" / "favicon.ico").write_text("x")
    assert listing.find("favicon") == tmp_path / "public" / "favicon.ico"
    assert listing.find_beginning("fav") == tmp_path / "public" / "favicon.ico"
    (tmp_path / "public" / "favicon.ico").unlink()
    (tmp_path / "public").rmdir()
    assert listing.find("favicon") is None


def test_no_name_leads_out_of_a_served_folder(tmp_path):
    (tmp_path / "secret.txt").write_text("x")
    public = tmp_path / "public"
    public.mkdir()
    (public / "link.txt").symlink_to(tmp_path / "secret.txt")
    (public / "file.txt").write_text("x")
    folder = ServedFolder(public)

    for name in ("../secret.txt", "/../secret.txt", "link.txt", "x/../../secret.txt", "\x00", "", ".", "nothing"):
        assert folder.find(name) is None
    assert folder.find("file.txt") == public / "file.txt"
    assert folder.find("x/../file.txt") == public / "file.txt"


def test_a_file_that_became_a_link_elsewhere_after_it_was_served_under_another_name_is_not_followed(tmp_path):
    (tmp_path / "secret.txt").write_text("x")
    public = tmp_path / "public"
    public.mkdir()
    (public / "real.txt").write_text("x")
    (public / "link.txt").symlink_to(public / "real.txt")
    folder = ServedFolder(public)
    assert folder.find("link.txt") == public / "real.txt"

    (public / "link.txt").unlink()
    (public / "link.txt").symlink_to(tmp_path / "secret.txt")

    assert folder.find("link.txt") is None
