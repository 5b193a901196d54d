/** Keys, and the overlay that tells them. */

import { h } from "./dom.js";
import { isOpen, open } from "./dialog.js";
import { find } from "./finder.js";
import { t } from "./i18n.js";
import { tabs } from "./places.js";
import { go } from "./router.js";
import { change } from "./theming.js";

const TOGETHER = 1_200; // Milliseconds within which `g` and the letter of a page follow each other.

let gone = -Infinity; // When `g` was pressed, if the letter of a page has not followed yet.

export function listen(app) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) {
      if (event.key === "k" && !event.altKey) hold(event, () => find(app));
      return;
    }
    if (isOpen() || event.target.closest("input, textarea, select")) return;
    press(app, event);
  });
}

function press(app, event) {
  const { key } = event;
  if (event.timeStamp - gone < TOGETHER) {
    gone = -Infinity;
    const tab = tabs(app).find(([, , letter]) => letter === key);
    if (tab) hold(event, () => go(tab[1]));
  } else if (key === "g") gone = event.timeStamp;
  else if (key === "/") hold(event, () => find(app));
  else if (key === "?") hold(event, () => help(app));
  else if (key === "d") hold(event, () => (change(), app.frame()));
  else if ((key === "[" || key === "]") && app.visit?.page?.periods) hold(event, () => turn(app, key === "[" ? 1 : -1));
  else if (app.visit?.page?.pressed?.(app.visit, event)) event.preventDefault();
}

function hold(event, act) {
  event.preventDefault();
  if (!isOpen()) act();
}

/** To the period before or after of the same length; the newest stands first. */
function turn(app, step) {
  const kind = (key) => key.replace(/\d+/g, "0");
  const alike = app.meta.periods.filter((key) => kind(key) === kind(app.period));
  const next = alike[alike.indexOf(app.period) + step];
  if (next) app.choosePeriod(next);
}

export function help(app) {
  const everywhere = [
    ["/", "keys.find"],
    ["?", "keys.help"],
    ["d", "keys.theme"],
    ["[ ]", "keys.period"],
  ];
  const places = tabs(app).map(([page, , letter]) => [`g ${letter}`, `nav.${page}`]);
  const here = app.visit?.page?.keys ?? [];
  const rows = [...everywhere, ...places, ...here].map(([keys, text]) => [
    h(
      "span",
      null,
      keys.split(" ").map((key) => h("kbd", null, key)),
    ),
    h("span", null, t(text)),
  ]);
  const dialog = open({ "aria-label": t("keys") }, h("h2", null, t("keys")), h("div", { class: "keys" }, rows));
  dialog.append(h("form", { method: "dialog", class: "actions" }, h("button", { class: "button" }, t("close"))));
}
