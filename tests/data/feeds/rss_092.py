from datetime import UTC, datetime

from pipeline.domain.article import Author, Content, Enclosure, Picture, Sighting

expected = [
    Sighting(
        key="sha256:5de5a0a483e66a05292d1f43ec076f9b7051411745676d1e798363eea3743c44",
        raw_hash="",
        notes=("it has no title; the start of its text, or its address, serves as one.",),
        content=Content(
            title="It's been a while since I wrote, and there is much to tell: the trip, the…",
            html='It\'s been a while since I wrote, and there is much to tell: <a href="https://notes.example.org/trip">the trip</a>, the house, the dog and the garden.',
            teaser="It's been a while since I wrote, and there is much to tell: the trip, the house, the dog and the garden.",
            language="en",
            topics=("Life",),
            enclosures=(
                Enclosure(
                    url="https://notes.example.org/song.mp3",
                    media_type="audio/mpeg",
                    length=None,
                    title=None,
                    duration=None,
                ),
            ),
        ),
    ),
]
