// A phone's photo has five megabytes; what shows a crushed box has a tenth. The server takes it without this, if it is small.

const LONGEST_SIDE = 1600;

async function shrink(field) {
  const [file] = field.files;
  if (!file) return;
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  const small = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
  if (!small || small.size >= file.size) return;
  const files = new DataTransfer();
  files.items.add(new File([small], "photo.jpg", { type: "image/jpeg" }));
  field.files = files.files;
}

// What the browser can't open is sent as it is; the server says what is wrong with it.
for (const field of document.querySelectorAll("input[data-shrink]")) field.addEventListener("change", () => shrink(field).catch(() => {}));
