"""`--config FILE`: each setting is checked by its type, and no file loads a plugin unasked."""

from pathlib import Path

import pytest
from bench import bench

RUN = ("run", "--method", "identity", "--dry-run", "--config", "run.toml")


def dry_run(folder: Path, text: str, *arguments: str, verb: tuple[str, ...] = RUN) -> str:
    """What is said on stderr when a settings file is refused."""
    (folder / "run.toml").write_text(text)
    done = bench(*verb, *arguments, cwd=folder)
    assert done.returncode == 2, done.stdout
    assert done.stdout == ""
    return done.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("steps = inf", "steps must be a whole number, not inf"),
        ("steps = nan", "steps must be a whole number, not nan"),
        ("steps = 2.0", "steps must be a whole number, not 2.0"),
        ("steps = true", "steps must be a whole number, not true"),
        ("steps = '20'", "steps must be a whole number, not '20'"),
        ("steps = {}", "steps must be a whole number, not a table"),
        (f"steps = 0x{'f' * 30_000}", "steps must be a whole number, not one of more than 63 bits"),
        (f"steps = {'9' * 5_000}", "run.toml is not TOML: Exceeds the limit"),
        ("save-images = {a = 1}", "save-images must be true or false, not a table"),
        ("dry-run = 1", "dry-run must be true or false, not 1"),
        ("out = true", "out must be a text of one line, not true"),
        ("out = ['a', 'b']", "out must be a text of one line, not such a list"),
        ('out = "a\\u0000"', "out must be a text of one line, not 'a\\x00'"),
        ("noise = 1979-05-27", "noise must be a text of one line or a list of them, not 1979-05"),
        ("noise = ['gaussian:25', 5]", "noise must be a text of one line or a list of them, not"),
        ('noise = """\na"""', None),
        ('noise = "a\\nb"', "noise must be a text of one line or a list of them, not 'a\\nb'"),
        ("seeds = 1.5", "seeds must be a whole number or a list of them, not 1.5"),
        ("seeds = [0, [1]]", "seeds must be a whole number or a list of them, not such a list"),
        ("seeds = [9223372036854775808]", "seeds must be a whole number or a list of them, not"),
        ("seeds = -1", "--seeds: '-1' is not in 0..4294967295"),
        ("config = 'run.toml'", "unknown setting 'config'"),
        ("help = true", "unknown setting 'help'"),
        ("method.x = 1", "method must be a text of one line or a list of them, not a table"),
    ],
)
def test_a_value_of_another_type_is_refused_in_a_line(tmp_path, text, said):
    told = dry_run(tmp_path, text)
    assert told.startswith("bench: ")
    assert len(told.splitlines()) == 1
    assert (said or "unknown noise model 'a'") in told


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("steps = 0", "'0' is not in 1..1000000000"),
        ("batch = 65538", "'65538' is not in 2..65536"),
        ("crop = 99999", "'99999' is not in 32..8192"),
        ("budget = 'short'", "unknown budget 'short'"),
    ],
)
def test_a_value_out_of_range_is_refused_as_on_the_command_line(tmp_path, text, said):
    assert said in dry_run(tmp_path, text)


def test_settings_of_their_types_are_taken(tmp_path):
    (tmp_path / "run.toml").write_text(
        'noise = ["gaussian:10", "gaussian:20"]\nseeds = [3, 4]\ndry-run = true\nsteps = 7\n'
    )
    done = bench("run", "--method", "identity", "--config", "run.toml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "gaussian:10" in done.stdout
    assert "gaussian:20" in done.stdout
    assert "seed 4" in done.stdout


PLUGIN = "open('it_ran', 'w').close()\n"


@pytest.mark.parametrize("named", ['["mine.py"]', '"mine.py"'])
@pytest.mark.parametrize("verb", [RUN, ("rank", "--images", ".", "--config", "run.toml")])
def test_a_file_alone_loads_no_plugin(tmp_path, named, verb):
    (tmp_path / "mine.py").write_text(PLUGIN)
    for allowing in ("", "allow-config-plugins = true\n"):
        told = dry_run(tmp_path, f"{allowing}plugin = {named}\n", verb=verb)
        assert ("allow-config-plugins" in told) if allowing else "(mine.py): give" in told
        assert not (tmp_path / "it_ran").exists()


@pytest.mark.parametrize("named", ['["mine.py"]', '"mine.py"'])
def test_the_command_line_allows_the_plugins_of_a_file(tmp_path, named):
    (tmp_path / "mine.py").write_text(PLUGIN)
    (tmp_path / "run.toml").write_text(f"plugin = {named}\n")
    done = bench("run", "--allow-config-plugins", *RUN[1:], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "it_ran").exists()
