"""`bench report`: from stored results alone, without computing anything."""

from bench import bench, bench_process, make_images


def run(cwd, *arguments):
    make_images(cwd / "photos", 2)
    return bench("run", "--method", "tv", "--datasets", "folder:photos", *arguments, cwd=cwd)


def test_a_page_is_made_of_what_a_run_left_and_any_other_report_printed(tmp_path):
    run(tmp_path, "--save-images")
    made = bench("report", "--out", "page/report.html", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith("saved as page/report.html (0.")
    page = (tmp_path / "page" / "report.html").read_text(encoding="utf-8")
    assert page.count('<script type="text/plain" id="picture-') == 6  # two images, three of each

    printed = bench("report", "--format", "csv", "--methods", "tv", cwd=tmp_path)
    assert printed.stdout.splitlines()[1].startswith("tv,gaussian:25,known,folder:photos,2,")
    assert not (tmp_path / "report.html").exists()
    saved = bench("report", "--format", "csv", "--out", "table.csv", cwd=tmp_path)
    assert saved.stdout.startswith("saved as table.csv")
    assert (tmp_path / "table.csv").read_text() in printed.stdout


def test_a_run_whose_format_is_the_page_leaves_it_and_prints_none_of_it(tmp_path):
    done = run(tmp_path, "--format", "html")
    assert done.stdout == ""
    page = (tmp_path / "results" / "results.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "No pictures of these images were saved" in page


def test_bad_input_is_one_line(tmp_path):
    for arguments, reason in (
        ((), "there are no results under results; give the --out folder of a run"),
        (("--format", "pdf"), "unknown report 'pdf'"),
        (("--methods", "tv,"), "'tv,' has an empty item"),
    ):
        done = bench("report", *arguments, cwd=tmp_path)
        assert done.returncode == 2
        assert reason in done.stderr
        assert done.stderr.count("\n") == 1


def test_a_report_imports_no_torch(tmp_path):
    run(tmp_path)
    tell = "import atexit, sys; atexit.register(lambda: print('torch' in sys.modules)); "
    done = bench_process("report", cwd=tmp_path, before=tell)
    assert done.stdout.splitlines()[-1] == "False", done.stderr


def test_two_folders_of_one_run_are_equal_and_other_methods_are_named(tmp_path):
    run(tmp_path)
    run(tmp_path, "--out", "old")
    bench("run", "--method", "nlm", "--datasets", "folder:photos", cwd=tmp_path)
    made = bench("report", "--against", "old", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith("before: old\nafter:  results\n\n1 cell is equal")
    assert "  nlm: gaussian:25, parameters known, folder:photos, float-1" in made.stdout
    alone = bench("report", "--against", "old", "--methods", "tv", cwd=tmp_path)
    assert "nlm" not in alone.stdout
    saved = bench("report", "--against", "old", "--format", "csv", "--out", "c.csv", cwd=tmp_path)
    assert saved.stdout.startswith("saved as c.csv")
    assert (tmp_path / "c.csv").read_text().splitlines()[1].startswith("equal,tv,gaussian:25")


def test_a_bad_comparison_is_one_line(tmp_path):
    run(tmp_path)
    for arguments, reason in (
        (("--against", "old"), "there are no results under old; give the --out folder of a run"),
        (
            ("--against", "results", "--format", "html"),
            "--against has the formats table, csv, json",
        ),
        (("--against", "results", "--methods", "nlm"), "unknown method among the results"),
    ):
        done = bench("report", *arguments, cwd=tmp_path)
        assert done.returncode == 2
        assert reason in done.stderr
        assert done.stderr.count("\n") == 1
