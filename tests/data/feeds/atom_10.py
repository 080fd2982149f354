from datetime import UTC, datetime

from pipeline.domain.article import Author, Content, Enclosure, Picture, Sighting

expected = [
    Sighting(
        key="urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a",
        raw_hash="",
        content=Content(
            title="Use <b> & <i>",
            html='<h2>Bold</h2><p>x &lt; y, <a href="https://atom.example.org/blog/use/demo">demo</a></p>',
            teaser="How to emphasise, in one sentence that is long enough to be a teaser for the article.",
            url="https://atom.example.org/blog/use-b",
            language="en",
            authors=(Author(name="Ада Лавлейс", email=None, url="https://ada.example.org/"),),
            topics=("HTML & CSS",),
            enclosures=(
                Enclosure(
                    url="https://atom.example.org/blog/film.mp4",
                    media_type="video/mp4",
                    length=1234,
                    title="The film",
                    duration=None,
                ),
            ),
            published=datetime(2024, 2, 1, 8, 0, tzinfo=UTC),
            updated=datetime(2024, 2, 2, 10, 0, tzinfo=UTC),
            comments_url="https://atom.example.org/blog/use-b#comments",
        ),
    ),
    Sighting(
        key="tag:atom.example.org,2024:shalom",
        raw_hash="",
        content=Content(
            title="שלום & hello",
            html="<p>A paragraph with &lt;tags&gt;</p><p>First line<br>second line</p>",
            teaser="A paragraph with <tags>",
            url="https://atom.example.org/blog/shalom",
            language="he",
            authors=(Author(name="The editors", email=None, url=None),),
            published=datetime(2024, 2, 3, 0, 0, tzinfo=UTC),
            updated=datetime(2024, 2, 3, 0, 0, tzinfo=UTC),
        ),
    ),
]
