from datetime import UTC, datetime

from pipeline.domain.article import Author, Content, Enclosure, Picture, Sighting

expected = [
    Sighting(
        key="pod-1",
        raw_hash="",
        content=Content(
            title="Folge 1: alles da",
            html='<p>Die Shownotes mit <a href="https://pod.example.org/x">Link</a>.</p>',
            teaser="iTunes-Text",
            url="https://pod.example.org/1",
            language="de",
            authors=(Author(name="Anna"),),
            picture=Picture(url="https://pod.example.org/1.jpg", alt=""),
            enclosures=(
                Enclosure(
                    url="https://cdn.example.org/1.mp3?source=feed",
                    media_type="audio/mpeg",
                    length=12345678,
                    duration=3723,
                ),
            ),
            published=datetime(2025, 1, 6, 6, 0, tzinfo=UTC),
        ),
    ),
    Sighting(
        key="pod-2",
        raw_hash="",
        content=Content(
            title="Folge 2: mehrere Dateien",
            html="Zwei Fassungen",
            teaser="Zwei Fassungen",
            url="https://pod.example.org/2",
            language="de",
            enclosures=(
                Enclosure(url="https://cdn.example.org/2.mp3", media_type="audio/mpeg", length=100, duration=None),
                Enclosure(url="https://cdn.example.org/2.opus", media_type="audio/ogg", length=50, duration=None),
                Enclosure(
                    url="https://cdn.example.org/2.pdf", media_type="application/pdf", length=None, duration=None
                ),
            ),
            published=datetime(2025, 1, 7, 6, 0, tzinfo=UTC),
        ),
    ),
    Sighting(
        key="pod-3",
        raw_hash="",
        content=Content(
            title="Folge 3: ohne Länge, seltsame Typen",
            html="x",
            teaser="x",
            url="https://pod.example.org/3",
            language="de",
            enclosures=(
                Enclosure(url="https://cdn.example.org/3.m4a", media_type="audio/mp4", length=None, duration=3600),
            ),
            published=datetime(2025, 1, 8, 6, 0, tzinfo=UTC),
        ),
    ),
    Sighting(
        key="pod-4",
        raw_hash="",
        content=Content(
            title="Folge 4: Länge unbekannt",
            html="x",
            teaser="x",
            url="https://pod.example.org/4",
            language="de",
            enclosures=(
                Enclosure(url="https://cdn.example.org/4.mp3", media_type="audio/mpeg", length=None, duration=3570),
            ),
            published=datetime(2025, 1, 9, 6, 0, tzinfo=UTC),
        ),
    ),
    Sighting(
        key="pod-5",
        raw_hash="",
        content=Content(
            title="Folge 5: Media RSS",
            html="Video",
            teaser="Video",
            url="https://pod.example.org/5",
            language="de",
            picture=Picture(url="https://cdn.example.org/5.jpg", alt="", width=640, height=360),
            enclosures=(
                Enclosure(url="https://cdn.example.org/5-hd.mp4", media_type="video/mp4", length=999, duration=90),
                Enclosure(url="https://cdn.example.org/5-sd.mp4", media_type="video/mp4", length=99, duration=90),
            ),
            published=datetime(2025, 1, 10, 6, 0, tzinfo=UTC),
        ),
    ),
    Sighting(
        key="pod-6",
        raw_hash="",
        content=Content(
            title="Bild 6: media:description",
            html="Mit Bild",
            teaser="Mit Bild",
            url="https://pod.example.org/6",
            language="de",
            picture=Picture(
                url="https://pod.example.org/6.jpg", alt="Eine Katze auf einem Sofa", width=800, height=600
            ),
            published=datetime(2025, 1, 11, 6, 0, tzinfo=UTC),
        ),
    ),
    Sighting(
        key="pod-7",
        raw_hash="",
        content=Content(
            title="Bild 7: ausgezeichnet",
            html="Mit Bild",
            teaser="Mit Bild",
            url="https://pod.example.org/7",
            language="de",
            picture=Picture(url="https://pod.example.org/7.jpg", alt="Ein Hund & ein Ball"),
            published=datetime(2025, 1, 12, 6, 0, tzinfo=UTC),
        ),
    ),
    Sighting(
        key="pod-8",
        raw_hash="",
        content=Content(
            title="Folge 8: itunes-only",
            html="<p>Nur iTunes sagt etwas.</p>",
            teaser="Nur iTunes sagt etwas.",
            url=None,
            language="de",
            enclosures=(
                Enclosure(url="https://pod.example.org/8.mp3", media_type="audio/mp3", length=None, duration=45),
            ),
            published=datetime(2025, 1, 13, 6, 0, tzinfo=UTC),
        ),
    ),
    Sighting(
        key="pod-9",
        raw_hash="",
        content=Content(
            title="https://cdn.example.org/9.mp3",
            html="",
            teaser="",
            url=None,
            language="de",
            enclosures=(
                Enclosure(url="https://cdn.example.org/9.mp3", media_type="audio/mpeg", length=None, duration=None),
            ),
            published=datetime(2025, 1, 14, 6, 0, tzinfo=UTC),
        ),
        notes=("it has no title; the start of its text, or its address, serves as one.",),
    ),
    Sighting(
        key="pod-10",
        raw_hash="",
        content=Content(
            title="Folge 10: javascript",
            html="x",
            teaser="x",
            url="https://pod.example.org/10",
            language="de",
            picture=Picture(url="https://cdn.example.org/10.jpg", alt=""),
            enclosures=(
                Enclosure(url="https://cdn.example.org/10.jpg", media_type="image/jpeg", length=5, duration=None),
            ),
            published=datetime(2025, 1, 15, 6, 0, tzinfo=UTC),
        ),
    ),
]
