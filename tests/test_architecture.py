"""The picture of the packages is that of the imports."""

import architecture


def test_the_page_shows_the_imports_as_they_are():
    text = architecture.PAGE.read_text("utf-8")
    assert architecture.renewed(text) == text, "run: python tests/architecture.py"


def test_the_picture_leaves_out_only_what_it_implies():
    graph = {"a": {"b", "c"}, "b": {"c"}, "c": set()}
    assert architecture.reduced(graph) == {"a": {"b"}, "b": {"c"}, "c": set()}
    drawn = architecture.reduced(architecture.imports())
    for name, others in architecture.imports().items():
        assert others <= architecture.reached(name, drawn), name


def test_every_package_says_what_it_holds():
    assert all(architecture.holds(name) for name in architecture.imports())
