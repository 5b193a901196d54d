/** All alerts that stand: filtered, grouped, looked into, acknowledged and silenced; a list of any length. */

import { summary } from "../advice.js";
import { acknowledge, silence } from "../commands.js";
import { detail } from "../episode.js";
import { h } from "../dom.js";
import { away, number } from "../format.js";
import { t } from "../i18n.js";
import { icon } from "../icons.js";
import { ruleName, word } from "../kpi.js";
import { head, level, select, severity } from "../ui.js";
import { pageSize, VirtualList } from "../virtual.js";

const FILTERS = ["status", "severity", "rule", "team", "employee", "customer", "search"];
const GROUPS = ["rule", "employee", "customer", "team"];
const SEVERITIES = ["critical", "warning", "info"];
const STATUSES = ["standing", "firing", "acknowledged", "pending", "resolved"];
const HEIGHT = 64;
const PAUSE = 250; // Milliseconds without a letter before a search begins.
const BREATH = 1_000; // The list is not loaded anew more often than this.
const GROUPS_SHOWN = 60;

export const topics = ["alerts"];
export const filter = ({ query }) => ({ team: query.team, employee: query.employee, rule: query.rule });
export const keys = [
  ["j k", "keys.rows"],
  ["Enter", "keys.open"],
  ["a", "keys.acknowledge"],
  ["s", "keys.silence"],
  ["f", "keys.search"],
  ["Esc", "keys.close"],
];

export async function load(ctx) {
  const data = await ctx.get("/alerts", { ...asked(ctx), group: ctx.query.group, offset: 0, limit: pageSize });
  ctx.list ??= list(ctx);
  ctx.fresh = 0;
  if (ctx.list.total) ctx.list.refresh(data);
  else ctx.list.start(data);
  if (ctx.query.open && !ctx.opened) await look(ctx, ctx.query.open);
  return data;
}

/** The filters of the address; what stands is what most want to see. */
function asked({ query }) {
  const given = Object.fromEntries(FILTERS.map((name) => [name, query[name]]));
  return { ...given, status: query.status ?? "standing" };
}

function list(ctx) {
  return new VirtualList({
    label: t("nav.alerts"),
    height: HEIGHT,
    fetch: (offset, limit) => ctx.get("/alerts", { ...asked(ctx), offset, limit }),
    row: (record) => row(ctx, record),
    chosen: (record) => look(ctx, record.id),
    failed: (error) => ctx.app.fail(ctx, error),
  });
}

function row(ctx, record) {
  if (!record) return [h("span", { class: "skeleton" })];
  const about = [record.employee_id && ctx.nameOf(record.employee_id), record.customer_id].filter(Boolean).join(" · ");
  return [
    h("span", { class: "row-mark" }, severity(record.severity)),
    h(
      "span",
      { class: "row-text" },
      h(
        "span",
        { class: "row-rule" },
        ruleName(record.rule),
        record.status === "firing" ? null : h("span", { class: "chip" }, word("status", record.status)),
        level(record.level),
        record.suppressed_by ? h("span", { class: "chip" }, t("alert.quiet")) : null,
      ),
      h("span", { class: "row-summary soft" }, summary(record)),
    ),
    h("span", { class: "row-about small soft" }, about),
    h(
      "span",
      { class: "row-since small soft figure" },
      record.started_at ? away(record.started_at, ctx.asOf) : "",
    ),
  ];
}

export function view(ctx, data) {
  const { total } = ctx.list;
  return h(
    "div",
    { class: ctx.opened ? "alerts opened" : "alerts" },
    head(
      t("nav.alerts"),
      h("span", { "data-live": true, role: "status" }, t("alerts.count", { n: total, n_text: number(total) })),
      search(ctx),
    ),
    filters(ctx),
    h(
      "div",
      { class: ctx.query.group ? "alerts-body grouped" : "alerts-body" },
      ctx.query.group ? groups(ctx, data.groups ?? []) : null,
      h(
        "div",
        { class: "alerts-list", "data-key": "list" },
        ctx.fresh
          ? h(
              "button",
              { class: "chip fresh", onclick: () => ctx.app.show() },
              t("alerts.fresh", { n: ctx.fresh, n_text: number(ctx.fresh) }),
            )
          : null,
        total
          ? null
          : h(
              "div",
              { class: "empty", "data-key": "none" },
              icon("check"),
              t(narrowed(ctx) ? "alerts.none_match" : "alerts.none"),
            ),
        h("div", { class: "virtual-place", "data-key": "virtual", "data-keep": true }),
      ),
      ctx.opened
        ? h(
            "aside",
            { class: "alerts-detail", "data-key": "detail", "aria-label": t("alert.detail") },
            detail(ctx, ctx.opened, () => close(ctx)),
          )
        : null,
    ),
  );
}

/** The list is one element as long as the page is shown, as its scrolling must not begin anew. */
export function painted({ list: { element } }) {
  const place = document.querySelector(".virtual-place");
  if (element.parentElement !== place) place.append(element);
}

function narrowed({ query }) {
  return FILTERS.some((name) => query[name]);
}

