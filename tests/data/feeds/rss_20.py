from datetime import UTC, datetime

from pipeline.domain.article import Author, Content, Enclosure, Picture, Sighting

expected = [
    Sighting(
        key="https://blog.example.org/?p=17",
        raw_hash="",
        content=Content(
            title="„Tom & Jerry“ live 😀",
            html='<p>Hallo <a href="https://blog.example.org/2024/ueber">dort</a>!</p>\n<img src="https://blog.example.org/bild.jpg" alt="Bild">',
            teaser="Kurz gesagt: ein Text von einiger Länge, der alles in einem Satz zusammenfasst.",
            url="https://blog.example.org/2024/tom/?a=1&b=2",
            language="de-DE",
            authors=(Author(name="Anna Beispiel", email="anna@blog.example.org", url=None),),
            topics=("Q&A", "Künstliche Intelligenz"),
            picture=Picture(url="https://blog.example.org/titel.jpg", alt="", width=1200, height=630),
            enclosures=(
                Enclosure(
                    url="https://blog.example.org/folge.mp3",
                    media_type="audio/mpeg",
                    length=24986239,
                    title=None,
                    duration=3723,
                ),
            ),
            published=datetime(2024, 1, 5, 9, 0, tzinfo=UTC),
            comments_url="https://blog.example.org/2024/tom/#comments",
            comments_feed="https://blog.example.org/2024/tom/feed/",
        ),
    ),
    Sighting(
        key="https://blog.example.org/2024/eins",
        raw_hash="",
        notes=("its publishing date '31 Feb 2024 10:00:00 GMT' can't be read, and was dropped.",),
        content=Content(
            title="1 < 2",
            html="<p>Nur eine Beschreibung.</p>",
            teaser="Nur eine Beschreibung.",
            url="https://blog.example.org/2024/eins",
            language="de-DE",
            authors=(Author(name="redaktion", email=None, url=None),),
        ),
    ),
]
