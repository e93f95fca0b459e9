"""`manage.py import_news`: a file whole or not at all, twice as once, and never known before it could be."""

import io

import pytest
from django.core.management import CommandError, call_command

from instruments.models import NewsItem, NewsSource
from tests.instruments.news.papers import rss

pytestmark = pytest.mark.django_db
HEAD = "date,title,link,summary,symbols\n"


def run(path, source="Archive", **told):
    out = io.StringIO()
    call_command("import_news", str(path), source=source, stdout=out, **told)
    return out.getvalue()


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "news"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_file_is_imported_with_what_it_says_it_is_about(catalogue, file):
    said = run(file(HEAD + "2026-01-05T10:00:00Z,Quiet day,https://a.example/1,,BTC/USDT XNAS:AAPL\n"), delay=30)
    assert "1 new, 0 told otherwise" in said
    row = NewsItem.objects.get()
    assert row.is_backfilled
    assert (row.known_at - row.published_at).total_seconds() == 1800
    found = {(one.subject, one.how) for one in row.matches.all()}
    assert found == {("coin:BTC", "told"), ("share:AAPL:USD", "told")}
    source = NewsSource.objects.get()
    assert (source.name, source.state, source.form) == ("Archive", "file", "csv")


def test_imported_twice_it_changes_nothing(catalogue, file):
    path = file(HEAD + "2026-01-05T10:00:00Z,Bitcoin climbs today,,,\n")
    run(path)
    assert "0 new, 0 told otherwise than before, 1 there already" in run(path)
    assert NewsItem.objects.count() == 1


def test_saved_feed_is_imported(catalogue, file):
    assert "1 new" in run(file(rss()))


def test_fault_keeps_nothing_of_the_file(catalogue, file):
    path = file(HEAD + "2026-01-05,Bitcoin climbs today,,,\n" * 3 + "5.1.2026,Swapped,,,\n")
    with pytest.raises(CommandError, match=r"Line 5: '5\.1\.2026' is no date"):
        run(path)
    assert not NewsItem.objects.exists()
    assert not NewsSource.objects.exists()


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"source": ""}, "1 to 80 letters"),
        ({"source": "x" * 81}, "1 to 80 letters"),
        ({"source": "a\x00b"}, "1 to 80 letters"),
        ({"delay": -1}, "0 minutes to a week"),
    ],
)
def test_bad_arguments_are_refused_in_words(catalogue, file, told, words):
    with pytest.raises(CommandError, match=words):
        run(file(HEAD), **told)


def test_missing_file_is_said(db, tmp_path):
    with pytest.raises(CommandError, match="There is no file"):
        run(tmp_path / "none")


def test_name_of_a_feed_is_not_taken_for_a_file(catalogue, wire, file):
    with pytest.raises(CommandError, match="is a feed's name"):
        run(file(HEAD + "2026-01-05,Bitcoin climbs today,,,\n"), source=wire.name)
    assert not NewsItem.objects.exists()