/** The field of an earlier visit is not kept: it would still show what was typed there. */
function search(ctx) {
  let timer;
  const typed = (event) => {
    clearTimeout(timer);
    timer = setTimeout(() => narrow(ctx, { search: event.target.value.trim() }), PAUSE);
  };
  return h("input", {
    class: "input search",
    "data-key": `search-${ctx.number}`,
    type: "search",
    "aria-label": t("alerts.search"),
    placeholder: t("alerts.search"),
    value: ctx.query.search ?? "",
    oninput: typed,
  });
}

function filters(ctx) {
  const { query, meta } = ctx;
  const pick = (name, options, usual = "") =>
    select(t(`filter.${name}`), query[name] ?? usual, options, (value) => narrow(ctx, { [name]: value }));
  const all = (items) => [["", t("all")], ...items];
  return h(
    "div",
    { class: "filters" },
    pick(
      "status",
      STATUSES.map((name) => [name, word("status", name)]),
      "standing",
    ),
    pick("severity", all(SEVERITIES.map((name) => [name, word("severity", name)]))),
    pick("rule", all(meta.rules.map((rule) => [rule, ruleName(rule)]))),
    pick("team", all(meta.teams.map(({ team, name }) => [team, name || team]))),
    pick("group", [["", t("group.none")], ...GROUPS.map((name) => [name, t(`group.${name}`)])]),
    ["employee", "customer"]
      .filter((name) => query[name])
      .map((name) =>
        h(
          "button",
          {
            class: "chip",
            "aria-pressed": "true",
            onclick: () => narrow(ctx, { [name]: "" }),
            "aria-label": t("filter.remove", { name: query[name] }),
          },
          name === "employee" ? ctx.nameOf(query[name]) : query[name],
          " ×",
        ),
      ),
    narrowed(ctx) ? h("button", { class: "plain", onclick: () => ctx.go("/alerts") }, t("filter.clear")) : null,
  );
}

/** Filters change in place, so that the field that is typed in keeps its focus. */
async function narrow(ctx, change) {
  Object.assign(ctx.query, change);
  delete ctx.query.open;
  noteDown(ctx);
  ctx.opened = null;
  ctx.list.start();
  ctx.app.follow(ctx);
  try {
    await ctx.app.load(ctx);
  } catch (error) {
    ctx.app.fail(ctx, error);
  }
}

function noteDown(ctx) {
  ctx.note({ ...ctx.query, open: ctx.opened?.id });
}

function groups(ctx, items) {
  const { group } = ctx.query;
  const name = {
    rule: ruleName,
    employee: (id) => ctx.nameOf(id),
    customer: (id) => id,
    team: (id) => ctx.teamName(id),
  }[group];
  const button = ({ key, count }) =>
    h(
      "li",
      { "data-key": key ?? "" },
      h(
        "button",
        {
          class: "group",
          "aria-pressed": String(ctx.query[group] === key),
          onclick: () => narrow(ctx, { [group]: ctx.query[group] === key ? "" : key }),
        },
        h("span", null, key ? name(key) : t("group.nobody")),
        h("span", { class: "figure soft" }, number(count)),
      ),
    );
  return h(
    "nav",
    { class: "groups", "data-key": "groups", "aria-label": t("filter.group") },
    h("ul", null, items.slice(0, GROUPS_SHOWN).map(button)),
  );
}

async function look(ctx, id) {
  try {
    ctx.opened = await ctx.get(`/alerts/${encodeURIComponent(id)}`);
  } catch (error) {
    if (error.status !== 404) throw error;
    ctx.opened = null;
  }
  noteDown(ctx);
  ctx.app.draw(ctx);
}

function close(ctx) {
  ctx.opened = null;
  noteDown(ctx);
  ctx.app.draw(ctx);
  ctx.list.element.focus();
}

/** A change of an alert that is at hand shows at once; others are counted, so that nothing jumps while one reads. */
export function heard(ctx, topic, { key, value }) {
  if (!ctx.list) return;
  const known = value !== null && ctx.list.replace(value);
  if (ctx.opened?.id === key && value) {
    ctx.opened = { ...ctx.opened, ...value };
    soon(ctx, "detail", () => look(ctx, key));
  }
  if (known) return;
  if (ctx.list.element.scrollTop < HEIGHT) ctx.reloadSoon();
  else {
    ctx.fresh += 1;
    soon(ctx, "count", () => ctx.app.draw(ctx));
  }
}

function soon(ctx, what, act) {
  ctx.timers ??= {};
  ctx.timers[what] ??= setTimeout(() => {
    delete ctx.timers[what];
    if (ctx.app.visit === ctx) act();
  }, BREATH);
}

export function pressed(ctx, event) {
  const { list: rows, opened } = ctx;
  if (!rows) return false;
  const page = Math.max(1, Math.floor(rows.element.clientHeight / HEIGHT) - 1);
  const steps = {
    j: 1,
    k: -1,
    ...(event.target === rows.element ? { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page } : {}),
  };
  if (event.key in steps) rows.move(steps[event.key]);
  else if (event.key === "Enter" && event.target === rows.element) rows.choose(rows.active);
  else if (event.key === "f") document.querySelector(".search").focus();
  else if (event.key === "Escape" && opened) close(ctx);
  else if (event.key === "a" && opened) acknowledge(opened);
  else if (event.key === "s" && opened) silence(ctx, opened);
  else return false;
  return true;
}

export function reworded({ list: rows }) {
  rows?.element.setAttribute("aria-label", t("nav.alerts"));
  rows?.draw();
}
