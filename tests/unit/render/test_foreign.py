from __future__ import annotations

import pytest

from pipeline.render.foreign import mail_html


def mail(html: str, level: int = 1) -> str:
    return mail_html(html, width=536, level=level)


def test_a_picture_is_never_wider_than_its_column() -> None:
    assert mail('<img src="a.png" alt="A" width="1072" height="600">') == (
        '<img src="a.png" alt="A" width="536" height="300" border="0">'
    )


def test_a_small_picture_keeps_its_size() -> None:
    assert 'width="24" height="24" border="0"' in mail('<p>x<img src="a.png" width="24" height="24"></p>')


def test_a_picture_of_unknown_size_gets_the_columns_width_and_an_alt() -> None:
    assert mail('<img src="a.png">') == '<img src="a.png" alt="" width="536" border="0">'


@pytest.mark.parametrize(
    "picture",
    [
        '<img src="https://vg02.met.vgwort.de/na/0123456789abcdef">',
        '<img src="https://pixel.wp.com/b.gif?host=a.example">',
        '<img src="https://feeds.feedburner.com/~r/blog/~4/abc" width="100">',
        '<img src="https://a.example/stats/matomo.php?idsite=1">',
        '<img src="https://a.example/x.gif" width="2" height="1">',
        '<img src="https://a.example/x.gif" height="0">',
    ],
)
def test_a_picture_that_only_counts_readers_goes_and_the_text_around_it_stays(picture: str) -> None:
    assert mail(f"<p>a {picture}b</p>") == "<p>a b</p>"


def test_a_set_of_pictures_becomes_one() -> None:
    html = '<picture><source srcset="b.webp"><img srcset="c.png 1x, d.png 2x" alt="A"></picture> tail'
    assert mail(html) == '<img alt="A" src="c.png" width="536" border="0"> tail'


def test_a_player_becomes_its_picture_and_a_link() -> None:
    html = '<video poster="p.jpg" controls=""><source src="https://v.example/a.mp4"></video>after'
    assert mail(html) == (
        '<p><img src="p.jpg" alt="" width="536" border="0"> <a href="https://v.example/a.mp4">▶ a.mp4</a></p>after'
    )


def test_headings_come_below_the_headline_in_their_own_order_without_a_gap() -> None:
    assert mail("<h1>a</h1><h2>b</h2>") == "<h2>a</h2><h3>b</h3>"
    assert mail("<h3>a</h3><h6>b</h6><h3>c</h3>", level=2) == "<h3>a</h3><h4>b</h4><h3>c</h3>"
    assert mail("<h3>a</h3><h2>b</h2><h5>c</h5>") == "<h2>a</h2><h2>b</h2><h3>c</h3>"
    assert mail("".join(f"<h{n}>x</h{n}>" for n in range(1, 7)), level=2).count("h6") == 6


def test_an_outer_table_gets_a_box_that_scrolls() -> None:
    html = '<table width="900"><tr><td><table><tr><td>x</td></tr></table></td></tr></table>tail'
    assert mail(html).startswith('<div class="wide" tabindex="0"><table><tr>')
    assert mail(html).endswith("</table></div>tail")
    assert mail(html).count("wide") == 1


def test_names_that_our_style_sheet_uses_are_not_taken_over() -> None:
    assert mail('<p class="button" id="x" style="position:fixed">a</p>') == "<p>a</p>"


def test_text_around_elements_stays() -> None:
    assert mail("a &amp; b <b>c</b> d") == "a &amp; b <b>c</b> d"
    assert mail("") == ""


def test_folded_text_is_shown() -> None:
    assert mail("<details><summary>More</summary><p>x</p></details>") == "<p><strong>More</strong></p><p>x</p>"
