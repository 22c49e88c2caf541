// Comfort alone: line numbers beside the document, and a way from a finding to its place in it.
"use strict";
(() => {
  const area = document.getElementById("document");
  const lines = document.querySelectorAll(".lines > li");
  if (!area || !lines.length) return;

  area.wrap = "off";
  const gutter = document.createElement("div");
  gutter.className = "gutter";
  gutter.setAttribute("aria-hidden", "true");
  const editor = document.createElement("div");
  editor.className = "editor";
  area.before(editor);
  editor.append(gutter, area);
  const marks = new Map([...lines].map((line, index) => [index + 1, line.className]));
  const number = () => {
    const count = area.value.split("\n").length;
    gutter.replaceChildren(
      ...Array.from({ length: count }, (_, index) => {
        const row = document.createElement("span");
        row.textContent = index + 1;
        row.className = marks.get(index + 1) || "";
        return row;
      })
    );
    gutter.scrollTop = area.scrollTop;
  };
  number();
  // Marks belong to the text that was checked: below a line that is added or removed they would stand beside another.
  let count = area.value.split("\n").length;
  area.addEventListener("input", () => {
    const now = area.value.split("\n").length;
    if (now !== count) {
      marks.clear();
      count = now;
      number();
    }
  });
  area.addEventListener("scroll", () => {
    gutter.scrollTop = area.scrollTop;
  });

  const offset = (place) => {
    const [line, column] = place.split(":").map(Number);
    const before = area.value.split("\n").slice(0, line - 1);
    return before.reduce((sum, text) => sum + text.length + 1, 0) + column - 1;
  };
  for (const link of document.querySelectorAll("a.to-line")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      area.focus();
      area.setSelectionRange(offset(link.dataset.from), offset(link.dataset.to));
      const height = parseFloat(getComputedStyle(area).lineHeight);
      area.scrollTop = Math.max(0, (Number(link.dataset.from.split(":")[0]) - 4) * height);
      area.scrollIntoView({ block: "nearest" });
    });
  }
})();
