"""Every guard that an attack over the network can meet, each with what takes it out."""

import tests.isolation.mutations.of_access
import tests.isolation.mutations.of_answers
import tests.isolation.mutations.of_brand
import tests.isolation.mutations.of_history
import tests.isolation.mutations.of_hosts
import tests.isolation.mutations.of_previews
import tests.isolation.mutations.of_sessions  # noqa: F401 - all are imported for what they register
from tests.isolation.mutations.registry import MUTATIONS, Mutation

__all__ = ["MUTATIONS", "Mutation"]
