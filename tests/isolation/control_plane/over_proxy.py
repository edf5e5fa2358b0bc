"""Moves with the headers of a proxy: its secret, and whom it names."""

from tenants.contract.trusted_headers import SECRET_HEADER
from tests.isolation.control_plane.attack import Attack, expect_nobody, move
from tests.isolation.control_plane.cast import CLEO, EMAIL_HEADER

BY_PROXY = "/settings/sign-in/by-proxy/"


@move("proxy", 14)
async def proxy(attack: Attack) -> None:
    """Name somebody with any secret, once or twice, under the header's name or one that looks like it."""
    site, other = attack.two()
    own = site.proxy_secret
    secrets = attack.rng.choice(
        [[own], [own], [other.proxy_secret], [], [""], [own[:-1]], [own, other.proxy_secret], [own, own], [f"{own}, x"]]
    )
    names = attack.rng.choice(
        [[CLEO], [CLEO], [], [CLEO, "owner@example.com"], [CLEO, CLEO], [f"{CLEO},x@example.com"]]
    )
    spell = attack.rng.choice([str, str, str.upper, str.title, _underscored])
    headers = [(spell(SECRET_HEADER), secret) for secret in secrets] + [(spell(EMAIL_HEADER), name) for name in names]
    attack.rng.shuffle(headers)
    browser = attack.browser(site)
    answer = await browser.post(BY_PROXY, {}, *headers)
    if secrets == [own] and names == [CLEO] and spell is not _underscored:
        attack.expect_somebody(browser, answer, CLEO)
    else:
        expect_nobody(answer, f"who sent {headers}")


def _underscored(name: str) -> str:
    return name.replace("-", "_")
