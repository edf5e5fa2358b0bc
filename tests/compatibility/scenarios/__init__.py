"""The scripts by theme, and all of them by the name of their app."""

from tests.compatibility.performance import SCENARIOS
from tests.compatibility.scenarios import controls, conversation, elements, entering, lasting, looks, surroundings

__all__ = ["SCENARIOS", "controls", "conversation", "elements", "entering", "lasting", "looks", "surroundings"]
