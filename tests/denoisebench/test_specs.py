"""The grammar of specs: what parses, to which canonical text, and what is refused."""

from dataclasses import dataclass
from typing import Annotated, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from denoisebench.errors import UserError
from denoisebench.specs import (
    LARGEST_WHOLE,
    Between,
    Spec,
    build_config,
    config_spec,
    number,
    number_text,
    parse_spec,
    refuse_unknown_words,
    split_list,
    whole_number,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingSettings:
    """One field of each type that a config may have."""

    steps: int = 10
    rate: float = 0.001
    loss: str = "l2"
    flip: bool = True
    edges: Literal["repeat", "zero"] = "repeat"
    weight: Annotated[float, Between(0.1, 1e6)] = 1.0

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise ValueError(f"steps: {self.steps} is below 1")


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("noise2score", Spec("noise2score")),
        ("gaussian:25", Spec("gaussian", ("25",))),
        ("gaussian:5..50", Spec("gaussian", ("5..50",))),
        ("heteroscedastic:40:10", Spec("heteroscedastic", ("40", "10"))),
        ("pairs:a:b:crop=7", Spec("pairs", ("a", "b"), (("crop", "7"),))),
        ("m:probe=paired", Spec("m", (), (("probe", "paired"),))),
        ("m:path=a=b", Spec("m", (), (("path", "a=b"),))),
    ],
)
def test_a_spec_is_a_name_then_values_then_options(text, spec):
    assert parse_spec(text) == spec
    assert str(spec) == text


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("m:b=2:a=1", "m:a=1:b=2"),
        (" m : 3 : a=1 ", "m:3:a=1"),
        ("m", "m"),
    ],
)
def test_a_spec_has_one_canonical_text(text, canonical):
    assert str(parse_spec(text)) == canonical
    assert parse_spec(canonical) == parse_spec(text)


words = st.text("abcxyz019._-/", min_size=1, max_size=6)
specs = st.builds(
    lambda name, values, options: Spec(name, tuple(values), tuple(sorted(options.items()))),
    words,
    st.lists(words, max_size=3),
    st.dictionaries(words, words, max_size=3),
)


@settings(deadline=None, derandomize=True)
@given(specs)
def test_the_canonical_text_parses_to_the_same_spec(spec):
    assert parse_spec(str(spec)) == spec


@pytest.mark.parametrize("text", ["", "  ", ":", ":25", "gaussian:", "gaussian::25", "a=1", "=1:b"])
def test_an_empty_part_is_refused_with_the_grammar(text):
    with pytest.raises(UserError, match=r"is not a spec; write name\[:value...\]") as caught:
        parse_spec(text)
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize("text", ["m:a=1:a=2", "m:a=1:a=1", "m:=1", "m:a="])
def test_a_doubled_key_and_half_an_option_are_refused(text):
    part = text.rsplit(":", 1)[1]
    with pytest.raises(UserError, match=f"'{part}' is not a new key=value"):
        parse_spec(text)


def test_a_value_behind_an_option_is_refused():
    with pytest.raises(UserError, match="'25' follows a key=value"):
        parse_spec("gaussian:a=1:25")


def test_a_comma_separates_specs_and_keeps_their_order():
    assert split_list("set12") == ["set12"]
    assert split_list("kodak, cbsd68 ,gaussian:25:a=1") == ["kodak", "cbsd68", "gaussian:25:a=1"]


@pytest.mark.parametrize("text", ["", ",", "a,,b", "a,", ",a", "a, ,b"])
def test_a_list_with_an_empty_item_is_refused(text):
    with pytest.raises(UserError, match="has an empty item; write a,b,c"):
        split_list(text)


def test_a_list_that_names_an_item_twice_is_refused():
    with pytest.raises(UserError, match="'kodak' twice"):
        split_list("kodak,set12, kodak")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (25.0, "25"),
        (25, "25"),
        (0.01, "0.01"),
        (1e-5, "1e-05"),
        (0.1 + 0.2, "0.3"),
        (1e7, "10000000"),
    ],
)
def test_a_number_has_one_text(value, text):
    assert number_text(value) == text


def test_options_become_fields_of_their_types():
    spec = parse_spec("m:steps=3:rate=1e-2:loss=l1:flip=False")
    config = build_config(TrainingSettings, spec)
    assert config == TrainingSettings(steps=3, rate=0.01, loss="l1", flip=False)
    assert build_config(TrainingSettings, parse_spec("m")) == TrainingSettings()


def test_only_what_differs_from_the_defaults_is_in_the_canonical_spec():
    assert str(config_spec("m", TrainingSettings())) == "m"
    assert str(config_spec("m", TrainingSettings(rate=0.001, loss="l1"))) == "m:loss=l1"
    assert str(build_config(TrainingSettings, parse_spec("m:steps=10:rate=0.0010")).rate) == "0.001"


