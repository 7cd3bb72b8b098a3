"""Root in another user's state folder: what lies there is that user's, and may lead elsewhere.

Root reads what all users have, and writes with the rights of the folder's owner. So a service without rights may share
the folder with one that collects as root: no link that it plants makes root write anywhere else.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


def act_as_owner(folder: Path) -> bool:
    """Gives root's rights back until `as_root` takes them; whoever is not root, or owns the folder, stays as it is.

    Returns whether there were any to give back: nobody else may take them.

    Raises:
        OSError: the system does not let it.
    """
    owner = _other_owner(folder)
    if owner is None:
        return False
    os.setgroups([])
    os.setegid(owner.st_gid)
    os.seteuid(owner.st_uid)
    return True


def become_owner(folder: Path) -> None:
    """Gives root's rights back for good, likewise.

    Raises:
        OSError: the system does not let it.
    """
    owner = _other_owner(folder)
    if owner is not None:
        os.setgroups([])
        os.setgid(owner.st_gid)
        os.setuid(owner.st_uid)


def as_root(items: Iterator[T]) -> Iterator[T]:
    """Makes each item with the rights that `act_as_owner` gave back, and hands it over without them."""
    while True:
        with _root():
            try:
                item = next(items)
            except StopIteration:
                return
        yield item


@contextmanager
def _root() -> Iterator[None]:
    if not hasattr(os, "geteuid") or os.getuid() != 0 or os.geteuid() == 0:
        yield
        return
    user, group = os.geteuid(), os.getegid()
    os.seteuid(0)
    os.setegid(0)
    try:
        yield
    finally:
        os.setegid(group)
        os.seteuid(user)


def _other_owner(folder: Path) -> os.stat_result | None:
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return None
    try:
        found = folder.stat()
    except FileNotFoundError:
        return None
    return None if found.st_uid == 0 else found
