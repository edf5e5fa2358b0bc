"""The name of a frontend's build is its content's."""

from tenants.contract.frontend import build_name, pushed_files


def _build(folder, **files):
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html>")
    for name, content in files.items():
        (folder / "assets" / name.replace("_", ".")).write_text(content)
    return folder


def test_equal_files_have_one_name_wherever_they_lie(tmp_path):
    first, second = (_build(tmp_path / name, index_js="1", index_css="2") for name in ("first", "second"))

    assert build_name("2.12.3", first) == build_name("2.12.3", second)
    assert build_name("2.12.3", first).startswith("2.12.3-")


def test_another_file_or_another_content_is_another_build(tmp_path):
    names = {
        build_name("2.12.3", _build(tmp_path / "one", index_js="1")),
        build_name("2.12.3", _build(tmp_path / "two", index_js="2")),
        build_name("2.12.3", _build(tmp_path / "three", index_js="1", more_js="1")),
        build_name("2.12.3", _build(tmp_path / "four", main_js="1")),
    }

    assert len(names) == 4


def test_source_maps_and_the_page_itself_are_not_pushed(tmp_path):
    build = _build(tmp_path / "build", index_js="1", index_js_map="{}", index_css="2")

    assert list(pushed_files(build)) == ["assets/index.css", "assets/index.js"]
