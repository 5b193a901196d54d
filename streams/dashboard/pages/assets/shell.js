/** The frame: where to go, how the stream is, language and theme. */

import { h, morph } from "./dom.js";
import { time } from "./format.js";
import { choose, current, names, t } from "./i18n.js";
import { icon } from "./icons.js";
import { find } from "./finder.js";
import { tabs } from "./places.js";
import { help } from "./shortcuts.js";
import { change, theme } from "./theming.js";

export function shell(app) {
  const side = document.querySelector(".side");
  morph(
    side,
    h(
      "header",
      { class: "side" },
      h("p", { class: "brand" }, icon("pulse", 22), "crm-pulse"),
      h("button", { class: "find", onclick: () => find(app) }, icon("search", 16), t("find"), h("kbd", null, "/")),
      h(
        "nav",
        { class: "tabs", "aria-label": t("nav") },
        h(
          "ul",
          null,
          tabs(app).map((tab) => item(app, tab)),
        ),
      ),
      tools(app),
    ),
  );
}

function item(app, [page, address]) {
  const here = location.pathname === address;
  return h(
    "li",
    null,
    h("a", { href: address, "aria-current": here ? "page" : null }, icon(page), h("span", null, t(`nav.${page}`))),
  );
}

function tools(app) {
  const next = Object.keys(names).find((code) => code !== current());
  return h(
    "div",
    { class: "tools" },
    h("p", { class: "pulse", "data-state": app.live.state }, h("span", null, t(`live.${app.live.state}`))),
    h("button", { class: "tool only-phone", "aria-label": t("find"), onclick: () => find(app) }, icon("search")),
    h(
      "button",
      { class: "tool", lang: next, onclick: () => (choose(next), app.reword()), "data-action": "language" },
      names[next],
    ),
    h(
      "button",
      {
        class: "tool",
        title: t(`theme.${theme()}`),
        "aria-label": t(`theme.${theme()}`),
        onclick: () => (change(), app.frame()),
        "data-action": "theme",
      },
      icon("theme"),
    ),
    h("button", { class: "tool", title: t("keys"), "aria-label": t("keys"), onclick: () => help(app) }, "?"),
  );
}

/** Says above the page that figures stand still, since when, and offers to try at once. */
export function banner(app) {
  const old = document.querySelector(".banner");
  if (app.live.state !== "lost") {
    app.lostAt = null;
    old?.remove();
    return;
  }
  app.lostAt ??= new Date();
  const fresh = h(
    "div",
    { class: "banner", role: "alert" },
    icon("lost"),
    h("span", null, h("span", { class: "strong" }, t("lost")), " ", t("lost.since", { time: time(app.lostAt) })),
    h("button", { class: "button", onclick: () => app.live.again() }, t("lost.again")),
  );
  if (old) morph(old, fresh);
  else document.getElementById("banner").append(fresh);
}
