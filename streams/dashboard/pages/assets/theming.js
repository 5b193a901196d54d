/** Light, dark, or as the system has it. */

import { recall, remember } from "./store.js";

const THEMES = ["system", "light", "dark"];

export function theme() {
  return recall("theme") ?? "system";
}

export function change() {
  const next = THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length];
  remember("theme", next === "system" ? null : next);
  if (next === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
}
