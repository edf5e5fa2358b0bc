"""Finding conversations by words that were said in them.

Postgres' own full text search, without any language's grammar: a word is found by its beginning, in whatever language
the chat is. Chinese, Japanese and Korean are written without spaces between words, so each of their characters counts
as a word of its own, and several in a row are looked for in that order.
"""

import re

from django.db.models.expressions import RawSQL

__all__ = ["LONGEST_SEARCH", "SAID", "SPOKEN_TYPES", "said"]

LONGEST_SEARCH = 200
SPOKEN_TYPES = ("user_message", "assistant_message")
_MOST_WORDS = 16

_UNSPACED = "[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]"
SAID = f"to_tsvector('simple'::regconfig, regexp_replace(left(output, 50000), '({_UNSPACED})', ' \\1 ', 'g'))"
"""What the index ``step_said`` holds, letter for letter: of a longer text its first 50,000 characters, since Postgres
refuses more than a mebibyte of words. The index holds messages alone, so the query has to say that it asks for them.
"""

_FOUND = f"""
    SELECT "threadId" FROM "Step"
    WHERE type IN ('user_message', 'assistant_message') AND {SAID} @@ to_tsquery('simple'::regconfig, %s)
    UNION
    SELECT id FROM "Thread" WHERE "deletedAt" IS NULL AND name ILIKE %s
"""  # noqa: S608 - put together from this module's constants alone


def said(text: str) -> RawSQL:
    """Return the ids of threads in which something like the text was said, or that are named so; for ``pk__in``."""
    like = "%" + re.sub(r"([%_\\])", r"\\\1", text.strip()[:LONGEST_SEARCH]) + "%"
    return RawSQL(_FOUND, (_query(text), like))  # noqa: S611 - what a person typed is a parameter


def _query(text: str) -> str:
    """Return a query that asks for each word by its beginning. Quoted, so that nothing in it is an operator."""
    words = text[:LONGEST_SEARCH].split()[:_MOST_WORDS]
    quoted = (re.sub(r"(['\\])", r"\1\1", re.sub(_UNSPACED, r" \g<0> ", word)) for word in words)
    return " & ".join(f"'{word}':*" for word in quoted)
