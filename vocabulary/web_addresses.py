"""Which addresses of other systems may be written to: no way into our own network."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

_TUNNELS = tuple(ip_network(each) for each in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))
"""IPv6 addresses that stand for IPv4 ones, private ones among them."""


def address_problem(url: str, *, may_be_inside: bool) -> str | None:
    """Why a URL cannot be a webhook, as a code; None if it can. Names are resolved when something is sent.

    Without `may_be_inside` only https, and no address of a private network.
    """
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return "not_a_url"
    schemes = ("https", "http") if may_be_inside else ("https",)
    if parts.scheme not in schemes:
        return "not_https"
    if not host or parts.username is not None or parts.fragment or len(url) > 500 or not _is_plain(url):
        return "not_a_url"
    try:
        inside = is_inside(host)
    except ValueError:  # a name
        inside = host == "localhost" or host.endswith((".localhost", ".local", ".internal"))
    return "is_inside" if inside and not may_be_inside else None


def is_inside(address: str) -> bool:
    """Whether an IP address is not one of the public internet. Raises ValueError for what is no address."""
    found: IPv4Address | IPv6Address = ip_address(address)
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        elif any(found in network for network in _TUNNELS):
            return True
    return not found.is_global or found.is_multicast


def _is_plain(url: str) -> bool:
    return url.isascii() and url.isprintable() and " " not in url and "\\" not in url