@settings(deadline=None, derandomize=True)
@given(
    st.builds(
        TrainingSettings,
        steps=st.integers(1, 10**9),
        rate=st.integers(1, 10**9).map(lambda n: n / 1e6),
        loss=words,
        flip=st.booleans(),
    )
)
def test_a_config_survives_the_way_to_text_and_back(config):
    assert build_config(TrainingSettings, parse_spec(str(config_spec("m", config)))) == config


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("m:steps=many", r"m\.steps: 'many' is not a whole number"),
        ("m:steps=2.5", r"m\.steps: '2\.5' is not a whole number"),
        ("m:rate=fast", r"m\.rate: 'fast' is not a number"),
        ("m:flip=maybe", r"m\.flip: 'maybe' is not true or false"),
        ("m:steps=0", r"m\.steps: 0 is below 1"),
        ("m:stepz=3", r"unknown setting of m 'stepz'; did you mean 'steps'\?"),
        (
            "m:zzzzzz=3",
            r"unknown setting of m 'zzzzzz'; known: edges, flip, loss, rate, steps, weight",
        ),
        ("m:25", r"m:25: '25' is not key=value"),
    ],
)
def test_a_bad_setting_is_refused_by_its_dotted_name(text, message):
    with pytest.raises(UserError, match=message) as caught:
        build_config(TrainingSettings, parse_spec(text))
    assert "\n" not in str(caught.value)


def test_a_word_that_is_none_of_a_fields_is_refused_with_those_that_are():
    assert build_config(TrainingSettings, parse_spec("m:edges=zero")) == TrainingSettings(
        edges="zero"
    )
    with pytest.raises(UserError, match=r"^m\.edges: 'none' is none of repeat, zero$"):
        build_config(TrainingSettings, parse_spec("m:edges=none"))


def test_a_config_made_in_python_can_refuse_unknown_words_itself():
    refuse_unknown_words(TrainingSettings())
    with pytest.raises(ValueError, match=r"^edges: 'none' is none of repeat, zero$"):
        refuse_unknown_words(TrainingSettings(edges="none"))


@pytest.mark.parametrize("text", ["0", "-7", "007", "9223372036854775807", "-9223372036854775807"])
def test_a_whole_number_is_of_decimal_digits(text):
    assert whole_number(text) == int(text)
    assert whole_number(text, greatest=LARGEST_WHOLE) == int(text)


@pytest.mark.parametrize(
    "text",
    ["", " 1", "+1", "1_0", "1.0", "1e3", "0x10", "\u0662", "\uff12", "\u00b2", "nan", "1\n"],
)
def test_any_other_text_is_no_whole_number(text):
    with pytest.raises(ValueError, match="is not a whole number"):
        whole_number(text)


@pytest.mark.parametrize("text", ["9223372036854775808", "9" * 5_000, "-9223372036854775808"])
def test_a_whole_number_is_no_larger_than_the_largest_seed(text):
    with pytest.raises(ValueError, match=r"is not in -9223372036854775807\.\.9223372036854775807$"):
        whole_number(text)
    with pytest.raises(ValueError, match=r"is not in 1\.\.5$"):
        whole_number(text, 1, 5)


@pytest.mark.parametrize("text", ["25", "25.", ".5", "-1e-5", "+3", "1E+2", "1e-400"])
def test_a_number_is_of_decimal_digits(text):
    assert number(text) == float(text)


def test_minus_zero_is_zero():
    assert str(number("-0")) == "0.0"


@pytest.mark.parametrize(
    "text",
    ["", "1_0", " 1", "0x1", "nan", "inf", "-inf", "infinity", "1e400", "\u0662", "1e", ".", "1\n"],
)
def test_any_other_text_is_no_number(text):
    with pytest.raises(ValueError, match="is not a number"):
        number(text)


def test_a_number_beyond_its_bounds_is_refused_with_them():
    assert build_config(TrainingSettings, parse_spec("m:weight=0.1")).weight == 0.1
    for text in ("0.0999", "1e-320", "1e7", "-1"):
        with pytest.raises(UserError, match=rf"^m\.weight: '{text}' is not in 0\.1\.\.1000000$"):
            build_config(TrainingSettings, parse_spec(f"m:weight={text}"))


def test_a_refusal_shows_little_of_a_long_text():
    with pytest.raises(UserError, match=r"^m\.steps: '9{40}\.{3}9{17}' is not in -9"):
        build_config(TrainingSettings, parse_spec(f"m:steps={'9' * 5_000}"))
