"""Argon2id, a few at a time."""

import threading

import pytest

from proficiency.accounts import passwords
from proficiency.accounts.passwords import (
    AT_ONCE,
    hash_password,
    needs_rehash,
    password_matches,
    prepare_password,
)
from proficiency.core.errors import Invalid


def test_a_hash_is_argon2id_with_the_parameters_of_owasp():
    assert hash_password("lamp river seventeen").startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_only_the_password_matches_its_hash():
    stored = hash_password("lamp river seventeen")
    assert password_matches(stored, "lamp river seventeen")
    assert not password_matches(stored, "lamp river Seventeen")


def test_nobodys_password_never_matches():
    assert not password_matches(None, "")
    assert not password_matches(None, "lamp river seventeen")


def test_a_hash_under_other_parameters_is_renewed():
    old = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$" + "A" * 43
    assert needs_rehash(old)
    assert not needs_rehash(hash_password("lamp river seventeen"))


def test_a_weak_password_is_refused_before_it_is_hashed():
    with pytest.raises(Invalid) as caught:
        prepare_password("short", email="a@b.cd", display_name="A")
    assert caught.value.details


def test_no_more_than_a_few_are_computed_at_once(monkeypatch: pytest.MonkeyPatch):
    inside, most, lock = 0, 0, threading.Lock()
    leave = threading.Event()

    class Slow:
        def hash(self, password: str) -> str:
            nonlocal inside, most
            with lock:
                inside += 1
                most = max(most, inside)
                if inside == AT_ONCE:
                    leave.set()
            leave.wait(5)
            with lock:
                inside -= 1
            return password

    monkeypatch.setattr(passwords, "_hasher", Slow())
    threads = [threading.Thread(target=hash_password, args=("x",)) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert most == AT_ONCE
