"""Every guard of sign-ins that an attack on the control plane can meet, each with what takes it out."""

import tests.isolation.control_plane.mutations.of_providers
import tests.isolation.control_plane.mutations.of_tickets  # noqa: F401 - both are imported for what they register
from tests.isolation.control_plane.mutations.guards import MUTATIONS

__all__ = ["MUTATIONS"]
