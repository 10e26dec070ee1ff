"""The table for a paper and for a web page: same figures, same marks, nothing left unescaped."""

import re

import pytest
from a_result import results_of

from denoisebench_reports.tables.citations import citation_key
from denoisebench_reports.tables.latex import escaped as latex_escaped
from denoisebench_reports.tables.latex import render_latex, render_siunitx
from denoisebench_reports.tables.markdown import render_markdown

SEES = {
    "identity": "nothing",
    "noise2score:probe_end=0.1": "noisy",
    "blindspot": "noisy",
    "noise2noise": "noisy-pairs",
    "supervised": "clean",
}
MANY = ("a", "b", "c", "d", "e")


@pytest.fixture
def results(make_cell):
    """Rows of two data sets; the second best is tied with the best on Set12, not on Kodak."""

    def make(methods=tuple(SEES), parameters=("known",)):
        spreads = {"set12": (0.0, 3.0, -3.0, 0.0), "kodak": (0.0,) * 4}
        cells = [
            make_cell(
                [30.0 + i + n / 4 + (s if n % 2 else 0.0) for i, s in enumerate(spread)],
                method=method,
                evidence=SEES.get(method, "noisy"),
                dataset=dataset,
                parameters=p,
            )
            for p in parameters
            for dataset, spread in spreads.items()
            for n, method in enumerate(methods)
        ]
        reason = "100 % & #1 ~ ^2 $ {x} \\ <y> |"
        return results_of(cells, [("a_b", "gaussian:5 known", reason)])

    return make


KINDS = [
    {},
    {"parameters": ("known", "unknown")},
    {"methods": MANY},
    {"methods": MANY, "parameters": ("known", "unknown")},
    {"methods": ("blindspot",)},
]


def columns(line):
    """How many columns a row of a tabular fills, spans counted."""
    cells = re.split(r"(?<!\\)&", line)
    spans = [re.search(r"\\multicolumn\{(\d+)\}", cell) for cell in cells]
    return sum(int(span[1]) if span else 1 for span in spans)


@pytest.mark.parametrize("kind", KINDS)
def test_each_row_of_a_tabular_has_the_columns_of_its_head(results, kind):
    tabulars = re.findall(
        r"\\begin\{tabular\}\{([lr|]+)\}\n(.*?)\\end\{tabular\}",
        render_latex(results(**kind)),
        re.DOTALL,
    )
    assert len(tabulars) >= 2
    for head, body in tabulars:
        rows = [line for line in body.splitlines() if line.endswith(r"\\")]
        assert len(rows) > 1
        assert {columns(line) for line in rows} == {len(head.replace("|", ""))}
        rules = [line for line in body.splitlines() if line not in rows]
        assert all(re.fullmatch(r"(\\(top|mid|bottom|cmid)rule(\(lr\)\{\d+-\d+\})?)+", r)
                   for r in rules)  # fmt: skip
        ends = [int(n) for rule in rules for n in re.findall(r"-(\d+)\}", rule)]
        assert max(ends, default=0) <= len(head.replace("|", ""))


@pytest.mark.parametrize("kind", KINDS)
def test_latex_has_balanced_braces_and_environments_and_no_raw_character(results, kind):
    text = render_latex(results(**kind))
    depth = 0
    for brace in re.findall(r"(?<!\\)[{}]", text):
        depth += 1 if brace == "{" else -1
        assert depth >= 0
    assert depth == 0
    for name in ("table", "tabular"):
        assert text.count(f"\\begin{{{name}}}") == text.count(f"\\end{{{name}}}") > 0
    first, *rest = text.splitlines()
    assert first == r"% In the preamble: \usepackage{booktabs}"
    uncounted = (r"\begin{tabular}", "%")
    printed = "\n".join(line for line in rest if not line.startswith(uncounted))
    assert not re.search(r"(?<!\\)[_%#^~|<>]|[±×σ–…‖²]", printed)
    assert len(re.findall(r"(?<!\\)\$", printed)) % 2 == 0
    captions = "".join(line for line in rest if line.startswith(r"\caption"))
    assert not re.search(r"(?<!\\)&", captions)


def test_the_commands_that_latex_uses_are_of_latex_and_booktabs(results):
    used = set(re.findall(r"\\([a-zA-Z]+)", render_latex(results(parameters=("known", "unknown")))))
    latex = (
        "begin end caption centering small scriptsize setlength tabcolsep textbf underline texttt"
        " emph multicolumn pm dots textasciitilde textasciicircum textbackslash textless"
        " textgreater textbar times label cite"
    )
    assert used <= {*latex.split(), "usepackage", "toprule", "midrule", "bottomrule", "cmidrule"}


def test_latex_writes_out_what_it_would_read_as_a_command():
    assert latex_escaped(r"a_b 5% R&D #1 ~ x^2 $ {y} \ ±1 ≤ μ") == (
        r"a\_b 5\% R\&D \#1 \textasciitilde{} x\textasciicircum{}2 \$ \{y\} \textbackslash{}"
        r" $\pm$1 $\leq$ $\mu$"
    )


