"""The comparison itself: it must find what people would see, and nothing that differs between any two runs."""

from tests.compatibility.transcript import Transcript


def transcript(*lines):
    made = Transcript()
    made.add("a moment", "\n".join(lines))
    return made


def test_ids_hosts_and_times_make_no_difference():
    first = transcript("/url: http://a-b.localhost:20001/file/5f0c7c5e-1111-4000-8000-000000000001", "127.0.0.1:20001")
    second = transcript("/url: http://c.localhost:31999/file/5f0c7c5e-2222-4000-8000-000000000002", "127.0.0.1:31999")

    assert first.difference(second) == ""
    assert transcript("2026-01-02T03:04:05.678Z").difference(transcript("2027-11-12T13:14:15+00:00")) == ""


def test_a_word_a_missing_line_and_the_order_of_lines_are_differences():
    seen = transcript("- button", "- article: hello")

    assert "+- article: hullo" in seen.difference(transcript("- button", "- article: hullo"))
    assert "-- button" in seen.difference(transcript("- article: hello"))
    assert seen.difference(transcript("- article: hello", "- button")) != ""


def test_what_was_seen_at_another_moment_is_a_difference():
    other = Transcript()
    other.add("another moment", "- button")

    assert transcript("- button").difference(other) != ""
