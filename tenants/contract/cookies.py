"""How far the cookies of a tenant's host go, so that both halves write them alike.

No cookie names a domain: each is its host's alone. Where a tenant lists other web sites, its chat must know people in a
frame and in the widget there, too. Browsers give such cookies away only as ``SameSite=None``, over https, and more and
more of them only ``Partitioned``: in a jar for each site that the person is at
(https://datatracker.ietf.org/doc/html/draft-cutler-httpbis-partitioned-cookies). So signing in at the tenant's own site
and within another one are two sign-ins, and neither site can tell of the other.

In such a jar and beside it a browser can hold two cookies of one name. Whoever sets or takes one takes the other kind,
too, or an old sign-in could come back when the tenant's list changes. The one that goes is written first: a browser
that knows nothing of jars sees one cookie, which must be the one that stays.
"""

from typing import NamedTuple

__all__ = ["CookieReach", "cookie_reach", "other_reach"]


class CookieReach(NamedTuple):
    """The attributes that say to whom a browser gives a cookie."""

    secure: bool
    same_site: str
    partitioned: bool

    def __str__(self) -> str:
        """Return them as they end a ``Set-Cookie`` line."""
        secure, partitioned = "; Secure" if self.secure else "", "; Partitioned" if self.partitioned else ""
        return f"{secure}; SameSite={self.same_site}{partitioned}"


_PLAIN = CookieReach(secure=False, same_site="Lax", partitioned=False)
_OWN_SITE = CookieReach(secure=True, same_site="Lax", partitioned=False)
_OTHER_SITES = CookieReach(secure=True, same_site="None", partitioned=True)


def cookie_reach(*, https: bool, other_sites: bool) -> CookieReach:
    """Return how far a cookie goes that is set over http or https, where other sites are listed or not."""
    if not https:
        return _PLAIN
    return _OTHER_SITES if other_sites else _OWN_SITE


def other_reach(reach: CookieReach) -> CookieReach | None:
    """Return that of the other cookie of the same name that a browser may hold; None where there can be none.

    As a cookie of its own site it is not taken within another site, so what is done there leaves it alone.
    """
    if not reach.secure:
        return None
    return _OWN_SITE if reach.partitioned else _OTHER_SITES
