// A bag in the hand, and whose it is: its code is scanned or typed, and its door is shown.

import { made, say } from "./parts.js";

const codeOf = (text) => text.normalize("NFKC").toUpperCase().replace(/[^A-Z0-9]/g, "");

export function find(stop, _enter, doors) {
  const copy = made("find", { door: say("find_among", { num: doors.filter((each) => !each.outcome).length }) });
  const form = copy.querySelector("form"), said = copy.querySelector("[data-found]"), box = copy.querySelector("[data-camera]");
  let camera = null;

  function look(text) {
    const found = doors.find(({ parcel }) => parcel === codeOf(text));
    if (found && !found.outcome) {
      camera?.close();
      location.hash = `#stop-${found.id}`;
      return;
    }
    said.hidden = false;
    said.querySelector("[data-words]").textContent = found ? say("found_walked", { door: found.door }) : say("found_none", { code: codeOf(text).slice(0, 12) });
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    look(form.elements.parcel.value);
    form.elements.parcel.select();
  });
  offer(box, look).then((offered) => {
    camera = offered;
    if (box?.isConnected) camera?.open();
  });
  return copy;
}

// The camera's script is asked for only here.
async function offer(box, look) {
  if (!box) return null;
  const { offerCamera } = await import(document.body.dataset.camera);
  return offerCamera(box, look);
}
