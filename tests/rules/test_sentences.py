"""The plan's own words travel with the packs: each requirement that is checked or looked at has them."""

import re

import pytest
import yaml

from envcheck import api
from envcheck.text.problems import InputError
from support import ROOT, shipped

PACKS = sorted(path.parent for path in (ROOT / "rules").glob("*/pack.yaml"))


@pytest.mark.parametrize("folder", PACKS, ids=lambda path: path.name)
def test_every_requirement_has_its_words_and_no_word_is_of_none(folder):
    held = yaml.safe_load((folder / "sentences.yaml").read_text(encoding="utf-8"))
    pack = next(p for p in shipped()[1] if p.id == folder.name)
    covered = {name for item in (*pack.rules, *pack.manual) for name in item.covers}
    assert set(held["sentences"]) == covered
    assert all(text.strip() for text in held["sentences"].values())
    assert all(rule.sentences for rule in pack.rules)
    assert re.fullmatch("[0-9a-f]{64}", pack.text_digest)


def test_the_parts_of_one_document_are_quoted_from_one_text():
    digests = {p.text_digest for p in shipped()[1] if p.id.startswith("zhenglan-2020")}
    assert len(digests) == 1


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("format: envcheck/sentences/1\nsentences: {a-1: 原文}\n", "text_sha256"),
        ("format: envcheck/sentences/1\ntext_sha256: x\nsentences: {}\nmore: 1\n", "more"),
        ("format: envcheck/sentences/1\ntext_sha256: x\nsentences: [a]\n", "sentences.yaml:3"),
    ],
)
def test_a_file_of_sentences_that_is_none_is_refused_where_it_stands(tmp_path, text, what):
    folder = tmp_path / "rules" / "small"
    folder.mkdir(parents=True)
    (folder / "pack.yaml").write_text(
        "format: envcheck/pack/1\nid: small\nversion: '1'\nregion: '15'\nreviewed_on: 2026-01-01\n"
        "plan: {title: {zh: 小, en: small}, issuer: {zh: 某, en: some}}\nperiod: {from: 2020-01-01}\n"
        "manual:\n  - {id: m, clause: 一, covers: [a-1], title: {zh: 看, en: look}, modality: must}\n",
        encoding="utf-8",
    )
    (folder / "sentences.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=re.escape(what)):
        api.load_rules(str(tmp_path / "rules"))
