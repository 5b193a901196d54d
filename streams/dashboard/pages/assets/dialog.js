/** A modal dialog; the browser keeps focus inside and gives it back. */

import { h } from "./dom.js";

export function open(props, ...content) {
  const dialog = h(
    "dialog",
    { ...props, onclose: () => dialog.remove(), onclick: (event) => event.target === dialog && dialog.close() },
    content,
  );
  document.getElementById("overlay").append(dialog);
  dialog.showModal();
  return dialog;
}

export function isOpen() {
  return document.querySelector("dialog[open]") !== null;
}
