from vocabulary.stuffing import MOST_CHARACTERS, MOST_PRODUCTS, counted, is_stuffed

NINE = "、".join(f"产品{n}" for n in range(9))
WORDS = [f"词{n}" for n in range(30)]


def test_the_first_eight_products_count_and_each_once():
    assert counted(f"铜线，铜线、{NINE}") == ("、".join(["铜线", *(f"产品{n}" for n in range(MOST_PRODUCTS - 1))]),)
    assert counted(None, None, "铜") == ("", "铜", "")


def test_a_long_text_counts_by_its_beginning():
    assert counted("铜线", "一" * 1_000) == ("一" * MOST_CHARACTERS, "铜线")


def test_of_a_list_of_words_the_first_thing_of_each_field_counts():
    for separator in ("、", "，", "。", "\n"):
        assert counted("铜线、铜杆", "供应铜线，质量好", separator.join(WORDS)) == ("供应铜线", "词0", "铜线")
    assert counted("、".join(WORDS), "供应铜线，质量好") == ("供应铜线", "词0")


def test_who_names_too_much_is_pointed_out_and_who_describes_is_not():
    described = "生产裸铜线、镀锡铜线，年产一万吨，供应市内电缆厂。"
    assert counted("裸铜线", described) == (described, "裸铜线")
    assert not is_stuffed("裸铜线、镀锡铜线", described, None)
    assert is_stuffed(NINE)
    assert is_stuffed("裸铜线、铜杆、裸铜线")
    assert is_stuffed("裸铜线", "、".join(WORDS))
