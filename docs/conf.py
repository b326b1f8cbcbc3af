"""The site: `pip install -e '.[docs]' && sphinx-build -W docs build/docs`; nothing is fetched.

Pages that follow from the code (definitions, theorems, the command line, public names) and the notebooks are written
by `pages.py` into `made/`. Mathematics becomes MathML, which browsers show without any script.
"""

import pathlib
import re
import sys
from typing import Any

import latex2mathml.converter
from docutils import nodes

import neverseen

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import accessible
import docstrings
import pages

project, author, copyright = "neverseen", "The neverseen authors", "The neverseen authors, Apache-2.0"
release = version = neverseen.__version__
language = "en"
extensions = ["sphinx.ext.autodoc", "sphinx.ext.napoleon", "myst_nb"]
exclude_patterns = ["build"]
html_theme = "furo"
html_title = f"neverseen {release}"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_math_renderer = "mathml"
html_copy_source = html_show_sphinx = False
pygments_style, pygments_dark_style = "a11y-high-contrast-light", "a11y-high-contrast-dark"
default_role = "literal"
# A sidebar of every name on every page takes minutes.
toc_object_entries = False
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
python_display_short_literal_types = True
python_maximum_signature_line_length = 90
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
myst_dmath_double_inline = True
nb_execution_mode = "off"
nb_render_markdown_format = "myst"
suppress_warnings = ["ref.python", "mystnb.unknown_mime_type"]


def _mathml(self: Any, node: nodes.math | nodes.math_block) -> None:
    block = isinstance(node, nodes.math_block)
    made = latex2mathml.converter.convert(node.astext(), display="block" if block else "inline")
    # ⧵, which it takes for \\setminus, is in few fonts; ∖ is in most.
    made = re.sub("&#x029F5;|&#x29F5;|\u29f5", "&#x2216;", made)
    self.body.append(f"<div class='math' tabindex='0'>{made}</div>" if block else made)
    raise nodes.SkipNode


def setup(app: Any) -> None:
    sys.setrecursionlimit(10_000)
    app.add_html_math_renderer("mathml", (_mathml, None), (_mathml, None))
    app.connect("builder-inited", pages.write_pages)
    # Before napoleon, whose sections would be split by what a display formula becomes.
    app.connect("autodoc-process-docstring", docstrings.mathematics, priority=100)
    app.connect("build-finished", accessible.mend_pages)
