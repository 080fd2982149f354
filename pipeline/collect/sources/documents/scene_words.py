"""The words by which a picture's description is told from the beginning of an article, in German and English."""

from __future__ import annotations

import re


def _any(*alternatives: str) -> re.Pattern[str]:
    """One pattern of all; they are parts of one long alternation, broken at its bars."""
    return re.compile("|".join(alternatives), re.IGNORECASE)


def _starting(*alternatives: str) -> re.Pattern[str]:
    """The same, each at the start of a word."""
    return re.compile(rf"\b(?:{'|'.join(alternatives)})", re.IGNORECASE)


SCENE: tuple[tuple[int, re.Pattern[str]], ...] = (
    (
        3,  # a picture
        _starting(
            "im (?:vorder|hinter)grund|zu sehen|abgebildet|nahaufnahme|großaufnahme|makroaufnahme|luftaufnahme",
            r"luftbild|symbolbild|bildschirmfoto|illustration|porträt\b|silhouette|kulisse|draufsicht",
            r"vogelperspektive|(?:das |dieses |auf dem )(?:bild|foto)\b|(?<!\w )blick (?:auf|über|in|durch|von)\b",
            r"fenster\w* mit blick|in the (?:back|fore)ground|close-?up|aerial|view of|overhead|portrait\b",
            r"silhouet|backdrop|depict|bird.s.eye|(?:the|this) (?:picture|photo|image)\b|screenshot|artwork",
            "rendering",
        ),
    ),
    (
        2,  # light
        _starting(
            r"\w*(?:leucht|licht(?:e[rnms]?|ern?|durchflutet\w*)?\b|strahlen|glänz|schimmer|schatten|dämmer|neon",
            r"glüh|glut\b)|\w*sonnen(?:licht|schein|untergang|aufgang|strahl|durchflutet)|sonnig",
            r"hell(?:e[rnms]?)?\b|\w*glow|(?:sun|moon|lamp|candle|day|back|flood)?li(?:t|ght|ghts)\b|lighting",
            r"sunny|sunset|sunrise|shin(?:y|ing)|gleam|blink(?:end|ing)|flicker|shadow|dusk\b|dawn\b|bright|shimmer|bathed|illuminat|radiat",
            "sparkl",
        ),
    ),
    (
        2,  # mood
        _starting(
            r"\w*atmosphäre|\w+stimmung|eine \w+ stimmung|futuristisch|harmonisch|friedlich|idyllisch|gemütlich",
            "malerisch|dramatisch|konzentriert|freundlich|entschlossen|nachdenklich|begeistert|dynamisch|lebendig",
            r"symbolisier|visualisier|atmosphere (?:of|for)|an? \w+ (?:atmosphere|mood)|mood of|serene|vibrant",
            "cozy|cosy|futuristic|peaceful|focused|thoughtful|determined|cheerful|dramatic|symboli[sz]|convey",
            r"evok|tranquil|lush\b",
        ),
    ),
    (
        2,  # posture and look
        _starting(
            "(?:steht|stehen|sitzt|sitzen|liegt|liegen|hält|halten|blickt|blicken|schaut|schauen|trägt|tragen",
            "beugt|beugen|tippt|tippen|hockt|kniet|knien|ragt|ragen|winkt|zeigt auf|läuft|laufen|rollt|greift",
            r"posiert|präsentiert|umgeben)\b|(?:stehend|sitzend|haltend|betracht|lehn|schweb|schwenk|posier",
            r"spazier|erstreck|schüttel|umarm|gestikulier|diskutier|überwach|gleite|montier|bedien|lächel)\w*",
            "(?:stand|sit|look|gaz|hold|wear|lean|walk|typ|hover|float|point|gather|pos|stretch|surround|kneel",
            "reach|wav|watch|examin|inspect|operat|shak|discuss|driv|rid|cycl|overlook|tower|line|carr|assembl",
            r"sip|rest|play|smil)(?:s|es|e|ing|ed|ting|ying|ies)?\b",
        ),
    ),
    (
        1,  # colour and matter
        _starting(
            "(?:blau|rot|grün|gelb|orange|violett|lila|golden|silbern|bunt|farbenfroh|weiß|schwarz|grau|rosa",
            "türkis|dunkel|warm|modern|gläsern|hölzern|metallisch|minimalistisch|elegant|verschneit|grünlich",
            r"bläulich)(?:e[rnms]?)?\b|(?:blue|red|green|yellow|orange|violet|purple|golden?|silver|colou?rful",
            "white|black|gr[ae]y|pink|turquoise|pastel|dark|warm|modern|sleek|glass|wooden|metallic|minimalist",
            r"elegant|snow-?covered|cobbled)\b",
        ),
    ),
    (
        1,  # things that can be seen
        _starting(
            r"\w*(?:tisch|bühne|leinwand|flaggen?|bildschirm|kamera|brille|kittel|helm|regal|tafel|fenster|himmel",
            r"horizont)\w{0,3}\b|laptops?|tablets?|smartphones?|displays?|skyline|landschaft|desks?|tables?|stage",
            "podium|screens?|flags?|cameras?|glasses|coats?|helmets?|shel(?:f|ves)|whiteboards?|bench(?:es)?",
            "windows?|sky|horizon|landscape",
        ),
    ),
    (
        1,  # place
        _starting(
            r"(?:vor|in|auf|an|neben|hinter|unter|über|zwischen) (?:ein(?:em|er)|zwei|drei|mehreren|große[nr]?)\b",
            r"inmitten|umgeben von|vor (?:dem|der)\b|daneben|in front of|next to|beside|behind|beneath|against",
            r"surrounded by|amid|among|inside an?\b|(?:in|on|at|with) an?\b",
        ),
    ),
    (
        1,  # someone or something not known yet, at the beginning
        re.compile(
            r"\A(?:eine?|zwei|drei|vier|mehrere|junge|ältere|reihen|kinder|an?|two|three|four|several|rows?|children|young"
            r"|group)\b",
            re.IGNORECASE,
        ),
    ),
)
"""What descriptions of pictures are made of: each kind's weight and words.  A kind counts once."""

