// A list is put in order by dragging, or with the arrow keys; the numbers that the form sends follow.

const form = document.querySelector("[data-arrange]");
const list = form?.querySelector(".places");

function renumber() {
  [...list.children].forEach((line, at) => { line.querySelector("input").value = at + 1; });
}

function shift(line, step) {
  const other = step < 0 ? line.previousElementSibling : line.nextElementSibling;
  if (!other) return;
  if (step < 0) other.before(line);
  else other.after(line);
  renumber();
  line.querySelector(".handle").focus();
}

// Before the first line whose middle is below the finger.
function follow(line, y) {
  const next = [...list.children].find((other) => {
    if (other === line) return false;
    const box = other.getBoundingClientRect();
    return y < box.top + box.height / 2;
  });
  if (next) next.before(line);
  else list.append(line);
}

function take(line, handle, start) {
  start.preventDefault();
  handle.setPointerCapture(start.pointerId);
  line.classList.add("held");
  const move = (event) => {
    follow(line, event.clientY);
    if (event.clientY < 80) window.scrollBy(0, -12);
    else if (event.clientY > window.innerHeight - 80) window.scrollBy(0, 12);
  };
  const drop = () => {
    handle.removeEventListener("pointermove", move);
    line.classList.remove("held");
    renumber();
  };
  handle.addEventListener("pointermove", move);
  for (const end of ["pointerup", "pointercancel"]) handle.addEventListener(end, drop, { once: true });
}

if (list) {
  for (const line of list.children) {
    const handle = line.querySelector(".handle");
    if (!handle) continue;
    handle.hidden = false;
    handle.addEventListener("pointerdown", (event) => take(line, handle, event));
    handle.addEventListener("keydown", (event) => {
      const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (!step) return;
      event.preventDefault();
      shift(line, step);
    });
  }
  form.querySelector("[data-with-script]")?.removeAttribute("hidden");
  form.querySelector("[data-without-script]")?.setAttribute("hidden", "");
}
