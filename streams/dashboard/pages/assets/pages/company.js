/** The company in a period: how it does against its targets, what is in the funnel, which teams lead. */

import { funnel } from "../charts/funnel.js";
import { meter } from "../charts/meter.js";
import { range } from "../charts/range.js";
import { h } from "../dom.js";
import { moment, money, NONE, number, percent, period, signed, points as score } from "../format.js";
import { t } from "../i18n.js";
import { kpiName, kpiValue } from "../kpi.js";
import { empty, head, periodPicker, section, team, tile, tiles } from "../ui.js";

const FORECASTS = 3;
const CAMPAIGNS = 8;

export const topics = ["scores", "teams", "funnel", "kpis"];
export const periods = true;

export function load(ctx) {
  return ctx.get("/company", { period: ctx.period });
}

export function view(ctx, data) {
  const { funnel: record } = data;
  return [
    head(t("nav.company"), t("as_of", { period: period(data.period), at: moment(data.as_of) }), periodPicker(ctx)),
    h(
      "div",
      { class: "stack" },
      figures(data),
      h(
        "div",
        { class: "two" },
        h(
          "div",
          { class: "stack" },
          section(t("company.targets"), null, targets(data.targets)),
          section(t("company.teams"), null, teams(ctx, data.teams)),
          data.campaigns.length ? section(t("company.campaigns"), null, campaigns(data.campaigns)) : null,
        ),
        h(
          "div",
          { class: "stack" },
          section(t("company.forecast"), null, forecast(data)),
          section(t("company.funnel"), null, record ? funnel(record.stages) : empty(t("funnel.none"))),
          section(t("company.drift"), null, drift(ctx, data.drift ?? [])),
        ),
      ),
    ),
  ];
}

function figures({ totals, funnel: record }) {
  const decided = (totals.won_count ?? 0) + (totals.lost_count ?? 0);
  const kpis = ["contacts_connected", "new_customers"].filter((kpi) => kpi in totals);
  return tiles(
    tile(kpiName("won_amount"), money(totals.won_amount, true), t("team.deals", { n: totals.won_count ?? 0 })),
    tile(
      kpiName("win_rate"),
      decided ? percent(totals.won_count / decided) : NONE,
      t("company.decided", { n: decided, n_text: number(decided) }),
    ),
    kpis.map((kpi) => tile(kpiName(kpi), kpiValue(kpi, totals[kpi], true))),
    record && record.open_amount !== null
      ? tile(
          t("company.open"),
          money(record.open_amount, true),
          t("company.open_count", { n: record.open_count, n_text: number(record.open_count) }),
        )
      : null,
    record && record.coverage !== null
      ? tile(t("company.coverage"), t("times", { n: number(record.coverage, 1) }))
      : null,
  );
}

function targets(lines) {
  if (!lines.length) return empty(t("company.no_targets"));
  const money = (line) => Number(/_amount$/.test(line.kpi)) + Number(line.kpi === "won_amount");
  return h("ul", { class: "rows goals" }, lines.toSorted((one, other) => money(other) - money(one)).map(goal));
}

function goal(line) {
  const share = line.target ? line.value / line.target : line.attainment;
  const due = line.expected !== null && line.target ? line.expected / line.target : null;
  return h(
    "li",
    { "data-key": line.kpi },
    h("span", { class: "name" }, kpiName(line.kpi)),
    h(
      "span",
      { class: "figure" },
      h("span", { class: "strong", "data-live": true }, kpiValue(line.kpi, line.value, true)),
      h("span", { class: "soft" }, ` / ${kpiValue(line.kpi, line.target, true)}`),
    ),
    meter(share, { expected: due, label: t("company.attained", { share: percent(line.attainment) }) }),
    h("span", { class: "small" }, pace(line.pace)),
    h("span", { class: "small soft figure" }, percent(line.attainment)),
  );
}

/** Where it stands against where it should be by now, with a mark that does without colour. */
function pace(value) {
  if (value === null || value === undefined) return "";
  const [tone, sign, key] =
    value >= 1 ? ["good", "▲", "ahead"] : value >= 0.9 ? ["soft", "●", "close"] : ["bad", "▼", "behind"];
  return h("span", { class: tone }, `${sign} `, t(`pace.${key}`, { pace: percent(value) }));
}

