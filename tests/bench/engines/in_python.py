"""One engine, one register, in a process of its own: `in_python.py ENGINE SHAPES KNOWLEDGE REGISTER REPORT`.

Shapes and knowledge are read before the timing, if the interface of the engine permits. Timed are reading the register, validating it,
and serialising the report, which is then written to REPORT. Prints one line of JSON. Each function is named after its engine and returns
a function from the path of the register to the report.
"""

import json
import logging
import resource
import sys
import time
import warnings
from pathlib import Path


def observance(shapes, knowledge):
    """Our validator, for every target of the merged graph, as in the other engines."""
    import pyoxigraph as ox

    from oxishacl import Index, compile_shapes, report_quads

    compiled_shapes = compile_shapes(ox.parse(path=shapes))
    background = Index(ox.parse(path=knowledge))
    _ = background.by_object

    def run(register):
        results = compiled_shapes.validate(Index(ox.parse(path=register), background=background))
        return ox.serialize((quad.triple for quad in report_quads(results)), format=ox.RdfFormat.N_TRIPLES)

    return run


def pyshacl(shapes, knowledge):
    """PySHACL as in its documentation; the shapes graph is parsed once."""
    import pyshacl as engine
    from rdflib import Graph

    shapes_graph = Graph().parse(shapes)
    graph = Graph().parse(knowledge)

    def run(register):
        graph.parse(register)
        return engine.validate(graph, shacl_graph=shapes_graph, inplace=True)[1].serialize(format="nt").encode()

    return run


def pyshacl_turbo(shapes, knowledge):
    """pyshacl-turbo, which has the interface of pySHACL and parses the data itself."""
    import pyshacl_turbo as engine

    compiled = engine.compile_shapes(Path(shapes).read_text(encoding="utf-8"), shacl_graph_format="nt")
    knowledge_text = Path(knowledge).read_text(encoding="utf-8")

    def run(register):
        data = knowledge_text + Path(register).read_text(encoding="utf-8")
        report = compiled.validate(data, data_graph_format="nt")[1]
        return report if isinstance(report, bytes) else report.serialize(format="nt").encode()

    return run


def shacl(shapes, knowledge):
    """The bindings of a validator in Rust, which cannot keep data loaded: it parses knowledge and register together."""
    import shacl as engine

    compiled = engine.Shapes.from_text(Path(shapes).read_text(encoding="utf-8"), format="ntriples")
    knowledge_text = Path(knowledge).read_text(encoding="utf-8")

    def run(register):
        data = knowledge_text + Path(register).read_text(encoding="utf-8")
        return compiled.validate_text(data, format="ntriples").serialize("ntriples").encode()

    return run


def pyshifty(shapes, knowledge):
    """pyshifty, which cannot keep data loaded: it reads knowledge and register together."""
    import shifty as engine

    def run(register):
        report = engine.validate([knowledge, register], shapes, infer=False, graph_mode="data", sort_results=False)[1]
        return report.serialize(format="nt").encode()

    return run


def pyrudof(shapes, knowledge):
    """Pyrudof with shapes and knowledge loaded once; the register is merged into the data."""
    import pyrudof as engine

    rudof = engine.Rudof(engine.RudofConfig())
    rudof.read_shacl(shapes, engine.ShaclFormat.NTriples)
    rudof.read_data(knowledge, engine.RDFFormat.NTriples)

    def run(register):
        rudof.read_data(register, engine.RDFFormat.NTriples, merge=True)
        rudof.validate_shacl()
        return rudof.serialize_shacl_validation_results(engine.ResultShaclValidationFormat.NTriples).encode()

    return run


def main(name, shapes, knowledge, register, report):
    """Run the engine once and print its times and peak memory."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    started = time.perf_counter()
    run = globals()[name](shapes, knowledge)
    ready, processor_start = time.perf_counter(), time.process_time()
    report_bytes = run(register)
    ended = time.perf_counter()
    Path(report).write_bytes(report_bytes)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        json.dumps(
            {"ready": ready - started, "clock": ended - ready, "processor": time.process_time() - processor_start, "memory_mb": memory}
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
