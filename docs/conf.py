"""Settings of the docs site: `make docs` builds it, from the same .md files that a code host shows.

The source folder is the whole checkout, so that links between pages are the same in both places.
"""

import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))
os.environ["COLUMNS"] = "80"  # help texts are wrapped the same on every terminal

import denoisebench  # noqa: E402

project = "denoisebench"
version = release = denoisebench.__version__
author = "the denoisebench authors"
project_copyright = "MIT licence"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_click", "denoisebench_site"]
root_doc = "docs/index"
include_patterns = [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "docs/*.md",
    "methods/*/README.md",
    "examples/plugin/README.md",
]
exclude_patterns = [".*", "build", "dist", "results", "tests", "docs/_*", "benchmark", "reports"]

default_role = "literal"
myst_heading_anchors = 4
myst_links_external_new_tab = False
autodoc_inherit_docstrings = False
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
add_module_names = False
toc_object_entries_show_parents = "hide"
highlight_language = "none"
smartquotes = False  # `--out` stays as it is typed

html_theme = "furo"
html_title = f"denoisebench {version}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {"navigation_with_keys": True}
