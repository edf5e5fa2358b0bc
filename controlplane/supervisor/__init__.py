"""`make up`: the whole stack on one machine, without Docker.

Nothing here needs Django or a database to be there: the supervisor is what brings them up.
"""

from controlplane.supervisor.lifecycle import run

__all__ = ["run"]
