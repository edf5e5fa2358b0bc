"""Moves against what tenants bring themselves: pictures, typefaces, manifests and public files."""

from tests.isolation.attack import Attack, move
from tests.isolation.evidence import LeakError
from tests.isolation.spelling import host_of
from tests.isolation.wire import Ask

OWN = (
    "/logo?theme=light", "/logo?theme=dark", "/favicon", "/avatars/assistant", "/avatars/Assistant", "/avatars/nobody",
    "/_brand/login?v=1", "/_brand/fonts.css", "/manifest.webmanifest", "/public/theme.json", "/public/words.txt",
)  # fmt: skip
PICTURES = ("image/avif,image/webp,*/*", "image/*", "image/webp")


@move("brand", 12)
async def brand(attack: Attack) -> None:
    """See one's own tenant's files, each under an address that all tenants have."""
    me, victim = attack.foreign()
    path = attack.rng.choice(OWN)
    headers = (("Host", host_of(me.tenant, attack.rng)), ("Accept", attack.rng.choice(PICTURES)), *me.headers[1:])
    if attack.rng.random() < 0.3:
        headers = (*headers, ("Referer", f"http://{victim.tenant.host}/"))
    answer = await attack.ask(Ask("GET", path, headers), at=me.tenant, person=me.name, current=True)
    if me.tenant.canary.encode() not in answer.plain:
        raise LeakError(f"{path} is not the tenant's own", (answer.plain,))


@move("public file", 8)
async def public_file(attack: Attack) -> None:
    """Ask for a file that another tenant alone has, or claim to have it."""
    me, victim = attack.foreign()
    path = f"/public/{victim.tenant.only_file}"
    headers = (("Host", host_of(me.tenant, attack.rng)), *me.headers[1:])
    if attack.rng.random() < 0.3:
        digest = victim.tenant.published.rpartition("/")[2].partition(".")[0]
        headers = (*headers, ("If-None-Match", f'"{digest}"'))
    await attack.ask(Ask("GET", path, headers), at=me.tenant, person=me.name, refused=True)
