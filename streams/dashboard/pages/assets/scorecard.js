/** The scorecard, each line explained: what was counted, how it became points, and the events behind it. */

import { ApiError } from "./api.js";
import { meter } from "./charts/meter.js";
import { h } from "./dom.js";
import { moment, number, percent, points as score } from "./format.js";
import { t } from "./i18n.js";
import { kpiName, kpiValue } from "./kpi.js";
import { customer, empty } from "./ui.js";

const AGAIN = 1_000; // Milliseconds before events that are still being read are asked for again.

export function scorecard(ctx, card, figures) {
  if (!card || !card.kpis.length) return empty(t("scorecard.none"));
  const columns = [
    ["kpi", ""],
    ["value", "n"],
    ["target", "n"],
    ["attainment", "wide"],
    ["points", "n"],
  ];
  return [
    h(
      "table",
      { class: "fold card" },
      h(
        "thead",
        null,
        h(
          "tr",
          null,
          columns.map(([key, kind]) => h("th", { class: kind }, t(key))),
        ),
      ),
      h(
        "tbody",
        null,
        card.kpis.map((line) => rows(ctx, line, figures)),
      ),
    ),
    h("p", { class: "sum" }, sum(card)),
    card.stale?.length
      ? h("p", { class: "warn small" }, t("scorecard.stale", { sources: card.stale.join(", ") }))
      : null,
  ];
}

function rows(ctx, line, figures) {
  const opened = ctx.chosen.kpi === line.kpi;
  const toggle = () => (
    ctx.choose({ kpi: opened ? null : line.kpi, events: undefined }),
    opened ? null : events(ctx, line.kpi)
  );
  return [
    h(
      "tr",
      { "data-key": line.kpi },
      h(
        "td",
        null,
        h(
          "button",
          { class: "plain name", "aria-expanded": String(opened), onclick: toggle },
          h("span", { class: "turn", "aria-hidden": "true" }, "›"),
          kpiName(line.kpi),
        ),
      ),
      h("td", { class: "n", "data-label": t("value"), "data-live": true }, kpiValue(line.kpi, line.value, true)),
      h("td", { class: "n soft away" }, kpiValue(line.kpi, line.target, true)),
      h(
        "td",
        { class: "wide whole" },
        line.attainment === null
          ? h("span", { class: "soft small" }, line.absent ? t(`absent.${line.absent}`) : scoring(line))
          : reached(line),
      ),
      h("td", { class: "n away" }, points(line)),
    ),
    opened
      ? h("tr", { "data-key": `${line.kpi}/why` }, h("td", { colspan: 5, class: "why whole" }, why(ctx, line, figures)))
      : null,
  ];
}

function scoring(line) {
  return line.scoring ? t(`scoring.${line.scoring}`) : "";
}

function reached(line) {
  const due = line.expected && line.target ? line.expected / line.target : null;
  return h(
    "span",
    { class: "scored" },
    h("span", { class: "figure" }, percent(line.attainment)),
    meter(line.attainment, { expected: due, label: t("company.attained", { share: percent(line.attainment) }) }),
  );
}

function points(line) {
  if (line.points === null) return "–";
  return line.weight
    ? [
        h("span", { class: "strong", "data-live": true }, number(line.points, 1)),
        h("span", { class: "soft" }, ` / ${number(line.weight, 1)}`),
      ]
    : number(line.points, 1);
}

/** Σ points of Σ weights, less penalties. */
function sum(card) {
  const counted = card.kpis.filter((line) => line.points !== null && line.weight);
  const total = (key) => counted.reduce((all, line) => all + line[key], 0);
  const taken = card.kpis.filter((line) => !line.weight && line.points).reduce((all, line) => all - line.points, 0);
  const key = taken ? "scorecard.sum_less" : "scorecard.sum";
  return t(key, {
    points: number(total("points"), 1),
    weight: number(total("weight"), 1),
    taken: number(taken, 1),
    score: score(card.score),
  });
}

