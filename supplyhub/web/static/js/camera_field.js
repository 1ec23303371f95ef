// A field that the camera fills: the code is read, the form goes.

import { offerCamera } from "./camera.js";

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
  const field = document.getElementById(box.dataset.camera);
  const camera = await offerCamera(box, (text) => {
    camera.close();
    field.value = tail(text);
    field.form.requestSubmit();
  });
}