def test_the_best_is_bold_the_second_underlined_and_ties_are_marked_in_latex(results):
    text = render_latex(results())
    set12, kodak = (
        next(line for line in text.splitlines() if line.startswith(f"{name} &"))
        for name in ("set12", "kodak")
    )
    marked = [re.split(r" \{|\s*\\\\", cell.strip())[0] for cell in kodak.split("&")[2:]]
    assert marked == ["31.75", r"\underline{32.00}", r"\textbf{32.25}", "32.50"]
    marked = [re.split(r" \{|\s*\\\\", cell.strip())[0] for cell in set12.split("&")[2:]]
    tie = r"\textasciitilde{}"
    assert marked == ["31.75", rf"\underline{{32.00}}{tie}", r"\textbf{32.25}", "32.50"]


def test_supervised_methods_stand_behind_a_bar_and_each_evidence_under_a_rule_in_latex(results):
    text = render_latex(results())
    assert r"\begin{tabular}{lllll|l}" in text
    titles = next(line for line in text.splitlines() if "noisy-pairs" in line)
    assert titles == (
        r" &  & \multicolumn{2}{c}{noisy} & \multicolumn{1}{c}{noisy-pairs}"
        r" & \multicolumn{1}{c}{clean} \\"
    ).replace("&  &", r"& \multicolumn{1}{c}{} &")
    assert r"\cmidrule(lr){3-4}\cmidrule(lr){5-5}\cmidrule(lr){6-6}" in text


@pytest.mark.parametrize("kind", KINDS)
def test_each_row_of_a_markdown_table_has_as_many_cells_as_its_head(results, kind):
    tables = re.findall(r"(?:^\|.*\n?)+", render_markdown(results(**kind)), re.MULTILINE)
    assert len(tables) >= 2
    for table in tables:
        head, rule, *body = table.strip().splitlines()
        assert set(rule) <= set("| -")
        assert body
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in (head, rule, *body)}) == 1


def test_the_best_is_bold_the_second_underlined_and_ties_are_marked_in_markdown(results):
    text = render_markdown(results())
    row = next(line for line in text.splitlines() if line.startswith("| set12"))
    figures = [cell.split("±")[0].strip() for cell in row.split("|")[3:-1]]
    assert figures == ["31.75", r"<u>32.00</u>\~", "**32.25**", "‖", "32.50"]
    row = next(line for line in text.splitlines() if line.startswith("| kodak"))
    figures = [cell.split("±")[0].strip() for cell in row.split("|")[3:-1]]
    assert figures == ["31.75", "<u>32.00</u>", "**32.25**", "‖", "32.50"]
    assert r"| noise2score<br>:probe\_end=0.1<br>noisy | blindspot<br>noisy |" in text


def test_both_have_the_notes_the_trainings_and_the_published_figures(results):
    for text in (render_markdown(results()), render_latex(results())):
        assert "averaged first" in text
        assert "cbsd399" in text
        assert "not comparable: trained less" in text
        assert "Tables 1 and 2" not in text
        assert "Noise2Score (Kim" in text


def test_a_figure_below_the_published_one_has_a_minus_sign_in_latex(make_cell):
    text = render_latex(results_of([make_cell([29.5, 29.7], method="noise2score")]))
    assert " & $-$0.53 & " in text  # Table 2 has 30.13
    assert "-0.53" not in text


def test_each_float_has_a_label_a_short_caption_and_papers_have_keys(results):
    text = render_latex(results())
    labels = re.findall(r"\\label\{(.*?)\}", text)
    assert labels[:2] == ["tab:denoisebench-figures", "tab:denoisebench-training"]
    assert len(labels) == len(set(labels)) == text.count(r"\begin{table}")
    shorts = re.findall(r"\\caption\[\{(.*?)\}\]", text)
    assert len(shorts) == len(labels)
    assert all(len(short) < 100 for short in shorts)
    cited = set(re.findall(r"\\cite\{(.*?)\}", text))
    assert cited == set(re.findall(r"^% (\w+): .*\(.*\)", text, re.MULTILINE))
    assert cited


@pytest.mark.parametrize(
    ("source", "key"),
    [
        ("Noise2Score (Kim & Ye, NeurIPS 2021), Table 2", "kim2021noise2score"),
        ("Prompt-SID (Li et al., AAAI 2025), Tables 1 and 2", "li2025promptsid"),
        ("Laine et al. (NeurIPS 2019), official repository", "laine2019"),
        ("yu4u/noise2noise, a Keras version of Noise2Noise", ""),
        ("a user of Neighbor2Neighbor's code (TaoHuang2018/Neighbor2Neighbor, issue 16)", ""),
    ],
)
def test_a_key_is_of_author_year_and_method(source, key):
    assert citation_key(source) == key


def test_siunitx_changes_figures_and_nothing_else(results):
    plain, with_num = render_latex(results()), render_siunitx(results())
    assert r"\usepackage[detect-all]{siunitx}" in with_num
    assert r"\textbf{\num{32.25}}" in with_num
    back = re.sub(r"\\num\{(-?)([^}]*)\}", lambda n: ("$-$" if n[1] else "") + n[2], with_num)
    assert re.sub(r"% and, .*siunitx\}\n", "", back) == plain


def test_a_negative_difference_and_a_spec_in_siunitx(make_cell):
    cell = make_cell([29.5, 29.7], method="noise2score", noise="poisson:0.01")
    text = render_siunitx(results_of([cell]))
    assert "poisson:0.01" in text
    assert r"\num{0.01}" not in text
    worse = render_siunitx(results_of([make_cell([29.5, 29.7], method="noise2score")]))
    assert r"\num{-0.53}" in worse
