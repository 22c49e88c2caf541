// Comfort for a list that the server can filter too: what does not hold the words typed is hidden as one types.
(() => {
  const fold = (text) => text.toLowerCase().replaceAll("’", "'").normalize("NFKD").replace(/\p{M}/gu, "");
  for (const field of document.querySelectorAll("input[data-filters]")) {
    const list = document.getElementById(field.dataset.filters);
    if (!list) continue;
    const sections = [...list.querySelectorAll("section")].map((section) => ({
      section,
      items: [...section.querySelectorAll("li")].map((item) => ({
        item,
        text: fold(`${item.textContent} ${section.querySelector("h2").textContent}`),
      })),
    }));
    field.addEventListener("input", () => {
      const words = fold(field.value).split(/\s+/).filter(Boolean);
      for (const { section, items } of sections) {
        for (const { item, text } of items) item.hidden = !words.every((word) => text.includes(word));
        section.hidden = items.every(({ item }) => item.hidden);
      }
    });
  }
})();
