from .comparison import GROUPINGS as GROUPINGS
from .comparison import Benchmark as Benchmark
from .comparison import build_benchmark as build_benchmark
from .comparison_sheet import benchmark_to_json as benchmark_to_json
from .comparison_sheet import build_comparison_sheet as build_comparison_sheet
from .data_cube import cube_turtle as cube_turtle
