// A secret behind the # of a link: into the form, out of the address bar. Without script it is typed.

const form = document.querySelector("[data-secret]");

function take() {
  const secret = decodeURIComponent(location.hash.slice(1));
  if (!secret) return;
  history.replaceState(null, "", location.pathname);
  form.elements.secret.value = secret;
  form.querySelector("[data-typed]").hidden = true;
  form.querySelector("[data-ready]").hidden = false;
  // Looking up whose card it is changes nothing, so it needs no button; a one-time link waits for its own.
  if ("send" in form.dataset) form.requestSubmit();
}

take();
// A second scan while this page is open changes the address and loads nothing.
addEventListener("hashchange", take);
