// A full house: what was sent goes again by itself, later each time, and not in step with the others who wait.

const place = document.querySelector("[data-wait]");
const bar = place.querySelector("progress");
const KEY = `tries:${location.pathname}`;
const LONGEST = 30, MOST = 40, FORGET_MS = 120_000;

const before = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
const tries = before && Date.now() - before.at < FORGET_MS ? before.tries + 1 : 0;
sessionStorage.setItem(KEY, JSON.stringify({ tries, at: Date.now() }));

const seconds = Math.min(Number(place.dataset.wait) * (1 + tries / 3), LONGEST) * (1 + Math.random());

function again() {
  const form = place.querySelector("form");
  if (form) form.requestSubmit();
  else location.replace(place.dataset.again);
}

if (tries < MOST) {
  place.querySelector("[data-waiting]").hidden = false;
  place.querySelector("[data-idle]").hidden = true;
  const start = Date.now();
  const timer = setInterval(() => {
    const share = (Date.now() - start) / 1000 / seconds;
    bar.value = Math.min(share, 1);
    if (share < 1) return;
    clearInterval(timer);
    again();
  }, 100);
  // Sent by hand meanwhile: not once more by itself.
  addEventListener("submit", () => clearInterval(timer));
}
