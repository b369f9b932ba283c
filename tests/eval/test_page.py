import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser

from eval import words
from eval.page import render_page
from eval.picture import write_pictures
from tests.eval.toy_report import toy_report, without_teacher

VOID = {"meta", "br", "link"}


class Balanced(HTMLParser):
    """Fails on tags that are closed out of order, and gathers tags and attributes."""

    def __init__(self, page):
        super().__init__()
        self.open, self.tags, self.attributes = [], set(), set()
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_loads_nothing_and_runs_nothing():
    found = Balanced(render_page(toy_report()))
    assert found.tags.isdisjoint({"script", "link", "img", "iframe", "object"})
    assert found.attributes.isdisjoint({"src", "href", "onload", "onclick"})
    assert "url(" not in render_page(toy_report())


def test_text_of_recipes_and_models_is_escaped():
    evil = "</style><script>alert('x')</script>"
    report = replace(toy_report(), recipe=evil, description=evil, warnings=(evil,))
    page = render_page(report)
    assert "<script" not in page
    assert page.count("&lt;script&gt;alert(") >= 4
    assert "&lt;b&gt;gsm8k&lt;/b&gt;" in page
    Balanced(page)


def test_every_number_of_the_table_is_there():
    page = render_page(toy_report())
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.split("</style>")[1]))
    text = text.replace(words.MINUS, "-").replace(words.NONE, "-")
    for expected in (
        "42.5 29.5-56.5",
        "+32.5 +24.5 to +41.5 p&lt;0.001",
        "65% 31% to 97%",
        "Temperature, top-p 0.6, 0.95",
        "chain_sum 200 120 75 5 101",
        "aime2024 was skipped",
    ):
        assert expected in text


def test_without_a_teacher_the_page_says_so():
    page = render_page(without_teacher())
    Balanced(page)
    assert "not evaluated" in page


def test_pictures_are_the_same_for_the_same_results(tmp_path):
    svg, png = write_pictures(toy_report(), tmp_path / "smol.v2")
    assert (svg.name, png.name) == ("smol.v2.svg", "smol.v2.png")
    first = svg.read_bytes()
    assert ET.fromstring(first).tag.endswith("svg")
    assert png.read_bytes().startswith(b"\x89PNG")
    write_pictures(toy_report(), tmp_path / "smol.v2")
    assert svg.read_bytes() == first
    assert sorted(path.name for path in tmp_path.iterdir()) == ["smol.v2.png", "smol.v2.svg"]
