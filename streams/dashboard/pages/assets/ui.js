/** Parts that pages share. */

import { h } from "./dom.js";
import { NONE, period as periodName } from "./format.js";
import { t } from "./i18n.js";
import { icon, shape } from "./icons.js";
import { word } from "./kpi.js";

export function section(title, props, ...content) {
  const { aside, ...rest } = props ?? {};
  return h("section", { class: "section", ...rest }, h("header", null, h("h2", null, title), aside), content);
}

export function head(title, under, ...tools) {
  const heading = h("h1", { tabindex: -1 }, title);
  return h(
    "header",
    { class: "head" },
    h("div", null, heading, h("p", { class: "soft" }, under)),
    h("div", { class: "actions" }, tools),
  );
}

/** A key figure: its name, its value, and a line below. */
export function tile(name, value, under) {
  return h(
    "div",
    { class: "tile" },
    h("dt", null, name),
    h("dd", { "data-live": true }, value, under ? h("div", { class: "small soft" }, under) : null),
  );
}

export function tiles(...items) {
  return h("dl", { class: "tiles" }, items);
}

export function empty(text) {
  return h("p", { class: "empty" }, icon("check"), text);
}

export function skeleton() {
  const lines = ["wide", "", "block", "", "block"];
  return h(
    "div",
    null,
    h("p", { class: "hidden", role: "status" }, t("state.loading")),
    lines.map((kind) => h("div", { class: `skeleton ${kind}` })),
  );
}

/** A page that cannot be shown, and what to do about it. */
export function state(name, title, text, action) {
  return h(
    "div",
    { class: "state" },
    icon(name),
    h("h1", { tabindex: -1 }, title),
    h("p", { class: "soft" }, text),
    action,
  );
}

export function severity(name) {
  return h("span", { class: `mark sev-${name}` }, shape(name), word("severity", name));
}

/** A number of people who were told, one step of the ladder each. */
export function level(steps) {
  return steps > 0 ? h("span", { class: "chip" }, t("alert.level", { level: steps })) : null;
}

export function rating(letter) {
  return letter ? h("span", { class: "chip" }, letter) : null;
}

/** Up or down, as a mark, a word for those who hear it, and a number. */
export function movement(places) {
  if (!places) return h("span", { class: "soft" }, "·", h("span", { class: "hidden" }, t("team.same_place")));
  const up = places > 0;
  return h(
    "span",
    { class: `figure ${up ? "good" : "bad"}` },
    up ? "▲" : "▼",
    h("span", { class: "hidden" }, t(up ? "team.up" : "team.down")),
    ` ${Math.abs(places)}`,
  );
}

export function periodPicker(ctx) {
  const options = ctx.meta.periods.map((key) =>
    h("option", { value: key, selected: key === ctx.period }, periodName(key)),
  );
  return h(
    "label",
    null,
    h("span", { class: "hidden" }, t("period")),
    h("select", { "data-action": "period", onchange: (event) => ctx.choosePeriod(event.target.value) }, options),
  );
}

export function select(label, value, options, changed) {
  const made = options.map(([key, text]) => h("option", { value: key, selected: key === value }, text));
  return h("label", { class: "field" }, label, h("select", { onchange: (event) => changed(event.target.value) }, made));
}

export function person(ctx, id) {
  return id ? h("a", { href: `/person/${encodeURIComponent(id)}` }, ctx.nameOf(id)) : NONE;
}

export function team(ctx, id) {
  return id ? h("a", { href: `/team/${encodeURIComponent(id)}` }, ctx.teamName(id)) : NONE;
}

export function customer(id) {
  return id ? h("a", { href: `/customer/${encodeURIComponent(id)}` }, id) : NONE;
}
