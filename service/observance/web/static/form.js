// Comfort alone: the page does all of this without a script too.
"use strict";
(() => {
  const form = () => document.querySelector("form.filled");
  let changed = false;
  addEventListener("beforeunload", (event) => {
    if (changed) event.preventDefault();
  });
  document.addEventListener("input", (event) => {
    if (!form() || !form().contains(event.target)) return;
    changed = true;
    if (event.target.matches("input.date")) drawSoon();
  });

  const answer = async (name) => {
    const sent = new FormData(form());
    sent.set("do", name);
    for (const file of ["original", "opened"]) sent.delete(file);
    const response = await fetch(form().action, { method: "POST", body: sent });
    return new DOMParser().parseFromString(await response.text(), "text/html");
  };

  document.addEventListener("submit", async (event) => {
    const button = event.submitter;
    const asked = button ? button.value : "";
    const files = [...form().querySelectorAll("input[type=file]")].some((input) => input.files.length);
    if (!/^(add|remove):/.test(asked) || files) {
      changed = /^(download|open)/.test(asked) && changed;
      return;
    }
    event.preventDefault();
    try {
      const page = await answer(asked);
      const next = page.querySelector("form.filled");
      const added = next.querySelector("[autofocus]");
      if (added) added.removeAttribute("autofocus");
      form().replaceWith(next);
      const focus = added || document.getElementById(`at-${asked.replace(/^[a-z]+:/, "").replace(/\/\d+$/, "")}`);
      const control = focus && (focus.matches("input, select, textarea") ? focus : focus.querySelector("input:not([type=hidden]), select, textarea, button"));
      if (control) control.focus();
      changed = true;
    } catch {
      form().requestSubmit(button);
    }
  });

  let waiting;
  const drawSoon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const old = document.querySelector("figure.gantt");
      if (!old) return;
      try {
        const drawn = (await answer("draw")).querySelector("figure.gantt");
        if (drawn) old.replaceWith(drawn);
      } catch {
        // The next check draws it.
      }
    }, 700);
  };
})();