_NEWS_ANYWHERE = r"\b\d{2,}\b|\d[.,]\d|[€$%?!]|[„“\"»«][^„“”\"»«]*\s[^„“”\"»«]*\s[^„“”\"»«]*[„“”\"»«]"
GERMAN_NEWS = _any(
    r"\b(?:heute|gestern|seit|bislang|bisher|künftig|bereits|ab sofort|montags?|dienstags?|mittwochs?|donnerstags?",
    "freitags?|samstags?|sonntags?|wochen?|monat(?:e[ns]?|s)?|jahr(?:e[ns]?|s)?|januar|februar|märz|april|mai",
    r"juni|juli|august|september|oktober|november|dezember|will|wollen|soll|sollen|sollte\w*|muss|müssen|kann",
    r"können|könnte\w*|darf|dürfen|hatte\w*|wurde\w*|war|waren|worden|geworden|laut|sagt\w*|erklärte\w*|wir|uns",
    r"unser\w*|ich|du|dein\w*|nicht|kein\w*|weil|obwohl|aber|doch|denn|dass|prozent|millionen?|milliarden?|euro",
    r"dollar|nun|jetzt|immer|noch|warum|wer",
    r"vor gericht|polizei|angeklagt)\b|\A(?:\S+\s+){0,3}(?:\w*(?:unternehmen|konzern|branche|regierung",
    "markt|wirtschaft|industrie|gesetz|studie|firma|verband|ministerium",
    r"debatte|frage|idee|trend))\b",
    _NEWS_ANYWHERE,
)
ENGLISH_NEWS = _any(
    r"\b(?:today|yesterday|tomorrow|since|already|so far|mondays?|tuesdays?|wednesdays?|thursdays?|fridays?",
    "saturdays?|sundays?|weeks?|months?|years?|january|february|april|june|july|august|september|october|november",
    "december|wants?|should|must|can|could|may|might|will|would|had|was|were|says?|said|according to|we|our|us",
    "you|your|my|not|no longer|never|because|although|but|percent|per cent|millions?|billions?|euros?|dollars?",
    r"now|why|ever|in court|police|accused)\b|n['’]t\b|\A(?:\S+\s+){0,3}(?:company|companies|industry",
    r"government|market|economy|law|study|firm|ministry|debate|question|idea|trend|corporation|regulator|startups?)\b",
    _NEWS_ANYWHERE,
)
"""What first sentences have and descriptions don't: time, speech, intention, figures, institutions as their subject."""
