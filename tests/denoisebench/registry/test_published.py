"""Published figures of plugins: read, checked, and in their order."""

import math

import pytest

from denoisebench.errors import UserError
from denoisebench.registry.loader import load

PLUGIN = """
from pathlib import Path
from denoisebench.plugin import PublishedTable, hookimpl

@hookimpl
def register_published():
    return [PublishedTable("aaa", Path(__file__).with_name("figures.csv"))]
"""
SOURCE = "# source: a paper, Table 1\n"
HEADER = "noise,parameters,dataset,method,psnr_db,flag\n"
ROW = "gaussian:25,known,set12,median,25.47,\n"


@pytest.fixture
def plugin(tmp_path):
    """Writes a plugin with a table; gives its path."""

    def write(table):
        (tmp_path / "figures.csv").write_text(table, encoding="utf-8")
        (tmp_path / "plugin.py").write_text(PLUGIN)
        return str(tmp_path / "plugin.py")

    return write


def test_the_figures_of_a_plugin_come_behind_the_suites(plugin):
    table = "# training: median known: 12.5 Mpx\n# odd: why\n" + SOURCE + HEADER + ROW
    table += "poisson-peak:20..50,unknown,folder:x,median,20,odd\n"
    found = load([plugin(table)]).published_figures
    assert next(iter(found)) == "noise2score_table2"
    assert list(found)[-1] == "aaa"
    sound, doubtful = found["aaa"]
    assert (sound.psnr_db, sound.megapixels, sound.source) == (25.47, 12.5, "a paper, Table 1")
    assert (doubtful.noise, doubtful.doubt) == ("poisson:0.02..0.05", "why")
    assert math.isnan(doubtful.megapixels)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (HEADER + ROW, "does not say which paper it is of: `# source: PAPER`"),
        (SOURCE, "line 1: the columns must be noise,parameters,dataset,method,psnr_db,flag"),
        (SOURCE + ROW, "line 2: the columns must be noise,parameters,dataset,method,psnr_db,flag"),
        (SOURCE + HEADER + "\ngaussian:25,known\n", "line 4: it has 2 fields, not 6"),
        (SOURCE + HEADER + ROW.replace("known", "oracle"), "line 3: parameters 'oracle': give kno"),
        (SOURCE + HEADER + ROW.replace("25.47", "nan"), "line 3: psnr_db 'nan' is no PSNR in dB"),
        (SOURCE + HEADER + ROW.replace("25.47", "x"), "line 3: psnr_db 'x' is no PSNR in dB"),
        (SOURCE + HEADER + ROW.strip() + "odd\n", "line 3: no line says what the flag means: `# "),
        (SOURCE + HEADER + ROW + ROW, "line 4: gaussian:25, known, set12, median is there twice"),
        (
            SOURCE + HEADER + ROW + ROW.replace(":25", ":25.0"),
            "figures.csv: gaussian:25, known, set12, median is there twice",
        ),
        (SOURCE + HEADER + ROW.replace("set12", "set-12"), "line 3: unknown data set 'set-12'; di"),
        (
            SOURCE + HEADER + ROW.replace(":25", ":x"),
            "line 3: noise 'gaussian:x': 'x' is not a num",
        ),
        (SOURCE + "# protocol: flat-1\n" + HEADER + ROW, "line 2: flat-1 is no label of a protoc"),
        (SOURCE + "# training: median: long\n" + HEADER + ROW, "line 2: write `# training: METHOD"),
        (SOURCE + "# training: median: \n" + HEADER + ROW, "line 2: write `# training: METHOD: 3"),
        (SOURCE + "# training: mean: 1 Mpx\n" + HEADER + ROW, "has a training of mean and no fig"),
    ],
)
def test_a_table_that_is_not_as_it_should_be_is_refused_when_its_plugin_loads(plugin, table, said):
    with pytest.raises(UserError) as wrong:
        load([plugin(table)])
    assert said in str(wrong.value)
    assert "plugin.py' does not load: " in str(wrong.value)


def test_a_table_that_is_not_there_is_named(plugin, tmp_path):
    path = plugin("")
    (tmp_path / "figures.csv").unlink()
    with pytest.raises(UserError, match=r"figures\.csv cannot be read: .*No such file"):
        load([path])
