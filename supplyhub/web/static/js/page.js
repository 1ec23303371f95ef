// What every page gets better by: countdowns with the server's clock, copying, and no double sending.

const MINUTE = 60, HOUR = 3600, DAY = 86400;

function words(element, seconds) {
  const parts = { d: Math.floor(seconds / DAY), h: Math.floor((seconds % DAY) / HOUR), m: Math.floor((seconds % HOUR) / MINUTE), s: seconds };
  const form = seconds >= DAY ? "days" : seconds >= HOUR ? "hours" : seconds >= MINUTE ? "minutes" : "seconds";
  const values = { ...parts, h: form === "hours" ? Math.floor(seconds / HOUR) : parts.h };
  return element.dataset[form].replace(/\{(\w)\}/g, (_, name) => values[name]);
}

for (const element of document.querySelectorAll("[data-countdown]")) {
  const until = Date.parse(element.dateTime);
  // The phone's clock may be wrong; the server's was right when it made the page.
  const ahead = Date.parse(element.dataset.now) - Date.now();
  const show = () => {
    const seconds = Math.floor((until - Date.now() - ahead) / 1000);
    if (seconds > 0) element.textContent = words(element, seconds);
    else if (seconds > -5) { clearInterval(timer); setTimeout(() => location.reload(), 1500); }
  };
  const timer = setInterval(show, 1000);
  if (until > Date.parse(element.dataset.now)) show(); else clearInterval(timer);
}

// The rooms of an actor scroll sideways on a phone; the one that one is in shall be in sight.
document.querySelector(".rooms [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without https there is no clipboard to write to; the old way needs a field.
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.classList.add("ready");
  button.addEventListener("click", async () => {
    const source = document.querySelector(button.dataset.copy);
    await copy(source.dataset.text ?? source.value ?? source.textContent);
    button.querySelector("[data-words]").textContent = button.dataset.done;
  });
}

for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "1";
    const button = event.submitter;
    if (!button?.dataset.busy) return;
    button.dataset.idle = button.textContent;
    button.textContent = button.dataset.busy;
    button.setAttribute("aria-busy", "true");
  });
}
// Back from the next page: the form may be sent again.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const button of document.querySelectorAll("[aria-busy]")) {
    button.textContent = button.dataset.idle;
    button.removeAttribute("aria-busy");
  }
});
