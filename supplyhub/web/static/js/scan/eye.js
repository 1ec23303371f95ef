// The camera of the page that scans: first the ticket, then the badge. What it sees goes the way of what is typed.

import { offerCamera } from "../camera.js";
import { isToken, readBadge, readCode } from "./judge.js";

const CODE = /^[A-Z0-9]{6}$/;
const isTicket = (text) => (isToken(text) && !text.includes("/")) || CODE.test(readCode(text));

// `fields`: ticket and badge; `entered(field)` is told when one is full; `say` has the words. Null without a camera.
export async function openEye(box, { ticket, badge }, entered, say) {
  let handed = "", used = false;
  const eye = await offerCamera(box, (text) => {
    // The one that was just handed over is still in sight.
    if (text === handed) return;
    if (isTicket(text)) take(text);
    else if (readBadge(text) && ticket.value) return give(text);
    else eye.say(say(readBadge(text) ? "ticket_first" : "no_ticket"));
  });

  // Whoever comes with another ticket brings another badge.
  function take(text) {
    handed = badge.value = "";
    ticket.value = text;
    eye.say(say("aim_badge"));
    entered(ticket);
  }

  function give(text) {
    badge.value = text;
    entered(badge);
  }

  return eye && {
    isOpen: eye.isOpen,
    // Both fit: what comes now is counting.
    rest() {
      used ||= eye.isOpen();
      eye.close();
    },
    // The next ticket, for whoever scanned the one before.
    next(text) {
      handed = text;
      eye.say(say("aim_ticket"));
      if (used) eye.open();
      used = false;
    },
  };
}
