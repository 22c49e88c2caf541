"""One engine, one register, in a process of its own: `in_python.py ENGINE SHAPES KNOWLEDGE REGISTER REPORT`.

Shapes and knowledge are read before the clock starts, where the engine's interface lets one. Timed: reading the register, validating,
and a report in RDF, which is written to REPORT. Prints one line of JSON.
"""

import json
import logging
import resource
import sys
import time
import warnings
from pathlib import Path


def observance(shapes, knowledge):
    """Ours, every target of the joined graph looked at, as the others do."""
    import pyoxigraph as ox

    from oxishacl import Index, report_quads
    from oxishacl import compile_shapes as compiled

    checked = compiled(ox.parse(path=shapes))
    background = Index(ox.parse(path=knowledge))
    _ = background.by_object

    def run(register):
        results = checked.validate(Index(ox.parse(path=register), background=background))
        return ox.serialize((quad.triple for quad in report_quads(results)), format=ox.RdfFormat.N_TRIPLES)

    return run


def pyshacl(shapes, knowledge):
    """As its documentation shows it; the shapes graph is made once."""
    import pyshacl as engine
    from rdflib import Graph

    shapes_graph = Graph().parse(shapes)
    graph = Graph().parse(knowledge)

    def run(register):
        graph.parse(register)
        return engine.validate(graph, shacl_graph=shapes_graph, inplace=True)[1].serialize(format="nt").encode()

    return run


def pyshacl_turbo(shapes, knowledge):
    """Its interface is pySHACL's; it reads the files itself."""
    import pyshacl_turbo as engine

    compiled = engine.compile_shapes(Path(shapes).read_text(encoding="utf-8"), shacl_graph_format="nt")
    before = Path(knowledge).read_text(encoding="utf-8")

    def run(register):
        data = before + Path(register).read_text(encoding="utf-8")
        report = compiled.validate(data, data_graph_format="nt")[1]
        return report if isinstance(report, bytes) else report.serialize(format="nt").encode()

    return run


def pyshifty(shapes, knowledge):
    """It has no way to keep data loaded: knowledge and register are handed over together, as files."""
    import shifty as engine

    def run(register):
        report = engine.validate([knowledge, register], shapes, infer=False, graph_mode="data", sort_results=False)[1]
        return report.serialize(format="nt").encode()

    return run


def pyrudof(shapes, knowledge):
    """Shapes and knowledge are loaded once; the register is merged to them."""
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
    """Run one engine once."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    started = time.perf_counter()
    run = globals()[name](shapes, knowledge)
    ready, used = time.perf_counter(), time.process_time()
    written = run(register)
    ended = time.perf_counter()
    Path(report).write_bytes(written)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"ready": ready - started, "clock": ended - ready, "processor": time.process_time() - used, "memory_mb": memory}))


if __name__ == "__main__":
    main(*sys.argv[1:])
