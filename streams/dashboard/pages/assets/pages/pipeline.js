/** What is open, stage by stage: how old it is there, what stands still, and how the period changed it. */

import { bridge } from "../charts/bridge.js";
import { h } from "../dom.js";
import { day, days, money, number, percent, period } from "../format.js";
import { t } from "../i18n.js";
import { customer, empty, head, periodPicker, person, section, select, tile, tiles } from "../ui.js";

const LIMIT = 500;

export const topics = ["funnel", "alerts"];
export const periods = true;
export const filter = ({ query }) => ({ team: query.team, employee: query.employee });

export function load(ctx) {
  const { team, employee } = ctx.query;
  return ctx.get("/pipeline", { team, employee, period: ctx.period, limit: LIMIT });
}

/** Alerts matter here where they say that an opportunity stands still. */
export function heard(ctx, topic, { value }) {
  if (topic === "funnel" || value?.opportunity_id) ctx.reloadSoon();
}

export function view(ctx, data) {
  const open = data.stages.reduce((sum, stage) => sum + stage.count, 0);
  const stalled = data.opportunities.items.filter((deal) => deal.stalled);
  return [
    head(t("nav.pipeline"), t("pipeline.under", { n: open, n_text: number(open) }), filters(ctx), periodPicker(ctx)),
    h(
      "div",
      { class: "stack" },
      tiles(
        tile(t("company.open"), money(total(data.stages, "amount"), true)),
        tile(t("kpi.expected_revenue"), money(total(data.stages, "expected_revenue"), true)),
        tile(t("pipeline.stalled"), number(stalled.length), money(total(stalled, "amount"), true)),
      ),
      section(t("pipeline.board"), { aside: only(ctx) }, open ? board(ctx, data) : empty(t("pipeline.none"))),
      data.bridge
        ? section(t("pipeline.bridge", { period: period(ctx.period) }), { aside: unit(ctx) }, change(ctx, data.bridge))
        : null,
    ),
  ];
}

function total(items, key) {
  return items.reduce((sum, item) => sum + (item[key] ?? 0), 0);
}

function filters(ctx) {
  const teams = [["", t("all_teams")], ...ctx.meta.teams.map(({ team, name }) => [team, name || team])];
  const people = ctx.meta.employees.filter(({ team }) => !ctx.query.team || team === ctx.query.team);
  const employees = [["", t("all_people")], ...people.map(({ employee_id: id, name }) => [id, name ?? id])];
  return [
    select(t("team"), ctx.query.team ?? "", teams, (team) => ctx.ask({ team, employee: "" })),
    select(t("person"), ctx.query.employee ?? "", employees, (employee) => ctx.ask({ employee })),
  ];
}

function only(ctx) {
  const change = (event) => ctx.choose({ stalled: event.target.checked });
  return h(
    "label",
    { class: "check" },
    h("input", { type: "checkbox", checked: Boolean(ctx.chosen.stalled), onchange: change }),
    t("pipeline.only_stalled"),
  );
}

function board(ctx, { stages, opportunities }) {
  const shown = opportunities.items.filter((deal) => deal.stalled || !ctx.chosen.stalled);
  const by = Map.groupBy(shown, (deal) => deal.stage);
  return h(
    "div",
    { class: "board", tabindex: 0, role: "group", "aria-label": t("pipeline.board") },
    stages.map((stage) => column(ctx, stage, by.get(stage.stage) ?? [])),
  );
}

const CARDS = 25;

function column(ctx, stage, deals) {
  const sorted = deals.toSorted(
    (one, other) => Number(other.stalled) - Number(one.stalled) || other.age_days - one.age_days,
  );
  const shown = ctx.chosen[stage.stage] ?? CARDS;
  const more = sorted.length - shown;
  return h(
    "section",
    { class: "column", "data-key": stage.stage },
    h(
      "header",
      null,
      h(
        "h3",
        null,
        h("span", { class: "name" }, stage.stage),
        h("span", { class: "figure", "data-live": true }, number(stage.count)),
      ),
      h(
        "p",
        { class: "small soft figure" },
        [money(stage.amount, true), stage.probability === null ? null : percent(stage.probability)]
          .filter(Boolean)
          .join(" · "),
      ),
    ),
    h(
      "ol",
      { class: "cards" },
      sorted.slice(0, shown).map((deal) => card(ctx, deal)),
    ),
    more > 0
      ? h(
          "button",
          { class: "plain small", onclick: () => ctx.choose({ [stage.stage]: shown + CARDS }) },
          t("more", { n: number(more) }),
        )
      : null,
  );
}

function card(ctx, deal) {
  return h(
    "li",
    { class: deal.stalled ? "deal stalled" : "deal", "data-key": deal.opportunity_id },
    h(
      "p",
      { class: "task-head" },
      customer(deal.customer_id),
      h("span", { class: "figure strong" }, money(deal.amount, true)),
    ),
    h(
      "p",
      { class: "small soft" },
      person(ctx, deal.owner_id),
      " · ",
      t("pipeline.age", { days: days(deal.age_days) }),
    ),
    deal.stalled ? h("p", { class: "small bad" }, "▼ ", t("pipeline.is_stalled")) : null,
    deal.expected_close_at
      ? h("p", { class: "small soft" }, t("pipeline.close", { day: day(deal.expected_close_at) }))
      : null,
  );
}

function unit(ctx) {
  const chosen = ctx.chosen.unit ?? "amount";
  const chip = (name) =>
    h(
      "button",
      { class: "chip", "aria-pressed": String(chosen === name), onclick: () => ctx.choose({ unit: name }) },
      t(`bridge.in_${name}`),
    );
  return h("div", { class: "chips" }, chip("amount"), chip("count"));
}

function change(ctx, record) {
  const counted = ctx.chosen.unit === "count";
  return bridge(counted ? record.count : record.amount, counted ? number : (value) => money(value, true));
}
