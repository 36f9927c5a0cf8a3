"""How long somebody waits after failed sign-ins. Pure.

The limit is kept per account *and* network, so that a stranger elsewhere makes only themselves
wait, and a hall that shares one address is never locked by it: the first try of an account from a
network is always let through. What happens to the account from everywhere, and what comes from one
network for all accounts, only decides how many tries are free before the waiting begins.
"""

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

FREE_TRIES = 5
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)
REMEMBERED = timedelta(hours=24)
"""How long a failure counts. A sign-in that succeeds forgets those of its account and network."""

NETWORK_SPAN = timedelta(minutes=15)
NETWORK_FAILURES = 200
NETWORK_FREE_TRIES = 2
"""From a network with this many failures lately, for whatever accounts: waiting begins earlier.
A hall of 500 people, of whom a third mistype once, stays below it."""

ACCOUNT_SPAN = timedelta(hours=1)
ACCOUNT_FAILURES = 50
ACCOUNT_FREE_TRIES = 1
"""For an account that fails this often from everywhere: it is being guessed."""


@dataclass(frozen=True)
class Keys:
    """What failures are counted by: hashes of the address typed and of the network."""

    account: str
    network: str


@dataclass(frozen=True)
class Failures:
    """What is remembered at one moment.

    `here` counts the account's failures from this network, `last` is the newest of them;
    `account` and `network` count those of the account and of the network within their spans.
    """

    here: int = 0
    last: datetime | None = None
    account: int = 0
    network: int = 0


def free_tries(failures: Failures) -> int:
    """Return how many tries of this account from this network cost no waiting; at least one."""
    if failures.account >= ACCOUNT_FAILURES:
        return ACCOUNT_FREE_TRIES
    if failures.network >= NETWORK_FAILURES:
        return NETWORK_FREE_TRIES
    return FREE_TRIES


def wait_after(count: int, free: int) -> timedelta:
    """Return the wait after the `count`-th failure: none while free, then doubling, then level."""
    if count < free:
        return timedelta(0)
    factor: int = 2 ** min(count - free, 20)
    return min(FIRST_WAIT * factor, LONGEST_WAIT)


def time_to_wait(failures: Failures, now: datetime) -> timedelta:
    """Return how long the next try must wait at `now`; zero when it may be made."""
    if failures.last is None:
        return timedelta(0)
    until = failures.last + wait_after(failures.here, free_tries(failures))
    return max(until - now, timedelta(0))


def network_of(address: str | None) -> str:
    """Return the network of a client's address: IPv4 whole, IPv6 by its first 64 bits.

    One customer holds a whole /64, and could otherwise count as many networks.
    """
    if address is None:
        return "unknown"
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address  # a socket of this machine
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network(f"{found}/64", strict=False))
    return str(found)
