// Whoever is asked to sign in has signed out, or their shift is over: doors that this phone kept go. What isn't sent stays.

import { leave } from "./phone/leave.js";

navigator.serviceWorker?.getRegistration("/phone/").then((kept) => kept && leave()).catch(() => {});
