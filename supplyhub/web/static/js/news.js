// A page that may be old soon asks for news now and then, not while its tab is hidden, and is read again when there is any.

const FIRST_MILLISECONDS = 4000;
const LATER_MILLISECONDS = 30000;
const place = document.querySelector("[data-news]");
let pause = FIRST_MILLISECONDS;
let timer = 0;

async function look() {
  try {
    const answer = await fetch(place.dataset.news, {
      headers: { "If-None-Match": `"${place.dataset.tag}"` }, cache: "no-store", redirect: "error", signal: AbortSignal.timeout(5000),
    });
    if (answer.status === 204) return location.reload();
  } catch {
    // Away for a moment: the next time will tell.
  }
  pause = Math.min(pause * 1.1, LATER_MILLISECONDS);
  wait();
}

function wait() {
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(look, pause);
}

if (place) {
  // Who looks at it again wants to know at once.
  document.addEventListener("visibilitychange", () => {
    pause = FIRST_MILLISECONDS;
    if (document.hidden) clearTimeout(timer);
    else look();
  });
  wait();
}
