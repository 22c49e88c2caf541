"""Every kind of submission by keyboard only and without JavaScript: a form filled in as its example is ready."""

from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from browsing import chromium, enter, follow, home, reader
from conftest import ROOT
from observance.submissions import SEVERITIES, SubmissionReport

__all__ = ["chromium", "home"]

pytestmark = pytest.mark.whole

EXAMPLES = sorted(file for file in (ROOT / "shapes" / "examples").glob("*.ttl") if not file.name.startswith("register-"))
READY = {"fr": "Prêt à être envoyé", "en": "Ready to be sent"}
# A form has a control for each value of each row, and a list has an option for each party.
MOST_STEPS = 1500
CONTROLS = """() => [...document.querySelector("form.filled").elements].filter((e) => e.name && e.type !== "file").map(
    (e) => ({name: e.name, type: e.type, value: e.value, checked: !!e.checked, index: e.selectedIndex ?? -1}))"""
FOCUSED = """() => { const e = document.activeElement; return {closed: e.tagName === "SUMMARY" && !e.parentElement.open,
    name: e.name || "", type: e.type || "", value: e.value || "",
    checked: !!e.checked, inside: !!e.closest("form.filled"), index: e.selectedIndex ?? -1,
    options: e.type === "select-one" ? [...e.options].map((o) => o.value) : []}; }"""
TEXTS = ("text", "textarea", "url", "email", "number", "search")
PARTY = "obs:onBehalfOf/0"
KEPT = ("csrf", "account", "draft", "do")


def lang_of(file: Path) -> str:
    """The language in which the form of an example is tried: half of them in each."""
    return ("fr", "en")[EXAMPLES.index(file) % 2]


def is_meant(control: dict[str, Any], goal: dict[str, list[dict[str, Any]]]) -> bool:
    """Whether a control says what it says in the form of the example."""
    meant = [
        one for one in goal.get(control["name"], ()) if control["type"] not in ("radio", "checkbox") or one["value"] == control["value"]
    ]
    if not meant:
        return True
    return control["checked"] == meant[0]["checked"] if control["type"] in ("radio", "checkbox") else control["value"] == meant[0]["value"]


def write(page, control: dict[str, Any], meant: dict[str, Any]) -> None:
    """Make the control that has the focus say what is meant, by its keys."""
    if control["type"] in TEXTS:
        page.keyboard.press("Control+A")
        page.keyboard.type(meant["value"]) if meant["value"] else page.keyboard.press("Delete")
    elif control["type"] == "select-one":
        steps = control["options"].index(meant["value"]) - control["index"]
        for _ in range(abs(steps)):
            page.keyboard.press("ArrowDown" if steps > 0 else "ArrowUp")
    elif control["type"] == "checkbox":
        page.keyboard.press("Space")
    else:
        # The arrow keys of a group of radio buttons go on to the next and choose it.
        page.keyboard.press("Space")
        for _ in range(12):
            if page.evaluate(FOCUSED)["value"] == meant["value"]:
                return
            page.keyboard.press("ArrowDown")


def wanted_names(goal: dict[str, list[dict[str, Any]]]) -> set[str]:
    """The names of the controls in which the form of the example says something."""
    said_by = {"radio": "checked", "checkbox": "checked"}
    return {name for name, ones in goal.items() if any(one["type"] != "hidden" and one[said_by.get(one["type"], "value")] for one in ones)}


def add_what_is_missing(page, names: set[str]) -> None:
    """Press the buttons that add rows and values until each of the names has a control."""
    for _ in range(40):
        there = {one["name"] for one in page.evaluate(CONTROLS)}
        missing = sorted(names - there)
        if not missing:
            return
        buttons = [one["value"] for one in page.evaluate(CONTROLS) if one["value"].startswith("add:")]
        fitting = [button for button in buttons if any(name.startswith(button.removeprefix("add:") + "/") for name in missing)]
        assert fitting, missing
        wanted = max(fitting, key=len)
        for _ in range(MOST_STEPS):
            page.keyboard.press("Tab")
            if page.evaluate(FOCUSED)["value"] == wanted:
                break
        else:
            pytest.fail(f"no way by keyboard to {wanted}")
        enter(page)
    pytest.fail(f"still missing: {missing}")


