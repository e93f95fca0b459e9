"""A URL is taken apart, or refused in words that repeat nothing of it."""

import pytest

from kernel.outgoing.destination import BadDestination, Destination, parse_destination

REFUSED = [
    ("http://example.org/", "The address must begin with https://."),
    ("ftp://example.org/", "The address must begin with https://."),
    ("file:///etc/passwd", "The address must begin with https://."),
    ("//example.org/", "The address must begin with https://."),
    ("https:///path", "The address names no host."),
    (
        "https://alice:secret@example.org/",
        "The address carries a user name or password; put a secret into its own field.",
    ),
    ("https://@example.org/", "The address carries a user name or password; put a secret into its own field."),
    ("https://example.org:99999/", "The address is not a URL."),
    ("https://example.org:x/", "The address is not a URL."),
    ("https://[::1/", "The address is not a URL."),
    ("https://exa\tmple.org/", "The address contains a space, a backslash or a control character."),
    ("https://example.org/\r\nHost: inside", "The address contains a space, a backslash or a control character."),
    ("https://example.org\\@inside/", "The address contains a space, a backslash or a control character."),
    (" https://example.org/", "The address contains a space, a backslash or a control character."),
    ("https://exam%70le.org/", "The address names a host that cannot exist."),
    ("https://" + "a" * 254 + "/", "The address names a host that cannot exist."),
    ("https://example.org/" + "a" * 2000, "The address is longer than 2,000 characters."),
]


@pytest.mark.parametrize(("url", "words"), REFUSED)
def test_url_that_hides_where_it_leads_is_refused(url, words):
    with pytest.raises(BadDestination) as refused:
        parse_destination(url)
    assert str(refused.value) == words


def test_parts_of_a_url_are_host_port_and_target():
    assert parse_destination("https://Hooks.Example.org/a/b?c=d#e") == Destination("hooks.example.org", 443, "/a/b?c=d")
    assert parse_destination("https://example.org:8443") == Destination("example.org", 8443, "/")
    assert parse_destination("https://[2606:4700::1111]/x").authority == "[2606:4700::1111]"


def test_host_in_other_letters_is_written_in_ascii():
    assert parse_destination("https://bücher.example/ä").host == "xn--bcher-kva.example"
    assert parse_destination("https://bücher.example/ä").target == "/%C3%A4"


def test_what_may_be_shown_leaves_the_path_out():
    assert parse_destination("https://hooks.example.org/T0/secret?x=y").origin == "https://hooks.example.org"
