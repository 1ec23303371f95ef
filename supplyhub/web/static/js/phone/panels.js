// What isn't the one big button: a problem, another sum, a part, the anchor household, a bag whose door is looked for. Each is
// a panel of its own, and ends in one entry: `enter(said, { money, photo })`, or at another of the `doors`.

import { find } from "./find.js";
import { fill, made, money, say } from "./parts.js";
import { shrunk } from "./record.js";

const PANELS = { problem, money: sum, part, anchor, find };

export const isPanel = (name) => name in PANELS;
export const panel = (name, stop, enter, doors) => PANELS[name](stop, enter, doors);

// `act` by the name in data-do.
function listen(part, acts) {
  const root = part.firstElementChild;
  root.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (button) acts[button.dataset.do]?.(button);
  });
  return part;
}

function problem(stop, enter) {
  const copy = made("problem", { door: stop.door });
  const [field, shown, said] = ["#photo", "[data-photo]", "[data-photo-said]"].map((one) => copy.querySelector(one));
  let photo = null;
  field.addEventListener("change", async () => {
    const [file] = field.files;
    photo = file ? await shrunk(file).catch(() => null) : null;
    shown.hidden = !photo;
    said.hidden = Boolean(photo);
    if (photo) shown.src = await pictured(photo);
  });
  return listen(copy, {
    failed: (button) => enter({ outcome: "failed", problem: button.dataset.problem }, { photo }),
  });
}

// As text, for pictures come from here or from text only.
function pictured(blob) {
  return new Promise((done) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.readAsDataURL(blob);
  });
}

// Reads 12.5, 12,50 and full-width figures; null when it is no sum.
function fenOf(text) {
  const plain = text.normalize("NFKC").replace(/[¥\s]/g, "").replace(",", ".");
  return /^\d{1,7}(\.\d{1,2})?$/.test(plain) ? Math.round(Number(plain) * 100) : null;
}

// The money of a form, or undefined when the form says what is wrong. Less than is owed is confirmed by typing it.
function moneyOf(form, owed) {
  const fen = fenOf(form.elements.amount.value);
  const wrong = fen === null ? say("not_a_sum") : fen > owed ? say("too_much", { owed: money(owed) }) : "";
  form.querySelector("#amount-error").textContent = wrong;
  form.elements.amount.toggleAttribute("aria-invalid", Boolean(wrong));
  if (wrong) form.elements.amount.setAttribute("aria-invalid", "true");
  if (wrong) return form.elements.amount.focus();
  return fen ? [{ way: form.elements.way.value, amount_fen: fen, less: fen < owed }] : [];
}

const owedWords = (fen) => say("owed_here", { sum: money(fen) });
const plain = (fen) => (fen / 100).toFixed(2);

function sum(stop, enter) {
  const copy = made("money", { door: stop.door, owed_words: owedWords(stop.collect_fen), amount: plain(stop.collect_fen) });
  const form = copy.querySelector("form");
  form.noValidate = true;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const taken = moneyOf(form, stop.collect_fen);
    if (taken) enter({ outcome: "delivered" }, { money: taken });
  });
  return listen(copy, { unpaid: () => enter({ outcome: "delivered" }) });
}

function part(stop, enter) {
  const kept = stop.lines.map(() => 0);
  const copy = made("part", { door: stop.door, collect: stop.collect_fen > 0, owed_words: owedWords(stop.collect_fen), amount: plain(stop.collect_fen) });
  const form = copy.querySelector("form"), go = copy.querySelector(".btn-main"), words = copy.querySelector("[data-part-words]");
  const none = words.textContent;
  form.noValidate = true;
  fill(copy, "lines", stop.lines.map(({ name, units }) => made("line", {
    name, ordered: say("ordered", { units }), less: say("one_less", { name }), more: say("one_more", { name }),
  })));
  const rows = [...copy.querySelectorAll("[data-list=lines] > li")];
  const owed = () => Math.max(0, stop.collect_fen - kept.reduce((fen, units, at) => fen + worth(stop.lines[at], units), 0));
  // All of it back is no part of it: that is a problem.
  const tooMuch = (at) => kept[at] >= stop.lines[at].units || kept.reduce((all, each) => all + each, 1) >= total(stop);
  function show() {
    rows.forEach((row, at) => {
      row.querySelector("output").textContent = kept[at];
      row.querySelector('[data-step="-1"]').disabled = kept[at] === 0;
      row.querySelector('[data-step="1"]').disabled = tooMuch(at);
    });
    const back = kept.reduce((all, each) => all + each, 0);
    go.disabled = back === 0;
    words.textContent = back ? say("keep_back", { num: back }) : none;
    if (!stop.collect_fen) return;
    form.elements.amount.value = plain(owed());
    form.querySelector("#amount-hint").textContent = owedWords(owed());
  }
  form.addEventListener("click", (event) => {
    const step = event.target.closest("[data-step]");
    if (!step) return;
    kept[rows.indexOf(step.closest("li"))] += Number(step.dataset.step);
    show();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const taken = stop.collect_fen ? moneyOf(form, owed()) : [];
    const why = form.elements.why.value;
    const back = stop.lines.map(({ item, substitute }, at) => ({ item, substitute, units: kept[at], problem: why })).filter((each) => each.units);
    if (taken) enter({ outcome: "delivered", kept_back: back }, { money: taken });
  });
  show();
  return copy;
}

const worth = ({ worth_fen: fen = 0, units }, kept) => Math.round((fen * kept) / units);
const total = (stop) => stop.lines.reduce((all, line) => all + line.units, 0);

function anchor(stop, enter) {
  const said = { outcome: "delivered", left_with: stop.anchor.id };
  const copy = made("anchor", {
    door: stop.door, words: say("anchor_gives", { anchor: stop.anchor.door, door: stop.door }), collect: stop.collect_fen > 0,
    left: say("anchor"), unpaid: say("anchor_unpaid"), paid: say("anchor_paid", { sum: money(stop.collect_fen) }),
  });
  return listen(copy, {
    anchor: () => enter(said),
    anchor_unpaid: () => enter(said),
    anchor_cash: () => enter(said, { money: [{ way: "cash", amount_fen: stop.collect_fen }] }),
  });
}
