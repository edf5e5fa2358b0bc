"""What the terminal shows, with and without colour."""

import io

import pytest

from controlplane.supervisor.console import Console, wants_colour


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_names_are_aligned_and_plain_without_a_terminal():
    stream = io.StringIO()
    console = Console(stream, width=8)
    console.line("beat", "tick")
    console.line("postgres", "ready")
    console.warn("beat was killed by SIGKILL")
    assert stream.getvalue() == "beat     │ tick\npostgres │ ready\nup       │ beat was killed by SIGKILL\n"


def test_each_name_has_its_own_colour_and_keeps_it():
    stream = Terminal()
    console = Console(stream, width=4)
    for name in ("beat", "worker", "beat"):
        console.line(name, "x")
    first, second, third = (line.split("m")[0] for line in stream.getvalue().splitlines())
    assert first == third != second


def test_a_childs_colour_does_not_run_on():
    stream = Terminal()
    Console(stream).line("beat", "\x1b[31mred")
    assert stream.getvalue().endswith("red\x1b[0m\n")


@pytest.mark.parametrize(
    ("stream", "environment", "colour"),
    [
        (Terminal(), {}, True),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"NO_COLOR": ""}, True),
        (Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {}, False),
    ],
)
def test_colour_is_for_terminals_that_want_it(stream, environment, colour):
    assert wants_colour(stream, environment) is colour


def test_a_terminal_without_unicode_still_shows_every_line():
    raw = io.BytesIO()
    with io.TextIOWrapper(raw, encoding="ascii") as stream:
        Console(stream, colour=False, width=4).line("beat", "grün")
        assert raw.getvalue() == b"beat ? gr?n\n"


def test_a_reader_that_went_away_does_not_stop_the_stack():
    stream = io.StringIO()
    console = Console(stream)
    stream.close()
    console.say("nobody hears this")
    console.say("nor this")
