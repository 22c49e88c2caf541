"""Progress compared between Members without ranking anyone: counts of implementation levels, as a sheet, JSON or an RDF Data Cube.

Everything is imported on first use, because sheets need Jinja.
"""

from typing import TYPE_CHECKING

from observance.core.lazy import lazy_exports

if TYPE_CHECKING:
    from observance.benchmarking.comparison import GROUPINGS, Benchmark, build_benchmark
    from observance.benchmarking.comparison_sheet import benchmark_to_json, build_comparison_sheet
    from observance.benchmarking.data_cube import cube_turtle

__all__ = ["GROUPINGS", "Benchmark", "benchmark_to_json", "build_benchmark", "build_comparison_sheet", "cube_turtle"]

__getattr__, __dir__ = lazy_exports(__name__, {
    "GROUPINGS": "comparison", "Benchmark": "comparison", "build_benchmark": "comparison",
    "benchmark_to_json": "comparison_sheet", "build_comparison_sheet": "comparison_sheet",
    "cube_turtle": "data_cube",
})  # fmt: skip