function why(ctx, line, figures) {
  const figure = figures?.kpis.find(({ kpi }) => kpi === line.kpi);
  const facts = [[t("why.count"), number(line.count)]];
  if (figure && figure.denominator !== null)
    facts.push([t("why.fraction"), `${kpiNumber(line.kpi, figure.numerator)} ÷ ${number(figure.denominator, 2)}`]);
  if (line.target !== null)
    facts.push([
      t("target"),
      `${kpiValue(line.kpi, line.target)}${line.basis ? ` (${t(`basis.${line.basis}`)})` : ""}`,
    ]);
  if (line.expected) facts.push([t("why.expected"), kpiValue(line.kpi, line.expected)]);
  if (line.forecast)
    facts.push([
      t("why.forecast"),
      kpiValue(line.kpi, line.forecast, true) +
        (line.forecast_low === undefined
          ? ""
          : ` (${kpiValue(line.kpi, line.forecast_low, true)} – ${kpiValue(line.kpi, line.forecast_high, true)})`),
    ]);
  if (line.points !== null) facts.push([t("points"), arithmetic(line)]);
  return [
    h(
      "dl",
      { class: "facts" },
      facts.map(([name, value]) =>
        h("div", null, h("dt", { class: "soft" }, name), h("dd", { class: "figure" }, value)),
      ),
    ),
    behind(ctx, line),
  ];
}

/** A numerator is in the unit of the KPI only where that is money. */
function kpiNumber(kpi, value) {
  return /amount|revenue|profit/.test(kpi) ? kpiValue(kpi, value) : number(value, 2);
}

function arithmetic(line) {
  if (line.scoring || line.attainment === null)
    return `${number(line.points, 2)}${line.scoring ? ` (${t(`scoring.${line.scoring}`)})` : ""}`;
  const capped = line.weight * line.attainment > line.points + 0.005;
  return `${number(line.weight, 1)} × ${percent(line.attainment, 1)}${capped ? ` (${t("why.capped")})` : ""} = ${number(line.points, 2)}`;
}

function behind(ctx, line) {
  const found = ctx.chosen.events;
  const say = (text) => h("p", { class: "soft small", role: "status" }, text);
  if (found === undefined) return say(t("state.loading"));
  if (found.error) return say(t("why.failed", { reason: found.error }));
  if (found.status === "reading") return say(t("why.reading"));
  if (!found.events.length) return say(t(found.traced === null ? "why.made" : "why.no_events"));
  const columns = [
    ["why.time", ""],
    ["why.event", ""],
    ["customer", ""],
    ["why.adds", "n"],
  ];
  return [
    h(
      "table",
      { class: "small" },
      h(
        "thead",
        null,
        h(
          "tr",
          null,
          columns.map(([key, kind]) => h("th", { class: kind }, t(key))),
        ),
      ),
      h(
        "tbody",
        null,
        found.events.map((event) =>
          h(
            "tr",
            null,
            h("td", { class: "figure" }, moment(event.time)),
            h("td", null, event.type, event.about ? h("span", { class: "under" }, event.about) : null),
            h("td", null, customer(event.customer_id)),
            h(
              "td",
              { class: "n" },
              typeof event.adds === "number" ? kpiNumber(line.kpi, event.adds) : (event.adds ?? ""),
            ),
          ),
        ),
      ),
    ),
    found.total > found.events.length ? say(t("more", { n: number(found.total - found.events.length) })) : null,
    say(t("why.as_of", { moment: moment(found.as_of) }) + (found.traced ? "" : ` ${t("why.not_all")}`)),
  ];
}

/** Asked for again as long as the log is being read, and the line is open. Without them the arithmetic still stands. */
async function events(ctx, kpi) {
  let found;
  try {
    found = await ctx.get(`/employees/${encodeURIComponent(ctx.id)}/explain`, { kpi, period: ctx.period });
  } catch (error) {
    if (!(error instanceof ApiError)) return;
    found = { error: error.message };
  }
  if (ctx.chosen.kpi !== kpi) return;
  ctx.choose({ events: found });
  if (found.status === "reading") setTimeout(() => ctx.chosen.kpi === kpi && events(ctx, kpi), AGAIN);
}
