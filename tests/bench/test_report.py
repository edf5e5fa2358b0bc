"""The arithmetic that turns samples into a verdict; nothing is timed here."""

import pytest

from bench.figures import Figure, percentile
from bench.keepalive import build_request, length_of_answer
from bench.markdown import NoMarksError, into_document, markdown_table
from bench.rows import Row, Subject, Verdict, at_least, at_most, in_processor_time
from bench.table import format_number, render


def row(budget=(), **medians):
    figures = {Subject[name.upper()]: Figure((value,)) for name, value in medians.items()}
    return Row(name="GET /", unit="requests/s", figures=figures, budget=budget)


def test_a_figure_is_told_by_its_median_and_how_far_its_samples_lie_apart():
    figure = Figure((90.0, 130.0, 100.0))
    assert (figure.lowest, figure.median, figure.highest) == (90.0, 100.0, 130.0)
    assert figure.spread == pytest.approx(0.4)


def test_a_figure_without_samples_is_refused():
    with pytest.raises(ValueError, match="at least one sample"):
        Figure(())


@pytest.mark.parametrize(("share", "expected"), [(0.5, 50), (0.99, 99), (1, 100), (0.001, 1)])
def test_a_percentile_is_the_nearest_rank(share, expected):
    assert percentile(list(range(100, 0, -1)), share) == expected


def test_there_is_no_percentile_of_nothing():
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 0.5)


def test_a_budget_against_both_stocks_is_missed_when_one_of_them_is_too_near():
    budget = at_least(9, Subject.INSTALLED, Subject.EQUAL)
    assert row(budget, ours=9000.0, installed=900.0, equal=1000.0).verdict is Verdict.MET
    assert row(budget, ours=9000.0, installed=900.0, equal=1001.0).verdict is Verdict.MISSED


def test_a_plain_budget_holds_for_our_median_alone():
    assert row(at_most(2.0), ours=2.0).verdict is Verdict.MET
    assert row(at_most(2.0), ours=2.1).verdict is Verdict.MISSED


def test_nine_times_the_answers_are_a_ninth_of_the_time_for_one():
    budget = in_processor_time(at_least(9, Subject.EQUAL))
    assert row(budget, ours=10.0, equal=91.0).verdict is Verdict.MET
    assert row(budget, ours=10.0, equal=89.0).verdict is Verdict.MISSED
    assert str(budget[0]) == "<= 0.111x stock equal"


def test_what_was_not_measured_meets_no_budget():
    assert row(at_most(1.0, Subject.EQUAL), ours=1.0).verdict is Verdict.MISSED
    assert row(at_most(1.0), equal=0.5).verdict is Verdict.MISSED


def test_a_row_without_a_budget_has_no_verdict():
    assert row(ours=1.0).verdict is Verdict.NONE


def test_the_json_holds_samples_ratios_and_budget():
    report = row(at_most(0.8, Subject.INSTALLED), ours=3.0, installed=4.0).as_json()
    assert report["figures"]["ours"]["samples"] == [3.0]
    assert report["ratios"] == {"stock as installed": 0.75}
    assert report["budget"] == ["<= 0.8x stock as installed"]
    assert report["verdict"] == "met"


def test_the_table_shows_medians_ratios_and_the_budget():
    text = render([row(at_least(2, Subject.BARE), ours=12345.0, bare=24690.0)])
    assert "12,345" in text
    assert "0.50" in text
    assert "budget >= 2x bare: missed" in text


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (0.2784, "0.278"), (37.44, "37.4"), (16420.4, "16,420")])
def test_numbers_keep_three_digits(value, text):
    assert format_number(value) == text


def test_an_answer_is_as_long_as_its_head_and_its_declared_body():
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nserver: x\r\n\r\nhello"
    assert length_of_answer(answer) == len(answer)
    assert length_of_answer(answer[:20]) is None
    with pytest.raises(ValueError, match="Content-Length"):
        length_of_answer(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")


def test_a_request_names_its_host_first():
    assert build_request("acme.example", "/").startswith(b"GET / HTTP/1.1\r\nHost: acme.example\r\n")


def test_the_table_of_a_document_shows_ratios_and_verdicts():
    rows = [row(at_least(2, Subject.EQUAL), ours=12345.0, equal=5000.0, bare=24690.0), row(bare=1.0)]
    table = markdown_table([{"rows": [each.as_json() for each in rows]}])
    assert table.splitlines()[2:] == [
        "| GET / (requests/s) | 12,345 |  | 2.47 | 0.50 | >= 2x stock equal | met |",
        "| GET / (requests/s) |  |  |  |  |  |  |",
    ]


def test_the_figures_of_a_document_are_replaced_and_nothing_else():
    document = "Before.\n<!-- figures -->\n| old |\n<!-- end of figures -->\nAfter."
    filled = into_document(document, "| new \\1 |\n")
    assert filled == "Before.\n<!-- figures -->\n| new \\1 |\n<!-- end of figures -->\nAfter."
    with pytest.raises(NoMarksError):
        into_document("A document without a place.", "")
