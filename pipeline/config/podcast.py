"""[feeds.podcast]: what directories of podcasts ask for."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, WithJsonSchema

from pipeline.config.mistake import mistake, text
from pipeline.config.nearest import did_you_mean
from pipeline.config.table import Table
from pipeline.config.values import EmailAddress, Text, Url

_CATEGORIES = {
    "Arts": "Books, Design, Fashion & Beauty, Food, Performing Arts, Visual Arts",
    "Business": "Careers, Entrepreneurship, Investing, Management, Marketing, Non-Profit",
    "Comedy": "Comedy Interviews, Improv, Stand-Up",
    "Education": "Courses, How To, Language Learning, Self-Improvement",
    "Fiction": "Comedy Fiction, Drama, Science Fiction",
    "Government": "",
    "Health & Fitness": "Alternative Health, Fitness, Medicine, Mental Health, Nutrition, Sexuality",
    "History": "",
    "Kids & Family": "Education for Kids, Parenting, Pets & Animals, Stories for Kids",
    "Leisure": "Animation & Manga, Automotive, Aviation, Crafts, Games, Hobbies, Home & Garden, Video Games",
    "Music": "Music Commentary, Music History, Music Interviews",
    "News": "Business News, Daily News, Entertainment News, News Commentary, Politics, Sports News, Tech News",
    "Religion & Spirituality": "Buddhism, Christianity, Hinduism, Islam, Judaism, Religion, Spirituality",
    "Science": "Astronomy, Chemistry, Earth Sciences, Life Sciences, Mathematics, Natural Sciences, Nature, Physics,"
    " Social Sciences",
    "Society & Culture": "Documentary, Personal Journals, Philosophy, Places & Travel, Relationships",
    "Sports": "Baseball, Basketball, Cricket, Fantasy Sports, Football, Golf, Hockey, Rugby, Running, Soccer, Swimming,"
    " Tennis, Volleyball, Wilderness, Wrestling",
    "Technology": "",
    "True Crime": "",
    "TV & Film": "After Shows, Film History, Film Interviews, Film Reviews, TV Reviews",
}
"""Apple's, which all directories read."""

_VALID = {
    " > ".join(names): names
    for parent, children in _CATEGORIES.items()
    for names in [(parent,), *((parent, child) for child in children.split(", ") if child)]
}


def _category(value: object) -> str:
    written = text(value, "Society & Culture > Documentary")
    if written not in _VALID:
        mend = did_you_mean(written, _VALID) or 'Take one of Apple\'s, such as "News" or "News > Tech News".'
        raise mistake("is no category of Apple's directory.", mend)
    return written


Category = Annotated[
    str, BeforeValidator(_category), WithJsonSchema({"type": "string", "enum": list(_VALID), "examples": ["News"]})
]


class Podcast(Table):
    """[feeds.podcast]: what directories of podcasts ask for; the feed's RSS says it."""

    category: Category
    """One of Apple's categories: `"News"`, or with a subcategory `"News > Tech News"`."""

    image: Url
    """The address of its cover: a square JPEG or PNG of 1,400 to 3,000 pixels."""

    owner_email: EmailAddress
    """Where directories write to see who owns it; it is published."""

    owner: Text | None = None
    """Who owns it; if absent, the title of the site."""

    author: Text | None = None
    """Who speaks; if absent, the owner."""

    explicit: bool = False
    """Whether it is for adults."""

    type: Literal["episodic", "serial"] = "episodic"
    """Whether episodes are heard in any order, or from the first."""

    locked: bool = False
    """Whether other hosts are asked not to take it over."""

    @property
    def categories(self) -> tuple[str, ...]:
        """The category, and its subcategory if there is one."""
        return _VALID[self.category]
