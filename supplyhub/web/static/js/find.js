// A long list in folds gets shorter while one types; without script the same form asks the server.

const box = document.querySelector("[data-finder] input[type=search]");
const lines = [...document.querySelectorAll("[data-names]")];
const folds = [...document.querySelectorAll("details[data-fold]")];
const none = document.querySelector("[data-none]");
const stood = new Map(folds.map((fold) => [fold, fold.open]));
const plain = (text) => text.normalize("NFKC").toLowerCase().replace(/\s+/g, " ").trim();
const initials = (name) => (name.match(/[a-z0-9]+/g) ?? []).map((word) => word[0]).join("");
let before = "";

// The whole of what is typed somewhere in a name or a code, or the initials of its words: bc finds bai cai.
const isIn = (wanted, name) => name.includes(wanted) || name.replaceAll(" ", "").includes(wanted) || initials(name) === wanted;

function narrow() {
  const wanted = plain(box.value);
  for (const line of lines) line.hidden = wanted !== "" && !plain(line.dataset.names).split("|").some((name) => isIn(wanted, name));
  for (const fold of folds) {
    if (wanted && !before) stood.set(fold, fold.open);
    fold.hidden = !fold.querySelector("[data-names]:not([hidden])");
    fold.open = wanted ? true : stood.get(fold);
  }
  if (none) none.hidden = lines.some((line) => !line.hidden);
  before = wanted;
}

// What the server looked through, or has more pages of, is the server's to look through again.
if (box && lines.length && !box.defaultValue && box.closest("[data-finder]").dataset.finder === "whole") {
  box.closest("[data-finder]").classList.add("ready");
  box.addEventListener("input", narrow);
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    box.blur();
  });
}
