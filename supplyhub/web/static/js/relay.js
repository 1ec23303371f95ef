// A pasted relay: what is too long is said before it is sent, and a button that works says so.

const fill = (words, values) => words.replace(/\{(\w+)\}/g, (_, name) => values[name]);

for (const form of document.querySelectorAll("[data-relay]")) {
  const text = form.querySelector("#text");
  const error = form.querySelector("#text-error");
  const longest = Number(form.dataset.longest ?? Infinity);

  // Counted as the server counts: signs, not their halves; nothing is cut off silently.
  const tooLong = () => {
    const length = text ? [...text.value.replace(/\r\n?/g, "\n")].length : 0;
    const words = length > longest ? fill(form.dataset.tooLong, { length: length.toLocaleString("en"), longest: longest.toLocaleString("en") }) : "";
    if (text && (words || error.dataset.mine)) {
      error.textContent = words;
      error.dataset.mine = "1";
      text.toggleAttribute("aria-invalid", Boolean(words));
      if (words) text.setAttribute("aria-invalid", "true");
    }
    return Boolean(words);
  };
  text?.addEventListener("input", tooLong);

  form.addEventListener("submit", (event) => {
    if (tooLong() || form.dataset.sending) {
      event.preventDefault();
      return;
    }
    form.dataset.sending = "1";
    const button = event.submitter;
    const words = button?.querySelector("[data-words]");
    if (words && button.dataset.busy) {
      button.dataset.words = words.textContent;
      words.textContent = button.dataset.busy;
      button.setAttribute("aria-busy", "true");
    }
  });
  // Back from the next page: the form may be sent again.
  addEventListener("pageshow", () => {
    delete form.dataset.sending;
    for (const button of document.querySelectorAll("[aria-busy]")) {
      button.removeAttribute("aria-busy");
      button.querySelector("[data-words]").textContent = button.dataset.words;
    }
  });
}
