/** A person: what to do today, the scorecard line by line, and what came of it. */

import { summary, recommendation } from "../advice.js";
import { respond } from "../answer.js";
import { trend } from "../charts/trend.js";
import { h } from "../dom.js";
import { away, moment, NONE, number, period, shortPeriod, points as score } from "../format.js";
import { t } from "../i18n.js";
import { word } from "../kpi.js";
import { scorecard } from "../scorecard.js";
import { customer, empty, head, level, periodPicker, section, severity, team, tile, tiles } from "../ui.js";

const SHOWN = 6;
const FULL = 100; // Points of a whole scorecard.

export const topics = ["alerts", "scores", "kpis", "recommendations"];
export const periods = true;
export const filter = (ctx) => ({ employee: ctx.id });

export function load(ctx) {
  return ctx.get(`/employees/${encodeURIComponent(ctx.id)}`, { period: ctx.period });
}

export function view(ctx, data) {
  const { employee, score: card } = data;
  const own = employee.employee_id === ctx.me.employee_id;
  return [
    head(
      employee.name ?? employee.employee_id,
      [word("role", employee.role), employee.team ? [" · ", team(ctx, employee.team)] : null],
      own ? h("button", { class: "button", onclick: () => respond(ctx) }, t("answer.open")) : null,
      periodPicker(ctx),
    ),
    h(
      "div",
      { class: "stack" },
      today(ctx, data.today),
      figures(card, data),
      h(
        "div",
        { class: "two" },
        section(
          t("scorecard"),
          {
            aside: card
              ? h("span", { class: "soft small" }, t("as_of", { period: period(card.period), at: moment(card.as_of) }))
              : null,
          },
          scorecard(ctx, card, data.kpis),
        ),
        h(
          "div",
          { class: "stack" },
          section(t("trend"), null, line(data.trend)),
          section(
            t("person.alerts"),
            { aside: h("a", { href: `/alerts?employee=${encodeURIComponent(ctx.id)}` }, t("team.all_alerts")) },
            alerts(ctx, data.alerts),
          ),
          section(t("advice"), null, advice(ctx, data.recommendations)),
        ),
      ),
    ),
  ];
}

function today(ctx, { contacts, tasks, next_steps: steps }) {
  return h(
    "div",
    { class: "three today" },
    section(t("today.contacts"), { aside: count(contacts) }, list(ctx, contacts, "contacts")),
    section(t("today.tasks"), { aside: count(tasks) }, list(ctx, tasks, "tasks")),
    section(t("today.next_steps"), { aside: count(steps) }, list(ctx, steps, "next_steps")),
  );
}

function count(items) {
  const late = items.filter((item) => item.overdue).length;
  const text = late ? t("today.overdue", { n: late, n_text: number(late) }) : number(items.length);
  return h("span", { class: `small figure ${late ? "bad" : "soft"}`, "data-live": true }, late ? "▼ " : "", text);
}

function list(ctx, items, kind) {
  if (!items.length) return empty(t(`today.no_${kind}`));
  const all = ctx.chosen[kind];
  const more = items.length - SHOWN;
  return [
    h(
      "ul",
      { class: "lines" },
      (all ? items : items.slice(0, SHOWN)).map((item, place) => task(ctx, item, place)),
    ),
    more > 0 && !all
      ? h("button", { class: "plain", onclick: () => ctx.choose({ [kind]: true }) }, t("more", { n: number(more) }))
      : null,
  ];
}

function task(ctx, item, place) {
  const due = item.due_at ?? item.expected_close_at;
  return h(
    "li",
    {
      class: "task",
      "data-key": `${item.customer_id ?? item.task_id ?? place}/${item.rule ?? item.opportunity_id ?? ""}`,
    },
    h(
      "div",
      { class: "task-head" },
      item.customer_id ? customer(item.customer_id) : h("span", { class: "name" }, item.task_id),
      due
        ? h(
            "span",
            { class: `small figure ${item.overdue ? "bad" : "soft"}`, title: moment(due) },
            item.overdue ? "▼ " : "",
            away(due, ctx.asOf),
          )
        : null,
    ),
    h("p", { class: "small soft" }, summary(item) || item.step),
  );
}

function figures(card, { trend: points }) {
  const before = points.filter((point) => point.score !== null).at(-2);
  return tiles(
    tile(
      t("score"),
      score(card?.score),
      before ? t("person.before", { score: score(before.score), period: period(before.period) }) : null,
    ),
    tile(t("rating"), card?.rating ?? NONE),
    Object.entries(card?.perspectives ?? {}).map(([name, value]) => tile(word("perspective", name), score(value))),
  );
}

function line(points) {
  if (points.filter((point) => point.score !== null).length < 2) return empty(t("trend.none"));
  const drawn = points.map((point) => [shortPeriod(point.period), point.score, score(point.score)]);
  return trend(
    drawn,
    t("team.trend", { scores: points.map((point) => `${period(point.period)} ${score(point.score)}`).join(", ") }),
    number,
    FULL,
  );
}

function alerts(ctx, records) {
  if (!records.length) return empty(t("alerts.none"));
  return h(
    "ul",
    { class: "lines" },
    records.slice(0, SHOWN).map((record) =>
      h(
        "li",
        { "data-key": record.id },
        h(
          "div",
          { class: "task-head" },
          severity(record.severity),
          level(record.level),
          h("span", { class: "small soft figure" }, away(record.started_at, ctx.asOf)),
        ),
        h(
          "a",
          {
            class: "quiet",
            href: `/alerts?employee=${encodeURIComponent(ctx.id)}&open=${encodeURIComponent(record.id)}`,
          },
          summary(record),
        ),
      ),
    ),
  );
}

function advice(ctx, items) {
  if (!items.length) return empty(t("advice.none"));
  return h(
    "ul",
    { class: "lines" },
    items.map((item) => h("li", { "data-key": item.recommendation_id }, recommendation(ctx, item))),
  );
}
