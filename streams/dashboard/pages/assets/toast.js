/** A short word at the edge, read out by screen readers as well. */

import { h } from "./dom.js";

const SHOWN = 5_000;

export function toast(text) {
  const note = h("div", { class: "toast" }, text);
  document.getElementById("toasts").append(note);
  setTimeout(() => note.remove(), SHOWN);
}
