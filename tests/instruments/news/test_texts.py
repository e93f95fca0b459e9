"""What strangers write is made plain: no marks, no scripts, no addresses but those of the web, no entities."""

import datetime as dt
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruments.adapters.feed_texts import read_feed
from instruments.adapters.news_files import read_file
from instruments.domain.news.texts import canonical, key_of, link_of, moment_of, plain_text, text_of_html, title_key
from instruments.domain.news.told import Form, Unreadable
from tests.instruments.news.papers import ATOM, JSON_ITEM, item, json_feed, rss

BILLION_LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">
<!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">]>
<rss version="2.0"><channel><item><title>&lol2;</title></item></channel></rss>"""
A_FILE_OF_OURS = b"""<!DOCTYPE x [<!ENTITY pass SYSTEM "file:///etc/passwd">]>
<rss><channel><item><title>&pass;</title></item></channel></rss>"""
A_DTD_ELSEWHERE = b"""<!DOCTYPE rss SYSTEM "http://127.0.0.1:1/x.dtd"><rss><channel/></rss>"""


@pytest.mark.parametrize("body", [BILLION_LAUGHS, A_FILE_OF_OURS, A_DTD_ELSEWHERE], ids=["laughs", "file", "dtd"])
def test_document_type_is_refused_before_anything_is_read_for_it(body):
    with pytest.raises(Unreadable, match="document type"):
        read_feed(body)


def test_endless_nesting_is_refused():
    with pytest.raises(Unreadable, match="more elements, or more within each other"):
        read_feed(b"<rss>" + b"<a>" * 100_000)


def test_endless_elements_are_refused():
    with pytest.raises(Unreadable, match="more elements"):
        read_feed(b"<rss><channel>" + b"<item/>" * 250_000)


def test_deep_json_is_refused():
    with pytest.raises(Unreadable):
        read_feed(b'{"a":' + b"[" * 200_000)


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe",
        b"<?xml version='1.0' encoding='klingon'?><rss/>",
        b"<rss>\x00</rss>",
        b"{",
        b"[]",
        b"<a",
        b"&",
        b"\x80\x81",
    ],
)
def test_rubbish_is_unreadable_and_nothing_worse(body):
    with pytest.raises(Unreadable):
        read_feed(body)


@given(st.binary(max_size=300))
def test_no_bytes_do_more_than_be_unreadable(body):
    for start in (b"", b"<rss><channel><item><title>", b'{"version": "https://jsonfeed.org/version/1.1", "items": ['):
        with suppress(Unreadable):
            read_feed(start + body)


def test_rss_is_read():
    found = read_feed(rss(item("A &amp;amp; B", summary="&lt;p&gt;One&lt;br/&gt;two&lt;/p&gt;")))
    (told,) = found.items
    assert (found.form, found.title) == (Form.RSS, "Our wire")
    assert (told.title, told.summary, told.language) == ("A & B", "One two", "en-gb")
    assert told.published_at == dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)


def test_rss_of_before_is_read():
    body = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
    xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Old</title></channel>
    <item rdf:about="https://wire.example/1"><title>One</title><link>https://wire.example/1</link>
    <dc:date>2026-11-20T09:00:00Z</dc:date></item></rdf:RDF>"""
    (told,) = read_feed(body).items
    assert (told.title, told.link, told.published_at.hour) == ("One", "https://wire.example/1", 9)


def test_atom_is_read():
    (told,) = read_feed(ATOM, address="https://wire.example/feed.atom").items
    assert told.title == "Apple shares fall & rise"
    assert told.summary == "One two three"
    assert told.link == "https://wire.example/apple?utm_source=x"
    assert told.published_at == dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)


def test_json_feed_is_read():
    (told,) = read_feed(json_feed(JSON_ITEM)).items
    assert (told.title, told.summary, told.link) == ("Gold prices climb", "Spot gold rises", "https://wire.example/7")


def test_of_two_items_by_one_id_the_first_counts():
    (told,) = read_feed(rss(item("Newer"), item("Older"))).items
    assert told.title == "Newer"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<b>Bold</b> claim", "Bold claim"),
        ("one<br>two<p>three</p>", "one two three"),
        ("<script>alert(1)</script>safe", "safe"),
        ("<style>a{}</style>safe<iframe src=x>no</iframe>", "safe"),
        ("<img src=x onerror=alert(1)>safe", "safe"),
        ("&lt;script&gt;", "<script>"),
        ("5 < 6 and 7 > 3", "5 < 6 and 7 > 3"),
        ("AT&amp;T", "AT&T"),
        ("a\x00b\u202egnp.exe\u2069", "a bgnp.exe"),
        ("<script>never closed", ""),
        ("</script></p>stray", "stray"),
        ("🚀 حالة", "🚀 حالة"),
        ("\ud800broken", "broken"),
    ],
)
def test_html_leaves_its_words_alone(html, text):
    assert text_of_html(html, longest=400) == text


