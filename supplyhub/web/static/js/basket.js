// The menu without a round trip a tap: steppers count here, the form carries the same fields as without script.

const form = document.querySelector("[data-basket]");
const dock = document.querySelector("[data-dock]");
const rows = [...form.querySelectorAll(".items > .row")];
const money = (fen) => "¥" + (fen / 100).toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const field = (row) => row.querySelector("input[type=hidden]");
const units = (row) => Number(field(row)?.value ?? 0);
let touched = false;

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
  const counts = dock.querySelector("[data-counts]");
  counts.textContent = counts.dataset.words.replace("{kinds}", chosen.length).replace("{units}", pieces);
  dock.querySelector("[data-total]").textContent = money(total);
  const go = dock.querySelector("[data-go]");
  const changed = rows.some((row) => units(row) !== Number(row.dataset.ordered));
  go.textContent = go.dataset[pieces === 0 ? "empty" : changed ? "changed" : "same"];
  go.disabled = pieces === 0 && !("placed" in form.dataset);
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
  // The button that was pressed may be gone now; the finger and the keyboard stay in this row.
  if (button.offsetParent === null || button.disabled) {
    row.querySelector(".stepper:not([hidden]) button:not([disabled]), [data-first]:not([hidden])")?.focus();
  }
});

for (const chip of document.querySelectorAll("[data-kinds] .chip")) {
  chip.addEventListener("click", (event) => {
    event.preventDefault();
    document.querySelector("[data-kinds] [aria-current]")?.removeAttribute("aria-current");
    chip.setAttribute("aria-current", "true");
    for (const row of rows) row.hidden = chip.dataset.kind !== "" && row.dataset.kind !== chip.dataset.kind;
  });
}

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
