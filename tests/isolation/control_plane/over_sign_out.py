"""Moves with the way to a provider after a sign-out: what ends a sign-in there is its person's, and good for once."""

from tests.isolation.control_plane.attack import Attack, move
from tests.isolation.control_plane.cast import CLEO
from tests.isolation.control_plane.over_oidc import Return, set_out
from tests.isolation.evidence import LeakError


@move("sign-out", 6)
async def sign_out(attack: Attack) -> None:
    """Follow the ticket of somebody's sign-out at another tenant, altered, and twice."""
    site, other = attack.two()
    own = await set_out(attack, other)
    browser, answer = await Return(own, own, own, own).bring(attack)
    attack.expect_somebody(browser, answer, CLEO)
    issued = await attack.issue("sign-out", other, sign_in=browser.person["sid"], email=CLEO)
    altered = attack.rng.choice([issued["path"][:-3] + "x/", issued["path"].replace(":", "", 1)])
    for at, path in ((site, issued["path"]), (other, altered)):
        refused = await attack.browser(at).get(path)
        if refused.headers.get("location", "/") != "/":
            raise LeakError("a ticket that is worth nothing leads to a provider", (path, refused.plain))
    led = [(await attack.browser(other).get(issued["path"])).headers["location"] for _ in range(2)]
    if not led[0].startswith(attack.scene.ground.provider.issuer) or led[1] != "/":
        raise LeakError("a ticket leads to the provider other than once", led)
