"""A whole attack on the control plane: workers attack until enough was asked, and the log is searched in the end."""

import random
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import tests.isolation.control_plane.over_directory
import tests.isolation.control_plane.over_links
import tests.isolation.control_plane.over_oidc
import tests.isolation.control_plane.over_proxy
import tests.isolation.control_plane.over_saml
import tests.isolation.control_plane.over_second_factor
import tests.isolation.control_plane.over_sign_out
import tests.isolation.control_plane.over_visits  # noqa: F401 - all are imported for their moves
from tests.isolation.control_plane.attack import MOVES, Attack, Scene
from tests.isolation.control_plane.ground import Ground, Prepared, attacked_control_plane
from tests.isolation.evidence import Evidence, LeakError
from tests.isolation.report import Plan, Report
from tests.isolation.workers import let_loose, lines_of_faults

__all__ = ["attack_control_plane"]


async def attack_control_plane(plan: Plan, prepared: Prepared) -> Report:
    """Run a plan on a process of its own, with as many of the tenants as the plan says."""
    report, rng = Report(plan), random.Random(plan.seed)
    sites = rng.sample(prepared.sites, min(plan.tenants, len(prepared.sites)))
    started = time.monotonic()
    with TemporaryDirectory(prefix="isolation-") as folder:
        async with attacked_control_plane(Path(folder), prepared, mutation=plan.mutation) as ground:
            scene = Scene(ports=[ground.port], evidence=Evidence(sites), ground=ground, sites=sites)
            try:
                await let_loose(report, scene, MOVES, lambda rng: Attack(scene, rng), rng=rng)
                _search_log(ground, scene)
            except LeakError as leak:
                report.leak = report.leak or leak
            report.let_in, report.log = scene.let_in, lines_of_faults(ground.log, report)
    report.seconds = time.monotonic() - started
    return report


def _search_log(ground: Ground, scene: Scene) -> None:
    """Raise ``LeakError`` when something by which people are let in is in the log."""
    log = ground.log
    lasting = [secret for site in scene.sites for secret in (site.proxy_secret, site.scim_token)]
    for secret in (*lasting, *ground.issued):
        if secret in log:
            raise LeakError("a secret is in the log", [log[max(0, log.index(secret) - 300) :][:600]])
