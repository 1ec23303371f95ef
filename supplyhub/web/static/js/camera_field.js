// A field that the camera fills: the code is read, the form goes. Where one code comes after the other (data-again), the camera
// is open again on the page that answers.

import { offerCamera } from "./camera.js";

const before = JSON.parse(sessionStorage.getItem("camera") ?? "{}");
sessionStorage.removeItem("camera");

// What stands behind the # of a code is what is asked for; its address is of no interest.
function tail(text) {
  const found = text.slice(text.lastIndexOf("#") + 1);
  try {
    return decodeURIComponent(found);
  } catch {
    return found;
  }
}

for (const box of document.querySelectorAll("[data-camera]")) {
  const field = document.getElementById(box.dataset.camera), goesOn = "again" in box.dataset;
  // The label that was just read is still held before it.
  const held = before.field === field.id ? before.text : null;
  const camera = await offerCamera(box, (text) => {
    if (text === held) return;
    camera.close();
    if (goesOn) sessionStorage.setItem("camera", JSON.stringify({ field: field.id, text }));
    field.value = tail(text);
    field.form.requestSubmit(field.form.querySelector("button:not([type=button])"));
  });
  // Unless the page asks for something else first: money, a weight.
  if (held && (document.querySelector("[autofocus]") ?? field) === field) camera?.open();
}
