from __future__ import annotations

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.publish.page_html import page_html


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<h1>A</h1><p>x</p><h2>B</h2><h1>C</h1>", "<h2>A</h2><p>x</p><h3>B</h3><h2>C</h2>"),
        ("<h4>A</h4><h6>B</h6><h5>C</h5><h4>D</h4>", "<h2>A</h2><h3>B</h3><h3>C</h3><h2>D</h2>"),
        ('<h2 id="x">A</h2>', '<h2 id="x">A</h2>'),
        (
            "<h1>1</h1><h2>2</h2><h3>3</h3><h4>4</h4><h5>5</h5><h6>6</h6>",
            "<h2>1</h2><h3>2</h3><h4>3</h4><h5>4</h5><h6>5</h6><h6>6</h6>",
        ),
        ("<hr><header>x</header>", "<hr><header>x</header>"),
        ("<pre><code>a</code></pre>", '<pre tabindex="0"><code>a</code></pre>'),
        ('<table class="x"><tbody></tbody></table>', '<table class="x" tabindex="0"><tbody></tbody></table>'),
        ('<img alt="a > b <pre> <h1>">', '<img alt="a > b <pre> <h1>">'),
        ("&lt;pre&gt; is a tag", "&lt;pre&gt; is a tag"),
    ],
)
def test_an_article_fits_into_the_outline_of_its_page(html: str, expected: str) -> None:
    assert page_html(html) == expected


PIECES = st.lists(
    st.sampled_from(
        ["<h1>", "</h1>", "<pre ", "<table>", 'alt="', "<img ", ">", "'", '"', "<", "x", "&lt;", "title='<pre'"]
    )
)


@given(PIECES)
def test_sanitised_html_stays_sanitised(pieces: list[str]) -> None:
    # Twice: taking out an unknown element may leave headings in one another, which the first does not.
    clean = nh3.clean(nh3.clean("".join(pieces)))
    made = page_html(clean)
    allowed = {"*": {"tabindex", "title", "lang"}} | {
        tag: set(names) | {"tabindex"} for tag, names in nh3.ALLOWED_ATTRIBUTES.items()
    }
    assert nh3.clean(made, attributes=allowed) == made
    assert nh3.clean(made, tags=set()) == nh3.clean(clean, tags=set())
