"""Addresses, passwords and browsers, without a database."""

import pytest

from proficiency.accounts.rules import (
    account_problems,
    browser_name,
    clean_email,
    digest,
    is_email,
    password_problems,
)


def problems(password: str) -> tuple[str, ...]:
    return password_problems(
        password, email="margaret.okafor@example.org", display_name="Margaret Okafor"
    )


@pytest.mark.parametrize(
    "password",
    [
        "lamp river seventeen",
        "aaaa bbbb cccc dddd eeee",
        "ünïcödé-ist-gut-so",
        "correct okafor battery staple margaret",
        "my summer in aberdeen",
        "🐎🔋📎🌧️🏔️🍞🚲🎻🧭🪁🧵🪜",
        "x7%kQ!9zLm2&",
    ],
)
def test_a_password_that_is_long_and_its_owners_own_is_good(password: str):
    assert problems(password) == ()


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "Passw0rd!!!!",
        "P@$$w0rd2026",
        "qwertyuiop123",
        "letmeinletmein",
        "123456789012",
        "zyxwvutsrqponm",
        "abababababab",
        "            ",
        "Welcome2026!",
        "CaseManagement1",
        "correcthorsebatterystaple",
    ],
)
def test_a_password_that_others_try_first_is_refused(password: str):
    assert any("first that others" in words for words in problems(password))


@pytest.mark.parametrize(
    "password",
    [
        "MargaretOkafor",
        "margaret.okafor@example.org",
        "Okafor-Okafor-1",
        "Proficiency2026",
        "IRCM-margaret-26",
    ],
)
def test_a_password_made_of_what_everybody_knows_is_refused(password: str):
    assert any("your name" in words for words in problems(password))


def test_a_short_password_is_refused_and_the_minimum_is_told():
    assert "at least 12" in problems("gj4%hg7")[0]
    assert problems("gj4%hg7&jk2") != ()
    assert problems("gj4%hg7&jk2+") == ()


def test_every_problem_of_a_new_account_is_told_with_its_field():
    found = dict(account_problems("nobody", " ".strip(), "abc"))
    assert set(found) == {"email", "display_name", "password"}


@pytest.mark.parametrize("email", ["a@b.cd", "o'neil+x@sub.example.org", "ä@exämple.org"])
def test_ordinary_addresses_are_addresses(email: str):
    assert is_email(email)


@pytest.mark.parametrize(
    "email", ["", "a@b", "a b@c.de", "a@b.cd, e@f.gh", "<a@b.cd>", "a@b@c.de", "a" * 250 + "@b.cd"]
)
def test_what_is_no_address_is_refused(email: str):
    assert not is_email(email)


def test_an_address_has_one_spelling():
    assert clean_email("  Margaret@Example.ORG\n") == "margaret@example.org"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox on Linux",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit Chrome/140 Safari/537 Edg/140",
            "Edge on Windows",
        ),
        ("Mozilla/5.0 (iPad; CPU OS 18) AppleWebKit Version/18 Safari/604", "Safari on iPad"),
        ("curl/8.0", "A browser"),
        ("", "A browser"),
    ],
)
def test_a_browser_is_called_as_people_call_it(agent: str, name: str):
    assert browser_name(agent) == name


def test_a_token_is_kept_as_its_hash():
    assert digest("a token") != digest("b token")
    assert len(digest("a token")) == 64
