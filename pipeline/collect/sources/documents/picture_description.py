"""Whether a paragraph describes the picture above an article, or begins the article."""

from __future__ import annotations

import re

from pipeline.collect.sources.documents.headline import is_credit
from pipeline.collect.sources.documents.scene_words import ENGLISH_NEWS, GERMAN_NEWS, SCENE
from pipeline.collect.teaser import sentence_ends

_GERMAN = re.compile(r"\b(?:der|die|das|dem|den|ein|eine[mnrs]?|und|mit|im|vor|auf|während|von)\b", re.IGNORECASE)
_ENGLISH = re.compile(r"\b(?:the|an?|and|of|with|in|on|while|by|at|to|from)\b", re.IGNORECASE)
_LABELLED = re.compile(
    r"(?:bild(?:beschreibung|unterschrift)?|foto|titelbild|symbolbild|(?:das|dieses) (?:bild|foto|titelbild) zeigt"
    r"|auf dem (?:bild|foto)|abbildung|image(?: description)?|photo|picture|caption"
    r"|(?:the|this) (?:image|photo|picture|illustration) shows)\b\s*:?\s",
    re.IGNORECASE,
)
_LONGEST = 1000
_MOST_SENTENCES = 3
_SCORE_ABOVE_LEAD = 4
_SCORE_ALONE = 6
_SCORE_OF_SEVERAL = 7


def describes_picture(paragraph: str, lead: str) -> bool:
    """Whether ``paragraph``, the first of an article, describes its picture and ``lead`` begins the text.

    It says so itself ("Das Bild zeigt …", "Foto: …"); or it is one sentence (at most three) that names what pictures
    show (light, mood, posture, colour, place), and nothing that news are made of: times, figures, speech, intentions,
    the reader.  The more the paragraphs look like a caption above a lead, the less it takes.  In doubt it is text.
    """
    if len(paragraph) > _LONGEST or not lead:
        return False
    if is_credit(paragraph) or _LABELLED.match(paragraph):
        return True
    german = len(_GERMAN.findall(paragraph)) > len(_ENGLISH.findall(paragraph))
    if (GERMAN_NEWS if german else ENGLISH_NEWS).search(paragraph):
        return False
    sentences = 1 + len(sentence_ends(paragraph))
    score = sum(weight for weight, kind in SCENE if kind.search(paragraph))
    if sentences > 1:
        return sentences <= _MOST_SENTENCES and score >= _SCORE_OF_SEVERAL
    # One sentence above several: the shape of a caption above a lead.
    return score >= (_SCORE_ABOVE_LEAD if sentence_ends(lead) else _SCORE_ALONE)
