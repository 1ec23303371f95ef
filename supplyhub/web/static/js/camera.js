// QR codes read by this device's camera: offered where there is https, a camera, and what reads them (set-up fetches it into
// static/vendor). Elsewhere codes are typed.

const READER = new URL("../vendor/qr-scanner.min.js", import.meta.url).href;
// Of the picture's shorter side, and how finely that is looked at: a ticket's code is 77 dots wide.
const PART = 0.9, FINE_PIXELS = 720, MOST_A_SECOND = 12;
// A code that stays in sight is one scan.
const AGAIN_MILLISECONDS = 2500;

async function hasCamera() {
  if (!isSecureContext || !navigator.mediaDevices?.enumerateDevices) return false;
  const devices = await navigator.mediaDevices.enumerateDevices().catch(() => []);
  return devices.some(({ kind }) => kind === "videoinput");
}

function middle({ videoWidth, videoHeight }) {
  const side = Math.round(PART * Math.min(videoWidth, videoHeight)), scaled = Math.min(side, FINE_PIXELS);
  return { x: (videoWidth - side) >> 1, y: (videoHeight - side) >> 1, width: side, height: side, downScaledWidth: scaled, downScaledHeight: scaled };
}

async function readerOf(video, worker, heard, missed) {
  const { default: Reader } = await import(READER);
  // Its own worker is made of a text, which our pages forbid.
  Reader.createQrEngine = async () => new Worker(worker);
  return new Reader(video, ({ data }) => heard(data), {
    calculateScanRegion: middle, maxScansPerSecond: MOST_A_SECOND, onDecodeError: missed, returnDetailedScanResult: true,
  });
}

function once(tell) {
  let last = "", at = -AGAIN_MILLISECONDS;
  return (text) => {
    const now = performance.now(), again = text === last && now - at < AGAIN_MILLISECONDS;
    [last, at] = [text, now];
    if (!text || again) return;
    navigator.vibrate?.(40);
    tell(text);
  };
}

// `box` comes from components/camera.html; `tell` gets what each code says. Null where there is nothing to offer.
export async function offerCamera(box, tell) {
  if (!box || !await hasCamera()) return null;
  const [button, words, picture, video, hint, failed] = ["button", "button span", "[data-picture]", "video", "[data-hint]", "[data-failed]"].map((one) => box.querySelector(one));
  const idle = words.textContent;
  let reader, wanted = false;

  function show(open) {
    wanted = open;
    picture.hidden = !open;
    failed.hidden = true;
    words.textContent = open ? button.dataset.close : idle;
    button.setAttribute("aria-expanded", String(open));
  }

  async function open() {
    show(true);
    try {
      reader ??= await readerOf(video, box.dataset.reader, once((text) => wanted && tell(text)), () => box.isConnected || close());
      if (wanted) await reader.start();
    } catch {
      close();
      failed.hidden = false;
    }
  }

  function close() {
    show(false);
    reader?.stop();
  }

  button.addEventListener("click", () => (wanted ? close() : open()));
  addEventListener("pagehide", close);
  box.hidden = false;
  return { open, close, isOpen: () => wanted, say: (text) => { hint.textContent = text; } };
}
