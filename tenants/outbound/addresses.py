"""Which addresses of the internet are public, and which addresses a name has.

The list is ours and not ``ipaddress.is_global``, whose answers differ between versions of Python: IANA's registries
of special-purpose addresses (RFC 6890), the transition mechanisms that hide an IPv4 address in an IPv6 one, and the
one public address that a cloud (Azure) answers with a machine's credentials.
"""

import ipaddress
import queue
import socket
import threading
from ipaddress import IPv4Address, IPv6Address
from typing import TypeAlias

from tenants.outbound.errors import UrlUnavailableError, UrlUnreachableError

__all__ = ["Address", "is_public", "resolve_name"]

Address: TypeAlias = IPv4Address | IPv6Address

_NOT_PUBLIC_4 = [
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
]  # fmt: skip
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC_6 = [
    ipaddress.IPv6Network(network)
    # Protocol assignments with Teredo and ORCHID, documentation, 6to4.
    for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
]
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""What DNS64 makes of an IPv4 address where a network has IPv6 alone (RFC 6052)."""


def is_public(address: Address) -> bool:
    """Say whether an address belongs to the public internet and to nobody's own network or machine."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_4)
    if address.ipv4_mapped is not None:
        return is_public(address.ipv4_mapped)
    if address in _NAT64:
        return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
    return address in _GLOBAL_UNICAST and not any(address in network for network in _NOT_PUBLIC_6)


def resolve_name(host: str, seconds: float) -> list[Address]:
    """Return all addresses of a name; raises ``UrlUnreachableError`` where there are none.

    The system's resolver knows no time limit, so it is asked in a thread, which is left behind when it takes too long.
    """
    answers: queue.SimpleQueue[list[Address] | OSError | UnicodeError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            answers.put([ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found])
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=ask, name=f"resolve {host}", daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        raise UrlUnavailableError(f"The name {host} could not be looked up in time.") from None
    if isinstance(answer, Exception):
        if isinstance(answer, OSError) and answer.errno == socket.EAI_AGAIN:
            raise UrlUnavailableError(f"The name {host} could not be looked up just now.") from answer
        raise UrlUnreachableError(f"There is no address under the name {host}.") from answer
    return answer