/** Won first, by what is open and how likely it is where the pace alone does not tell. */
function forecast({ targets: lines, funnel: record }) {
  const projected = lines
    .map((line) =>
      line.kpi === "won_amount" && !known(line.forecast) ? { ...line, forecast: record?.forecast } : line,
    )
    .filter((line) => known(line.forecast) && line.target)
    .sort((one, other) => Number(other.kpi === "won_amount") - Number(one.kpi === "won_amount"))
    .slice(0, FORECASTS);
  if (!projected.length) return empty(t("forecast.none"));
  return projected.map((line) => [
    h("h3", null, kpiName(line.kpi)),
    range(line, (figure) => kpiValue(line.kpi, figure, true)),
  ]);
}

function known(value) {
  return value !== null && value !== undefined;
}

function teams(ctx, records) {
  if (!records.length) return empty(t("company.no_teams"));
  const best = Math.max(100, ...records.map((record) => record.score ?? 0));
  return h(
    "table",
    { class: "fold" },
    h(
      "thead",
      null,
      h(
        "tr",
        null,
        [
          ["rank", "n"],
          ["team", ""],
          ["score", "wide"],
          ["kpi.won_amount", "n"],
          ["kpi.win_rate", "n"],
        ].map(([key, kind]) => h("th", { class: kind }, t(key))),
      ),
    ),
    h(
      "tbody",
      null,
      records.map((record) => row(ctx, record, best)),
    ),
  );
}

function row(ctx, record, best) {
  return h(
    "tr",
    { class: "link", "data-key": record.team },
    h("td", { class: "n soft rank away" }, record.rank ?? ""),
    h("td", { class: "name" }, team(ctx, record.team)),
    h(
      "td",
      { class: "wide" },
      h(
        "span",
        { class: "scored" },
        h("span", { class: "figure", "data-live": true }, score(record.score)),
        record.score === null ? null : meter(record.score / best, { label: score(record.score) }),
      ),
    ),
    h(
      "td",
      { class: "n", "data-label": t("kpi.won_amount"), "data-live": true },
      money(record.totals.won_amount, true),
    ),
    h("td", { class: "n", "data-label": t("kpi.win_rate") }, percent(record.totals.win_rate)),
  );
}

/** Campaigns and sources of leads, what won most first; the API lists more than fit here. */
function campaigns(records) {
  const columns = [
    ["campaign.name", ""],
    ["campaign.leads", "n"],
    ["campaign.cost", "n"],
    ["kpi.won_amount", "n"],
    ["campaign.return", "n"],
  ];
  return h(
    "table",
    { class: "fold" },
    h("thead", null, h("tr", null, columns.map(([key, kind]) => h("th", { class: kind }, t(key))))),
    h(
      "tbody",
      null,
      records.slice(0, CAMPAIGNS).map((record) =>
        h(
          "tr",
          { "data-key": `${record.campaign_id ?? ""}/${record.lead_source ?? ""}` },
          h("td", { class: "name" }, record.campaign_id ?? t("campaign.source", { name: record.lead_source })),
          h("td", { class: "n", "data-label": t("campaign.leads") }, number(record.leads)),
          h("td", { class: "n", "data-label": t("campaign.cost") }, money(record.cost, true)),
          h("td", { class: "n", "data-label": t("kpi.won_amount") }, money(record.won_amount, true)),
          h("td", { class: "n", "data-label": t("campaign.return") }, returned(record)),
        ),
      ),
    ),
  );
}

/** In relation to the cost; of what cost nothing it cannot be said. */
function returned(record) {
  return record.return === null ? NONE : signed(record.return, percent);
}

/** Where targets of those below do not come to what was set above. */
function drift(ctx, items) {
  const drifting = items.filter((item) => item.drift);
  if (!drifting.length) return empty(t("company.no_drift"));
  return h(
    "table",
    null,
    h(
      "thead",
      null,
      h(
        "tr",
        null,
        [
          ["drift.scope", ""],
          ["kpi", ""],
          ["drift.amount", "n"],
        ].map(([key, kind]) => h("th", { class: kind }, t(key))),
      ),
    ),
    h(
      "tbody",
      null,
      drifting.map((item) =>
        h(
          "tr",
          { "data-key": `${item.scope}/${item.kpi}` },
          h("td", null, scope(ctx, item.scope)),
          h("td", null, kpiName(item.kpi)),
          h(
            "td",
            { class: "n" },
            signed(item.drift, (value) => kpiValue(item.kpi, value)),
          ),
        ),
      ),
    ),
  );
}

function scope(ctx, name) {
  const [kind, id] = name.split(/:(.*)/);
  if (kind === "team") return team(ctx, id);
  return id ? t("drift.department", { name: id }) : t("nav.company");
}
