// Work that goes on while a page is open: the part that changes is asked for until it is done.

const EVERY_MILLISECONDS = 1500;
const place = document.querySelector("[data-watch]");
let tag = place?.dataset.tag;

async function look() {
  try {
    const answer = await fetch(place.dataset.watch, {
      headers: { "If-None-Match": `"${tag}"` }, cache: "no-store", redirect: "error", signal: AbortSignal.timeout(5000),
    });
    if (answer.ok) {
      const focused = document.activeElement?.closest("[data-watch] a")?.getAttribute("href");
      place.innerHTML = await answer.text();
      tag = answer.headers.get("ETag").replace(/^W\/|"/g, "");
      if (focused) place.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
    }
  } catch {
    // Away for a moment: the next time will tell.
  }
  wait();
}

function wait() {
  if (place?.querySelector("[data-goes-on]")) setTimeout(look, EVERY_MILLISECONDS);
}

wait();
