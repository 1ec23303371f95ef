// Counting with a scanner or the keyboard: a code and Enter goes to that product's count; Enter there goes back to the
// scanner, or on to the next count; from the last one to the button. With something counted, Enter in the empty scanner's
// field goes to the button, too.

const form = document.querySelector("[data-keys]");
const stops = () => [...form.querySelectorAll("input[name=note], input[name=scan], input[name^=count_], [data-stop]")];
const scan = form.querySelector("input[name=scan]");
let scanned = false;

function find(code) {
  const wanted = code.trim().normalize("NFKC").toLowerCase();
  if (!wanted) return null;
  const goods = [...form.querySelectorAll("[data-codes]")].find((each) => each.dataset.codes.toLowerCase().split(" ").includes(wanted));
  const counts = goods ? [...goods.querySelectorAll("input[name^=count_]")] : [];
  return counts.find((count) => !count.value) ?? counts.at(-1) ?? null;
}

function go(to) {
  to.focus();
  to.select?.();
}

form.addEventListener("keydown", (event) => {
  const field = event.target;
  if (event.key !== "Enter" || !(field instanceof HTMLInputElement) || field.type === "submit") return;
  // Whoever scans on without leaving a count has typed a barcode into it.
  const typed = field.value.trim();
  if (typed && (field === scan || (scan && /^[0-9]{6,}$/.test(typed)))) {
    const found = find(typed);
    // Nothing has this code: the server says so, with everything kept.
    if (!found && field === scan) return;
    if (found) {
      event.preventDefault();
      field.value = "";
      scanned = true;
      go(found);
      return;
    }
  }
  const all = stops(), at = all.indexOf(field);
  if (at < 0) return;
  event.preventDefault();
  const done = field === scan && all.some((each) => each.name.startsWith("count_") && each.value);
  const next = done ? null : all[at + 1];
  if (scanned && scan && field.name.startsWith("count_")) { scanned = false; go(scan); }
  else if (next) go(next);
  else document.querySelector("button[name=receive], button[name=accept]").focus();
});