def fill(page, goal: dict[str, list[dict[str, Any]]], *, party: dict[str, Any]) -> None:
    """Go through the form with Tab, to the button that checks it once every control says what is meant."""
    for _ in range(MOST_STEPS):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        is_check = focused["inside"] and focused["type"] == "submit" and focused["value"] == "check"
        if is_check and all(is_meant(one, goal) for one in page.evaluate(CONTROLS) if one["type"] not in ("hidden", "submit")):
            return
        if focused["closed"] and focused["inside"]:
            page.keyboard.press("Enter")
        elif focused["type"] == "radio":
            checked = [one for one in goal.get(focused["name"], ()) if one["checked"]]
            if checked and not (focused["checked"] and focused["value"] == checked[0]["value"]):
                write(page, focused, checked[0])
        elif focused["inside"] and focused["name"] in goal and not is_meant(focused, goal):
            same = [one for one in goal[focused["name"]] if focused["type"] != "checkbox" or one["value"] == focused["value"]]
            if focused["options"] and same[0]["value"] not in focused["options"]:
                # What the document of the example describes itself, as an administration, is no choice of an empty form.
                chosen = {one["value"] for ones in goal.values() for one in ones} - {party["value"]}
                offered = next(one for one in (party["value"], *focused["options"][1:]) if one in focused["options"] and one not in chosen)
                same = goal[focused["name"]] = [{**party, "value": offered}]
            write(page, focused, same[0])
    other = [one for one in page.evaluate(CONTROLS) if one["type"] not in ("hidden", "submit") and not is_meant(one, goal)]
    pytest.fail(f"no way by keyboard to: {[(one, goal[one['name']]) for one in other][:2]}")


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_filled_in_by_keyboard(chromium, home, kb, tmp_path: Path, file: Path):
    """The form of each kind, filled in as its example by keyboard, is ready, and its file lacks what the example lacks."""
    lang = lang_of(file)
    with reader(chromium, home, lang) as open_page:
        example = open_page()
        example.goto("/file/3")
        example.locator("input[name=opened]").set_input_files(file)
        with example.expect_navigation():
            example.locator("button[value=open]").click()
        goal: dict[str, list[dict[str, Any]]] = {}
        for one in example.evaluate(CONTROLS):
            if one["name"] not in KEPT:
                goal.setdefault(one["name"], []).append(one)
        page = open_page()
        page.goto(example.locator("form.filled").get_attribute("action").partition("?")[0])
        add_what_is_missing(page, wanted_names(goal))
        fill(page, goal, party=goal[PARTY][0])
        enter(page)
        filled = {one["name"]: one["value"] for one in page.evaluate(CONTROLS) if one["type"] in TEXTS or one["type"] == "select-one"}
        other = [
            (name, filled.get(name), ones[0]["value"]) for name, ones in goal.items() if name in filled and filled[name] != ones[0]["value"]
        ]
        assert page.locator("#summary").inner_text().startswith(READY[lang]), (other, page.locator(".summary").inner_text())
        for _ in range(MOST_STEPS):
            page.keyboard.press("Tab")
            if page.evaluate(FOCUSED)["value"] == "download:turtle":
                break
        with page.expect_download() as download:
            page.keyboard.press("Enter")
        download.value.save_as(tmp_path / "made.ttl")
    made = kb.submissions.validate(tmp_path / "made.ttl")
    assert made.processable
    assert lacking(made) == lacking(kb.submissions.validate(file))


def lacking(report: SubmissionReport) -> set[str]:
    """What a submission lacks; good practice is not compared, since a row is for one standard in a form."""
    return {finding.shape for finding in report.findings if finding.severity != SEVERITIES[-1]}


@pytest.mark.parametrize("number", range(2))
def test_accessible(chromium, home, number: int):
    """Axe finds nothing on any form, empty and with its findings; half of the forms are in each language."""
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    with reader(chromium, home, ("fr", "en")[number], is_scripted=True, has_policy=False) as open_page:
        page = open_page()
        page.goto("/file")
        paths = sorted({a.get_attribute("href").partition("?")[0] for a in page.locator('main a[href^="/file/"]').all()})
        assert len(paths) > 12
        found = []
        for path in paths[number::2]:
            page.goto(path)
            for _ in range(2):
                page.evaluate(axe)
                result = page.evaluate("axe.run()")
                assert result["passes"]
                found += [(path, each["id"], each["nodes"][0]["html"]) for each in result["violations"]]
                follow(page, page.locator("button[value=check]").last)
                page.wait_for_selector("#summary")
        assert found == []
