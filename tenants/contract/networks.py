"""Networks as people type them, and whether an address lies in one (RFC 4632, RFC 4291)."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from tenants.contract.errors import InvalidValueError

__all__ = ["InvalidNetworkError", "Networks", "normalise_address", "normalise_network"]

_MAPPED = IPv6Network("::ffff:0:0/96")


class InvalidNetworkError(InvalidValueError):
    """The value is not a network; the message is one sentence for whoever typed it."""

    def __init__(self, message: str) -> None:
        super().__init__("network_invalid", message, field="networks")


def normalise_network(value: str) -> str:
    """Return a network in its one spelling: ``203.0.113.0/24``, ``2001:db8::/32``; an address is a network of one.

    IPv4 written as IPv6 (``::ffff:203.0.113.0/120``) becomes IPv4, since that is how addresses are compared. Raises
    ``InvalidNetworkError`` for everything else, also for an address that is not the first one of its network: whoever
    writes ``10.1.2.3/8`` may mean one computer or sixteen million.
    """
    shown = value.strip()[:60]
    try:
        network = ip_network(value.strip(), strict=False)
    except ValueError as error:
        raise InvalidNetworkError(
            f"“{shown}” is not a network; write an address such as 203.0.113.7, or a range such as 203.0.113.0/24."
        ) from error
    if isinstance(network, IPv6Network) and network.network_address.scope_id:
        raise InvalidNetworkError(f"“{shown}” names an interface of one computer; write the address without it.")
    written = ip_address(value.strip().partition("/")[0])
    if written != network.network_address:
        raise InvalidNetworkError(
            f"“{shown}” is an address within a network; write {network} for all of it, or {written} alone."
        )
    return str(_as_ipv4(network))


def _as_ipv4(network: IPv4Network | IPv6Network) -> IPv4Network | IPv6Network:
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
        first = IPv4Address(int(network.network_address) & 0xFFFF_FFFF)
        return IPv4Network((first, network.prefixlen - _MAPPED.prefixlen))
    return network


def normalise_address(value: str) -> str:
    """Return a client's address in its one spelling, IPv4 written as IPv6 as IPv4; empty when it is no address."""
    address = _address(value)
    return "" if address is None else str(address)


class Networks:
    """Some networks, each as ``normalise_network`` returns them; raises ``ValueError`` for what is none."""

    def __init__(self, networks: Iterable[str]) -> None:
        self._networks = tuple(ip_network(network) for network in networks)

    def __bool__(self) -> bool:
        return bool(self._networks)

    def __contains__(self, value: str) -> bool:
        """Say whether a client's address lies in one of them. What is no address lies in none."""
        address = _address(value)
        return address is not None and any(address in network for network in self._networks)

    def allow(self, value: str) -> bool:
        """Say whether an address may come in: none listed means all may, even where the address is not known."""
        return not self._networks or value in self


def _address(value: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(value)
    except ValueError:
        return None
    return (isinstance(address, IPv6Address) and address.ipv4_mapped) or address
