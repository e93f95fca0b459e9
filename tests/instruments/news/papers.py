"""Feeds of our own making, after the references of RSS 2.0, Atom (RFC 4287) and JSON Feed 1.1."""

import json

RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/">
<channel><title>Our wire</title><link>https://wire.example/</link><language>en-gb</language>
<atom:link href="https://wire.example/feed" rel="self"/>
{items}
</channel></rss>"""

ITEM = """<item><title>{title}</title><link>{link}</link><description>{summary}</description>
<guid isPermaLink="false">{guid}</guid><pubDate>{date}</pubDate></item>"""


def item(
    title="Bitcoin soars to a record high",
    *,
    guid="1",
    link="https://wire.example/1",
    summary="",
    date="Fri, 20 Nov 2026 09:00:00 GMT",
):
    return ITEM.format(title=title, guid=guid, link=link, summary=summary, date=date)


def rss(*items):
    return RSS.format(items="\n".join(items or [item()])).encode()


ATOM = b"""<?xml version="1.0"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>Our atoms</title><id>urn:feed</id>
<updated>2026-11-20T10:00:00Z</updated>
<entry><title type="html">Apple &lt;b&gt;shares&lt;/b&gt; fall &amp;amp; rise</title><id>urn:1</id>
<link rel="self" href="https://wire.example/self"/><link href="/apple?utm_source=x"/>
<published>2026-11-20T11:00:00+02:00</published><updated>2026-11-20T12:00:00Z</updated>
<summary type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">One <em>two</em> three</div></summary></entry>
</feed>"""


def json_feed(*items, version="https://jsonfeed.org/version/1.1"):
    return json.dumps({"version": version, "title": "Our JSON", "language": "en", "items": list(items)}).encode()


JSON_ITEM = {
    "id": 7,
    "url": "https://wire.example/7",
    "title": "Gold prices climb",
    "content_html": "<p>Spot gold <script>alert(1)</script>rises</p>",
    "date_published": "2026-11-20T09:30:00Z",
}
