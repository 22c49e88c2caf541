"""A pytest plugin for pySHACL's own tests: `pyshacl.validate` is oxishacl's function of that name.

Errors become those that the tests expect. What pySHACL's function does for its tests only, the comparison with an expected report
(`check_dash_result`), is done here with its code. The file that PYSHACL_SWAP_OUTCOMES names receives a line for each test: its name, what
came out of it, and whether it called the function.
"""

import os
from pathlib import Path

import pyshacl
import pyshacl.entrypoints
import pytest
from pyshacl.errors import ReportableRuntimeError, ValidationFailure
from pyshacl.rdfutil import load_from_source
from pyshacl.validator_conformance import check_dash_result

import oxishacl

OUTCOMES = "PYSHACL_SWAP_OUTCOMES"
ILL_FORMED = ("sparql-prefix", "sparql-syntax")
"""The errors about a query that cannot be parsed; all others of their class are failures in the sense of SHACL 1.0, 3.4.1."""

calls: list[str] = []
"""One entry for each call of the function during the test that runs."""


def validate(data_graph, *_, check_dash_result=False, **options):
    """Oxishacl's answer; with `check_dash_result`, whether its report is the expected one."""
    calls.append("called")
    try:
        answer = oxishacl.validate(data_graph, **options)
    except oxishacl.OxishaclError as error:
        if isinstance(error, oxishacl.errors.ForbiddenError) and error.code not in ILL_FORMED:
            return False, ValidationFailure(str(error)), str(error)
        raise ReportableRuntimeError(str(error)) from error
    return _checked(answer, options.get("shacl_graph") or data_graph) if check_dash_result else answer


def _checked(answer, expected):
    _, graph, text = answer
    return check_dash_result(None, graph, load_from_source(expected, multigraph=True, do_owl_imports=False)), graph, text


def pytest_make_parametrize_id(config, val):
    """The name of a parameter that is a path or its IRI: relative, so that the name is the same on every machine."""
    folder = config.rootpath
    return val.replace(f"{folder.as_uri()}/", "").replace(f"{folder}/", "") if isinstance(val, str) else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    """Begin each test without calls."""
    calls.clear()
    del item
    return (yield)


def pytest_runtest_logreport(report):
    """Write the outcome of a test: that of its call, or of its preparation if that failed or was skipped."""
    file = os.environ.get(OUTCOMES)
    if file and (report.when == "call" or (report.when == "setup" and not report.passed)):
        with Path(file).open("a", encoding="utf-8") as lines:
            lines.write(f"{report.nodeid}\t{report.outcome}\t{'called' if calls else 'not called'}\n")


pyshacl.validate = pyshacl.entrypoints.validate = validate