def test_long_text_is_cut_at_a_word_and_says_so():
    assert plain_text("word " * 100, longest=20) == "word word word word…"
    assert len(plain_text("x" * 10_000, longest=400)) == 400


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "ftp://a.example/",
        "https://user:secret@a.example/",
        "https://",
        "https://a b.example/",
        'https://a.example/"onclick=',
        "https://a.example/<b>",
        "//a.example",
        "x" * 3_000,
        "https://a.example:port/",
        "https://[::1",
        " ",
    ],
)
def test_link_that_leads_nowhere_safe_is_none(link):
    assert link_of(link) == ""


def test_links_are_the_same_however_they_were_come_by():
    told = "https://www.wire.example/a/?utm_source=x&id=5&fbclid=2#top"
    assert canonical(told) == canonical("http://wire.example/a?id=5") == "wire.example/a?id=5"
    assert canonical("https://wire.example/a?id=6") != canonical(told)


def test_key_is_the_id_then_the_link_then_the_words():
    assert key_of("7", "https://a.example/x", "t", "") == key_of(" 7 ", "https://a.example/y", "u", "")
    assert key_of("", "https://a.example/x?utm_source=1", "t", "") == key_of("", "https://a.example/x", "u", "")
    assert key_of("", "", "t", "1") != key_of("", "", "t", "2")


def test_titles_are_alike_but_for_case_and_marks():
    assert title_key("Bitcoin SOARS, to a record!") == title_key("bitcoin soars to a record")
    assert title_key("Market update") == ""


@pytest.mark.parametrize(
    ("told", "hour"),
    [
        ("Fri, 20 Nov 2026 09:00:00 +0200", 7),
        ("2026-11-20T09:00:00Z", 9),
        ("2026-11-20T09:00:00-05:00", 14),
        ("2026-11-20 09:00", 9),
        ("Fri, 20 Nov 2026 09:00:00 EST", 14),
    ],
)
def test_times_are_read_as_mails_and_iso_write_them(told, hour):
    assert moment_of(told) == dt.datetime(2026, 11, 20, hour, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "told", ["", "soon", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-12:00", "32 Nov 2026", "1e9", "1"]
)
def test_what_is_no_time_is_not_known(told):
    assert moment_of(told) is None


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading_of_it(told):
    assert moment_of(told) is None or moment_of(told).tzinfo is dt.UTC
    assert link_of(told) == "" or link_of(told).startswith(("http://", "https://"))
    assert len(text_of_html(told, longest=20)) <= 20


CSV = "date,title,link,summary,symbols\n2026-11-20T09:00:00Z,Gold climbs,https://a.example/1,Up,XAU/USD GC\n"


def test_csv_is_read():
    found = read_file(CSV.encode())
    (told,) = found.items
    assert (found.form, told.title, told.symbols) == (Form.CSV, "Gold climbs", ("XAU/USD", "GC"))


def test_json_lines_are_read():
    found = read_file(b'{"title": "Gold climbs", "date": "2026-11-20", "symbols": ["GC"]}\n\n{"headline": "Two"}\n')
    assert [one.title for one in found.items] == ["Gold climbs", "Two"]
    assert found.form is Form.JSON_LINES


def test_feed_that_was_saved_is_read_as_a_feed():
    assert read_file(rss()).form is Form.RSS
    assert read_file(json_feed(JSON_ITEM)).form is Form.JSON_FEED


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b\n1,2\n", "Line 1: the columns must be named"),
        ("title,headline\n1,2\n", "Line 1: a column stands there twice"),
        (CSV + "2026-11-20,x\n", "Line 3: it has 2 cells"),
        (CSV + "20.11.2026,x,,,\n", "Line 3: '20.11.2026' is no date"),
        (CSV + "2026-11-20,x,javascript:alert(1),,\n", "Line 3: the link is none"),
        (CSV + ",,,,x\n", "Line 3: it has neither title nor summary"),
        (CSV + CSV.splitlines()[0] + "\n", "Line 3: the names of the columns stand there again"),
        ('title\n"never closed\n', "it is no CSV"),
        ('{"title": "a"}\n{"title": 5}\n', "Line 2: title is no text"),
        ('{"title": "a"}\nnonsense\n', "Line 2: it is no JSON object"),
        ("", "Line 1"),
    ],
)
def test_fault_in_a_file_names_the_line(text, words):
    with pytest.raises(Unreadable, match=words.replace("(", r"\(").split(" '")[0]):
        read_file(text.encode())


def test_file_in_another_encoding_is_refused():
    with pytest.raises(Unreadable, match="UTF-8"):
        read_file("title\nMünchen\n".encode("latin-1"))
