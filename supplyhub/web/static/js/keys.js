// Counting with the keyboard or a scanner: Enter goes to the next count, from the last one to the button.

const form = document.querySelector("[data-keys]");
const stops = [...form.querySelectorAll("input[name=note], input[name^=count_]")];

form.addEventListener("keydown", (event) => {
  const at = stops.indexOf(event.target);
  if (event.key !== "Enter" || at < 0) return;
  event.preventDefault();
  const next = stops[at + 1];
  if (next) { next.focus(); next.select(); } else document.querySelector("button[name=receive]").focus();
});
