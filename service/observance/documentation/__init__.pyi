from .build import build_documentation as build_documentation
from .guide_pages import Guide as Guide
from .guide_pages import list_guides as list_guides
from .guide_pages import render_guide as render_guide
