// The menu without a round trip a tap: steppers count here, the search and the kinds hide rows here. The form carries the
// same fields as without script.

const form = document.querySelector("[data-basket]");
const dock = document.querySelector("[data-dock]");
const said = document.querySelector("[data-said]");
const rows = [...form.querySelectorAll(".items > .row")];
const money = (fen) => "¥" + (fen / 100).toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const field = (row) => row.querySelector("input[type=hidden]");
const units = (row) => Number(field(row)?.value ?? row.dataset.ordered);
const fill = (words, values) => words.replace(/\{(\w+)\}/g, (_, name) => values[name]);
let touched = false;

// A screen reader hears where one ended up, not every step on the way there.
let saying;
function say(words) {
  clearTimeout(saying);
  saying = setTimeout(() => { said.textContent = words; }, 900);
}

function show(row) {
  const slot = row.querySelector("[data-stepper]");
  const count = units(row);
  const [stepper, first] = [slot.querySelector(".stepper"), slot.querySelector("[data-first]")];
  stepper.hidden = count === 0;
  first.hidden = count > 0;
  stepper.querySelector("output").textContent = count;
  stepper.querySelector("[name=more]").disabled = count >= Number(slot.dataset.most);
}

function sum() {
  const chosen = rows.filter((row) => units(row) > 0);
  const total = chosen.reduce((fen, row) => fen + units(row) * Number(row.dataset.price), 0);
  const pieces = chosen.reduce((count, row) => count + units(row), 0);
  const line = dock.querySelector("[data-counts]");
  const counts = pieces ? fill(said.dataset.sum, { kinds: chosen.length, units: pieces }) : line.dataset.none;
  line.textContent = counts;
  dock.querySelector("[data-total]").textContent = money(total);
  const go = dock.querySelector("[data-go]");
  const changed = "differs" in form.dataset || rows.some((row) => units(row) !== Number(row.dataset.ordered));
  go.textContent = go.dataset[pieces === 0 ? "empty" : changed ? "changed" : "same"];
  go.disabled = pieces === 0 && !("placed" in form.dataset);
  say(`${counts} ${money(total)}`);
}

form.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=more], button[name=less]");
  if (!button) return;
  event.preventDefault();
  const row = button.closest(".row");
  const most = Number(row.querySelector("[data-stepper]").dataset.most);
  const step = button.name === "more" ? 1 : -1;
  field(row).value = Math.max(0, step > 0 ? Math.min(units(row) + 1, Math.max(most, units(row))) : units(row) - 1);
  touched = true;
  show(row);
  sum();
  // The button that was pressed may be gone now; the finger and the keyboard stay in this row, if they can on its like.
  if (button.offsetParent === null || button.disabled) {
    const left = [...row.querySelectorAll("button")].filter((each) => each.offsetParent !== null && !each.disabled);
    (left.find((each) => each.name === button.name) ?? left[0])?.focus();
  }
});

// Finding: by kind, or by what is typed; the same rule as pages/search.py.
const search = document.querySelector("[data-search]");
const typed = search.querySelector("input");
const none = document.querySelector("[data-none]");
const chips = [...document.querySelectorAll("[data-kinds] .chip")];
const words = (text) => text.normalize("NFKC").toLowerCase().match(/[a-z0-9]+|[\p{L}\p{N}]/gu) ?? [];
const names = new Map(rows.map((row) => [row, row.dataset.find.split("|").map(words)]));
const isIn = (wanted, name) => name.map((word) => word[0]).join("").includes(wanted)
  || name.some((_, place) => name.slice(place).join("").startsWith(wanted));

function narrow(kind, text) {
  const wanted = words(text).join("");
  for (const row of rows) {
    row.hidden = wanted ? !names.get(row).some((name) => isIn(wanted, name)) : kind !== "" && row.dataset.kind !== kind;
  }
  for (const chip of chips) {
    if (chip.dataset.kind === (wanted ? "" : kind)) chip.setAttribute("aria-current", "true");
    else chip.removeAttribute("aria-current");
  }
  form.elements.kind.value = kind;
  form.elements.find.value = text;
  none.hidden = rows.some((row) => !row.hidden);
  if (wanted) say(fill(said.dataset.found, { count: rows.filter((row) => !row.hidden).length }));
}

function all(kind) {
  typed.value = "";
  narrow(kind, "");
}

search.classList.add("ready");
search.addEventListener("submit", (event) => {
  event.preventDefault();
  typed.blur();
});
typed.addEventListener("input", () => narrow("", typed.value));
for (const chip of chips) {
  chip.addEventListener("click", (event) => {
    event.preventDefault();
    all(chip.dataset.kind);
  });
}
none.querySelector("[data-all]").addEventListener("click", (event) => {
  event.preventDefault();
  all("");
  typed.focus();
});

// Leaving the page keeps the basket in this tab, together with what the server had shown: once the server shows
// something else, it knows better. (Sending it in passing would race with the next page for the session's cookie.)
const draft = `basket:${form.dataset.basket}`;
const fields = () => JSON.stringify(rows.map((row) => [row.id, units(row)]));
const served = fields();

function restore() {
  const kept = JSON.parse(sessionStorage.getItem(draft) ?? "null");
  sessionStorage.removeItem(draft);
  if (kept?.served !== served) return;
  for (const [id, count] of kept.lines) {
    const row = rows.find((each) => each.id === id);
    if (!row || !field(row)) continue;
    field(row).value = Math.min(count, Math.max(Number(row.querySelector("[data-stepper]").dataset.most), units(row)));
    show(row);
  }
  touched = true;
  sum();
}

restore();
form.addEventListener("submit", () => { touched = false; });
addEventListener("pagehide", () => {
  if (touched) sessionStorage.setItem(draft, JSON.stringify({ served, lines: JSON.parse(fields()) }));
});
