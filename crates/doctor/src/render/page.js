"use strict";
// Shows the findings of the chosen severities that contain the text of the filter.
const tiles = [...document.querySelectorAll(".tile")];
const filter = document.getElementById("filter");
const show = () => {
  const chosen = tiles.filter((tile) => tile.ariaPressed === "true");
  const kinds = chosen.map((tile) => tile.dataset.kind);
  const words = filter.value.toLowerCase();
  for (const article of document.querySelectorAll("article")) {
    const isOfKind = kinds.length === 0 || kinds.includes(article.dataset.kind);
    article.hidden = !isOfKind || !article.textContent.toLowerCase().includes(words);
  }
};
for (const tile of tiles) {
  tile.addEventListener("click", () => {
    tile.ariaPressed = String(tile.ariaPressed !== "true");
    show();
  });
}
filter.addEventListener("input", show);
