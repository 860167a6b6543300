"""Texts of the trade: one spelling, terms in two scripts, weights that do not depend on order."""

import numpy as np
import pytest
from sklearn.utils.estimator_checks import check_estimator

from matchmaking import MARKETS, MatchSettings
from matchmaking.gram_tfidf import GramTfidf
from matchmaking.grams import MAX_TOKENS, grams, normalize
from matchmaking.recommender import ready
from matchmaking.text import TextModel, shipped
from tests.builders import AS_OF, financing_need, loan_product


def similarity(one: str, other: str) -> float:
    left, right = shipped().vectors([one]), shipped().vectors([other])
    return float(left.multiply(right).sum())


@pytest.mark.parametrize(
    ("spellings", "expected"),
    [
        (("18 000 吨/年", "18,000吨/年", "1.8万吨/年", "１８０００吨／年"), "18000t/年"),
        (("直径 2.6 毫米", "Φ2.6mm", "φ2.6 mm", "线径：2.6毫米"), "φ2.6mm"),
        (("GB/T 3953-2009", "gb/t 3953", "GB/T3953—2009"), "gb/t3953"),
        (("10 千伏", "10kV", "10 KV"), "10kv"),
    ],
)
def test_one_thing_has_one_spelling(spellings, expected):
    assert {normalize(text) for text in spellings} == {expected}


def test_grades_of_copper_stay_apart():
    assert normalize("T2") != normalize("TU1")


def test_chinese_gives_characters_and_pairs_and_english_gives_words():
    assert list(grams("铜线")) == ["铜", "线", "铜线"]
    assert list(grams("copper wire")) == ["copper", "_copp", "_oppe", "_pper", "wire", "copper wire"]


def test_sentences_on_copper_wire_are_alike_and_pig_feed_is_not():
    firm, need, feed = "生产裸铜线、镀锡铜线", "采购电工圆铜线，用于电缆导体", "采购猪饲料，用于养殖"
    assert similarity(firm, need) > 0.1 > similarity(firm, feed)


def test_forms_of_an_english_word_meet_once_the_corpus_knows_them():
    model = TextModel().fit(["pavement repair", "pavements", "catering"])
    one, other, food = (model.vectors([text]) for text in ("pavement repair", "pavements", "catering"))
    assert one.multiply(other).sum() > 0 == one.multiply(food).sum()


def test_a_text_without_words_is_a_row_of_zeros():
    assert shipped().vectors(["", "，。", "铜"]).sum(axis=1).astype(bool).ravel().tolist() == [[False, False, True]]


def test_naming_everything_does_not_pay():
    assert len(normalize("、".join(f"产品{n}号" for n in range(10_000)))) <= 2 * MAX_TOKENS
    assert normalize("铜线。铜线。铜线。") == normalize("铜线")


def test_weights_do_not_depend_on_order_or_repetition():
    texts = ["电工圆铜线", "镀锡铜排", "猪饲料"]
    assert TextModel().fit(texts).fingerprint_ == TextModel().fit([*reversed(texts), texts[0]]).fingerprint_
    assert TextModel().fit(texts).fingerprint_ != TextModel().fit(["稀有词语"]).fingerprint_


def test_a_latent_part_keeps_similarity_between_zero_and_one():
    model = TextModel(share=0.3, n_dimensions=8).fit(["电工圆铜线", "镀锡铜排"])
    rows = model.vectors(["电工圆铜线", "镀锡铜排"])
    meanings = model.meanings(["电工圆铜线", "镀锡铜排"], rows)
    assert meanings.shape == (2, 8)
    assert np.allclose(np.linalg.norm(meanings, axis=1), 1)


def three_numbers(texts):
    """An embedding for the test below: length, copper, wire."""
    return np.array([[1.0, "铜" in text, "线" in text] for text in texts], dtype=float)


def test_an_embedding_can_be_plugged_in_by_name():
    model = TextModel(share=0.5, embedding=f"{__name__}:three_numbers").fit()
    texts = ["铜线", "铝"]
    assert model.meanings(texts, model.vectors(texts)) == pytest.approx(
        np.array([[1, 1, 1], [np.sqrt(3), 0, 0]]) / np.sqrt(3), abs=1e-5
    )
    with pytest.raises(ValueError, match="no embedding at 'nowhere:nothing'"):
        TextModel(share=0.5, embedding="nowhere:nothing").fit()


@pytest.mark.filterwarnings("ignore")
def test_the_transformer_passes_scikit_learns_checks_that_apply_to_texts():
    """Checks on rows of numbers do not apply: the tags say that a row is a text."""
    results = check_estimator(GramTfidf(), on_fail=None, on_skip=None)
    assert results
    assert [result["check_name"] for result in results if result["status"] == "failed"] == []


def planted(texts: list[str]) -> np.ndarray:
    """An embedding that knows copper from feed."""
    return np.array([[1.0, 0.0] if "铜" in text else [0.0, 1.0] for text in texts])


@pytest.mark.parametrize("path", ["compiled", "reference"])
def test_an_embedding_named_in_the_settings_takes_part_in_the_score(path: str) -> None:
    demand = financing_need(id=1, text="铜线扩产")
    supplies = [loan_product(id=1, text="饲料贷"), loan_product(id=2, text="铜材贷")]
    chosen = MatchSettings(
        as_of=AS_OF, path=path, text_latent_share=1.0, text_embedding="tests.matchmaking.test_text:planted"
    )
    values = {
        pair.supply_id: next(part.value for part in pair.contributions if part.code == "text")
        for pair in ready(MARKETS["finance"], supplies, chosen).recommend([demand])
    }
    assert values == {1: pytest.approx(0.5, abs=1e-5), 2: pytest.approx(1.0, abs=1e-5)}
    assert values[2] <= 1


def test_a_setting_that_names_no_embedding_is_refused_by_name() -> None:
    chosen = MatchSettings(as_of=AS_OF, text_latent_share=0.5, text_embedding="nowhere:at_all")
    with pytest.raises(ValueError, match="nowhere:at_all"):
        ready(MARKETS["finance"], [loan_product()], chosen)
