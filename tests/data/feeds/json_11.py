from datetime import UTC, datetime

from pipeline.domain.article import Author, Content, Enclosure, Picture, Sighting

expected = [
    Sighting(
        key="https://json.example.org/one",
        raw_hash="",
        content=Content(
            title="Titles are <plain> & text",
            html='<p>Hi, <a href="https://json.example.org/two">two</a></p>',
            teaser="A summary that says in one full sentence what the article is about, and why.",
            url="https://json.example.org/one",
            language="de",
            authors=(
                Author(name="Ada", email=None, url=None),
                Author(name="Charles", email=None, url="https://charles.example.org/"),
            ),
            topics=("One", "two"),
            picture=Picture(url="https://json.example.org/lead.jpg", alt="", width=None, height=None),
            enclosures=(
                Enclosure(
                    url="https://json.example.org/a.m4a",
                    media_type="audio/x-m4a",
                    length=89970236,
                    title="Episode",
                    duration=6629,
                ),
            ),
            published=datetime(2024, 2, 7, 14, 4, tzinfo=UTC),
            updated=datetime(2024, 2, 8, 14, 4, tzinfo=UTC),
        ),
    ),
]
