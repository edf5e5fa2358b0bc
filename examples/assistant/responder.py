"""The built-in responder: small honest answers for a tenant that has no language model yet.

It greets, counts words and works out arithmetic. It does not pretend to understand more than that.
"""

import re
from dataclasses import dataclass
from enum import Enum

from arithmetic import ArithmeticRefusedError, calculate, find_expression

__all__ = ["Answer", "Question", "answer", "look_at", "split_tokens"]

_GREETING = re.compile(r"\W*(hi|hello|hey|good (morning|afternoon|evening)|greetings)\b", re.IGNORECASE)
_ABILITIES = re.compile(r"\b(what can you do|who are you|help)\b", re.IGNORECASE)
_COUNTING = re.compile(r"\s*(count|how many) (the )?(words|characters|letters)\b[^:]*:", re.IGNORECASE)
_TOKEN = re.compile(r"\S+\s*|\s+")

_LONGEST_GREETING_WORDS = 6


class Topic(Enum):
    """What a question turned out to be about."""

    NOTHING = "nothing: the message is empty"
    GREETING = "a greeting"
    ABILITIES = "a question about what I can do"
    COUNTING = "a request to count"
    ARITHMETIC = "arithmetic"
    OTHER = "something for a language model"


@dataclass(frozen=True, slots=True)
class Question:
    """A message after a first look: its topic, its size, and the part of it that matters."""

    topic: Topic
    words: int
    characters: int
    subject: str

    @property
    def summary(self) -> str:
        """One line for the step shown above the answer."""
        return f"{_counted(self.words, 'word')}, {_counted(self.characters, 'character')}; {self.topic.value}."


@dataclass(frozen=True, slots=True)
class Answer:
    """Markdown to stream, and questions that would sensibly follow it."""

    text: str
    follow_ups: tuple[str, ...]


def look_at(text: str) -> Question:
    """Find out what ``text`` asks; accepts any string and never raises."""
    topic, subject = _topic(text.strip())
    return Question(topic, len(subject.split()), len(subject), subject)


def answer(question: Question, *, name: str, how_to_add_a_key: str) -> Answer:
    """What to say to ``question`` in the name of ``name``; never raises."""
    match question.topic:
        case Topic.NOTHING:
            text = "Your message was empty. Write a few words and send it again."
        case Topic.GREETING:
            text = f"Hello! I am {name}."
        case Topic.ABILITIES:
            text = (
                f"I am {name}. Until a language model is connected I can do three things:\n\n"
                "- work out arithmetic, such as `12 * (3 + 4)`\n"
                "- count, such as `Count the words in: to be or not to be`\n"
                "- tell you how to connect a model"
            )
        case Topic.COUNTING:
            text = (
                f"That is **{_counted(question.words, 'word')}** and **{_counted(question.characters, 'character')}**."
            )
        case Topic.ARITHMETIC:
            text = _worked_out(question.subject)
        case Topic.OTHER:
            text = (
                f"You wrote {_counted(question.words, 'word')}. I cannot answer that by myself: "
                "no language model is connected here yet."
            )
    return Answer(f"{text}\n\n{how_to_add_a_key}", _FOLLOW_UPS[question.topic])


def split_tokens(text: str) -> list[str]:
    """``text`` in word-sized pieces that join to exactly ``text``."""
    return _TOKEN.findall(text)


def _topic(text: str) -> tuple[Topic, str]:
    if not text:
        return Topic.NOTHING, text
    if expression := find_expression(text):
        return Topic.ARITHMETIC, expression
    if counting := _COUNTING.match(text):
        return Topic.COUNTING, text[counting.end() :].strip()
    if _ABILITIES.search(text):
        return Topic.ABILITIES, text
    if _GREETING.match(text) and len(text.split()) <= _LONGEST_GREETING_WORDS:
        return Topic.GREETING, text
    return Topic.OTHER, text


def _worked_out(expression: str) -> str:
    try:
        value = calculate(expression)
    except ArithmeticRefusedError as refusal:
        return str(refusal)
    shown = f"{value:,}" if isinstance(value, int) else f"{value:,.12g}"
    return f"`{expression}` = **{shown}**"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


_FOLLOW_UPS: dict[Topic, tuple[str, ...]] = {
    Topic.NOTHING: ("What can you do?",),
    Topic.GREETING: ("What can you do?", "What is 12 * (3 + 4)?"),
    Topic.ABILITIES: ("What is 12 * (3 + 4)?", "Count the words in: to be or not to be"),
    Topic.COUNTING: ("What is 12 * (3 + 4)?", "What can you do?"),
    Topic.ARITHMETIC: ("What is 2 ^ 10?", "What can you do?"),
    Topic.OTHER: ("What can you do?",),
}
