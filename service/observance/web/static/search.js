// Comfort alone: suggestions below the search field while one types; without this script the form leads to the page of results.
"use strict";
(() => {
  const input = document.getElementById("search-words");
  if (!input) return;
  const form = input.form;
  const list = document.createElement("ul");
  const status = document.createElement("p");
  Object.assign(list, { id: "search-suggestions", className: "search-suggestions", hidden: true });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.dataset.suggestions);
  status.className = "unseen";
  status.setAttribute("role", "status");
  form.append(list, status);
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-expanded", "false");

  let active = -1;
  let asked = 0;
  let timer = 0;
  const options = () => [...list.children];
  const show = (isShown) => {
    list.hidden = !isShown;
    input.setAttribute("aria-expanded", String(isShown));
    if (!isShown) activate(-1);
  };
  const activate = (number) => {
    active = number;
    options().forEach((option, at) => option.setAttribute("aria-selected", String(at === number)));
    if (number < 0) {
      input.removeAttribute("aria-activedescendant");
    } else {
      input.setAttribute("aria-activedescendant", options()[number].id);
      options()[number].scrollIntoView({ block: "nearest" });
    }
  };
  const go = (option) => {
    show(false);
    location.assign(option.dataset.address);
  };

  const option = (hit, number) => {
    const item = document.createElement("li");
    const label = document.createElement("span");
    const kind = document.createElement("span");
    item.id = `search-suggestion-${number}`;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    item.dataset.address = hit.address;
    label.textContent = hit.label;
    if (hit.labelLanguage) label.lang = hit.labelLanguage;
    kind.className = "detail";
    kind.textContent = hit.code ? `${hit.kindLabel} · ${hit.code}` : hit.kindLabel;
    item.append(label, " ", kind);
    return item;
  };

  const suggest = async () => {
    const words = input.value.trim();
    const number = (asked += 1);
    if (words.length < 2) {
      list.replaceChildren();
      status.textContent = "";
      show(false);
      return;
    }
    const parameters = new URLSearchParams({ q: words, format: "json", limit: "8", lang: document.documentElement.lang });
    try {
      const response = await fetch(`${form.action.split("?")[0]}?${parameters}`);
      if (!response.ok || number !== asked) return;
      const found = await response.json();
      if (number !== asked || document.activeElement !== input) return;
      const isOfPage = new URLSearchParams(location.search).has("lang");
      const hits = found.hits.map((hit) => {
        const address = new URL(hit.address, location.href);
        if (!isOfPage) address.searchParams.delete("lang");
        return { ...hit, address: address.href };
      });
      list.replaceChildren(...hits.map(option));
      status.textContent = found.summary;
      active = -1;
      input.removeAttribute("aria-activedescendant");
      show(hits.length > 0);
    } catch {
      show(false);
    }
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(suggest, 150);
  });
  input.addEventListener("keydown", (event) => {
    const count = options().length;
    if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      show(false);
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && count) {
      event.preventDefault();
      if (list.hidden) show(true);
      const step = event.key === "ArrowDown" ? 1 : -1;
      activate(active < 0 ? (step > 0 ? 0 : count - 1) : (active + step + count) % count);
    } else if (event.key === "Enter" && active >= 0 && !list.hidden) {
      event.preventDefault();
      go(options()[active]);
    }
  });
  // Not on click: the field would lose the focus first, and the list would be gone.
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const chosen = event.target.closest("[role=option]");
    if (chosen) go(chosen);
  });
  input.addEventListener("blur", () => show(false));
})();
