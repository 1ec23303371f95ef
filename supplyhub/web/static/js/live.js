// Counts that go on while a page is open: asked for every few seconds, not while the tab is hidden. And a tap on a
// telephone opens the answers of that household.

const EVERY_MILLISECONDS = 5000;
const source = document.querySelector("[data-live]");
const figure = (number) => number.toLocaleString("en");
let timer = 0;

function show(counts) {
  for (const place of document.querySelectorAll("[data-count]")) place.textContent = figure(counts[place.dataset.count]);
  const all = counts.ordered + counts.declined + counts.silent;
  for (const part of document.querySelectorAll("[data-share]")) {
    part.style.setProperty("--share", all ? (100 * counts[part.dataset.share]) / all : 0);
    part.parentElement.ariaLabel = part.parentElement.dataset.words.replace(/\{(\w+)\}/g, (_, name) => figure(counts[name]));
  }
  for (const again of document.querySelectorAll("[data-look-again]")) {
    again.hidden = counts[again.dataset.lookAgain] === Number(again.dataset.shown);
  }
}

async function look() {
  try {
    const answer = await fetch(source.dataset.live, { redirect: "error" });
    if (answer.ok) show(await answer.json());
  } catch {
    // Away for a moment: the next time will tell.
  }
  wait();
}

function wait() {
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(look, EVERY_MILLISECONDS);
}

if (source) {
  for (const again of document.querySelectorAll("[data-look-again]")) {
    again.hidden = true;
    again.querySelector("[data-was]").hidden = true;
    again.querySelector("[data-changed]").hidden = false;
  }
  document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : look()));
  wait();
}

document.addEventListener("click", (event) => {
  const answers = event.target.closest(".call a[href^='tel:']")?.closest(".call").querySelector("details");
  if (answers) answers.open = true;
});
