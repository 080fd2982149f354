"""What feeds select articles by, beside topics and sources: labels of topics, authors, languages, media types"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    facet = op.create_table(
        "article_facet",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("article_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_article_facet_article_id_article")),
        sa.PrimaryKeyConstraint("kind", "value", "article_id", name=op.f("pk_article_facet")),
    )
    with op.batch_alter_table("article_facet", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_article_facet_article_id"), ["article_id"], unique=False)
    # What was there before has facets too.
    connection = op.get_bind()
    after = 0
    while rows := connection.execute(_ARTICLES, {"after": after}).all():
        after = rows[-1].id
        facets = {
            (kind, _key(label), row.id): label
            for row in rows
            for kind, label in _labels(json.loads(row.content))
            if _key(label)
        }
        if facets:
            op.bulk_insert(
                facet,
                [
                    {"kind": kind, "value": value, "article_id": id_, "label": label}
                    for (kind, value, id_), label in facets.items()
                ],
            )


_ARTICLES = sa.text(
    "SELECT article.id, revision.content FROM article"
    " JOIN revision ON revision.article_id = article.id AND revision.number = article.revision"
    " WHERE article.id > :after ORDER BY article.id LIMIT 500"
)


def _labels(content: dict[str, list[object]]) -> Iterator[tuple[str, str]]:
    for topic in content.get("topics", ()):
        yield "topic", str(topic)
    for author in content.get("authors", ()):
        yield "author", str(author["name"])  # type: ignore[index]
    if content.get("language"):
        yield "language", str(content["language"])
    for enclosure in content.get("enclosures", ()):
        yield "enclosure", str(enclosure["media_type"]).partition(";")[0]  # type: ignore[index]


def _key(label: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", label).casefold().split())[:200]
