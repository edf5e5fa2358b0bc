"""Recovery codes: what is shown, what is kept, and what is read of what people type."""

from hypothesis import given
from hypothesis import strategies as st

from tenants.identity.factors.recovery import ALPHABET, CODES, create_codes, hash_code, normalise_code, write_codes


def test_ten_codes_of_eighty_bits_none_like_another():
    codes = create_codes()
    assert len(set(codes)) == CODES == 10
    assert len(ALPHABET) == len(set(ALPHABET)) == 32
    assert all(len(code.replace("-", "")) == 16 for code in codes)


def test_a_code_is_read_in_any_case_and_with_any_gaps():
    code = "abcd-ef0h-jkmn-pq23"
    for typed in ("ABCD-EF0H-JKMN-PQ23", "abcdef0hjkmnpq23", "  abcd efoh jkmn pq23 "):
        assert normalise_code(typed) == code
    for typed in ("", "abcd", code[:-1], f"{code}2", "abcd-ef0h-jkmn-pq2!", "123456"):
        assert normalise_code(typed) == ""


@given(st.text())
def test_whatever_is_typed_is_a_code_or_nothing(text):
    read = normalise_code(text)
    assert read == "" or normalise_code(read) == read


def test_the_hash_is_the_owners_alone():
    code = create_codes()[0]
    assert hash_code(code, owner="acme/ann") == hash_code(code, owner="acme/ann")
    assert hash_code(code, owner="acme/ann") != hash_code(code, owner="globex/ann")
    assert code not in hash_code(code, owner="acme/ann")


def test_the_text_to_keep_says_what_the_codes_are_for():
    codes = create_codes()
    text = write_codes(codes, place="globex.example", account="ann@globex.example")
    assert "ann@globex.example at globex.example" in text
    assert all(code in text for code in codes)
