// A page that waits for news looks again by itself: quietly where it says what to ask, else as a whole.

const SECONDS = 4;
const { lookAgain, then } = document.querySelector("[data-look-again]").dataset;

async function look() {
  try {
    // What answers with another page has news; that page is opened, not read here.
    const answer = await fetch(lookAgain, { redirect: "manual" });
    if (answer.type === "opaqueredirect") location.replace(then);
  } catch {
    // No network for a moment: look again later.
  }
}

if (then) setInterval(look, SECONDS * 1000);
else setTimeout(() => location.reload(), SECONDS * 1000);
