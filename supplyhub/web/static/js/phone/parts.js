// Words and elements: both stand in the page, in the reader's language; here they are filled in.

const root = document.documentElement;
const words = new Map();
for (const each of document.getElementById("words").content.children) words.set(each.dataset.word, each);

// {sum} in the words is put in; what counts something has another form for one.
export function say(name, values = {}) {
  const found = words.get(name);
  const form = values.num === 1 && found.dataset.one ? found.dataset.one : found.textContent;
  return form.replace(/\{(\w+)\}/g, (_, key) => values[key]);
}

export const knows = (name) => words.has(name);
export const money = (fen) => "¥" + (fen / 100).toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
export const weight = (grams) => (grams < 1000 ? `${grams}\u00a0g` : `${Math.round(grams / 100) / 10}\u00a0kg`);
export const enumerated = (names) => names.join(root.lang.startsWith("zh") ? "、" : ", ");

// A numbered building as the reader says it: 58号楼, Building 58.
export function house(name) {
  const number = /^(\d+)号楼$/.exec(name);
  return number ? say("house", { num: number[1] }) : name;
}

const hours = new Intl.DateTimeFormat("en-GB", { timeZone: document.body.dataset.zone, hour: "2-digit", minute: "2-digit" });
export const clock = (moment) => hours.format(new Date(moment));

// A copy of a template: data-show stays where its value is so, data-text and data-value get theirs, data-to="href:name" an
// attribute. Values are text, never markup.
export function made(name, values = {}) {
  const part = document.getElementById(name).content.cloneNode(true);
  for (const place of part.querySelectorAll("[data-show]")) if (!shown(place.dataset.show, values)) place.remove();
  for (const place of part.querySelectorAll("[data-text]")) place.textContent = values[place.dataset.text];
  for (const place of part.querySelectorAll("[data-to]")) {
    for (const pair of place.dataset.to.split(" ")) {
      const [attribute, key] = pair.split(":");
      if (values[key] === undefined || values[key] === null || values[key] === false) continue;
      place.setAttribute(attribute, values[key]);
    }
  }
  return part;
}

function shown(name, values) {
  return name.startsWith("!") ? !values[name.slice(1)] : Boolean(values[name]);
}

// Several copies into the place that waits for them.
export function fill(part, place, copies) {
  const into = part.querySelector(`[data-list="${place}"]`);
  into?.replaceChildren(...copies);
}
