/** A team in a period: its people ranked, what they are alerted of, and where a word would help. */

import { funnel } from "../charts/funnel.js";
import { meter } from "../charts/meter.js";
import { spark } from "../charts/spark.js";
import { h } from "../dom.js";
import { moment, money, number, percent, period, points as score } from "../format.js";
import { t } from "../i18n.js";
import { ruleName, word } from "../kpi.js";
import { recommendation } from "../advice.js";
import { empty, head, movement, periodPicker, person, rating, section, tile, tiles } from "../ui.js";

const SEVERITIES = ["critical", "warning", "info"];
const FALL = 5; // Points that a score fell by from one period to the next, and that are worth a word.
const HINTS = 3;

export const topics = ["scores", "teams", "funnel", "alerts", "recommendations"];
export const periods = true;
export const filter = (ctx) => ({ team: ctx.id });

export function load(ctx) {
  return ctx.get(`/teams/${encodeURIComponent(ctx.id)}`, { period: ctx.period });
}

export function view(ctx, data) {
  const { team: record } = data;
  return [
    head(
      ctx.teamName(record.team),
      t("as_of", { period: period(record.period), at: moment(record.as_of) }),
      periodPicker(ctx),
    ),
    h(
      "div",
      { class: "stack" },
      figures(record, data.members),
      section(t("team.leaderboard"), null, leaderboard(ctx, data.members)),
      h(
        "div",
        { class: "even" },
        section(
          t("team.alerts"),
          { aside: h("a", { href: `/alerts?team=${encodeURIComponent(record.team)}` }, t("team.all_alerts")) },
          byRule(record.team, data.alerts_by_rule),
        ),
        h(
          "div",
          { class: "stack" },
          section(t("team.hints"), null, hints(ctx, data)),
          data.funnel ? section(t("company.funnel"), null, funnel(data.funnel.stages)) : null,
        ),
      ),
    ),
  ];
}

function figures(record, members) {
  const { totals } = record;
  return tiles(
    tile(t("score"), score(record.score), record.rank ? t("team.rank", { rank: record.rank }) : null),
    tile(
      t("kpi.won_amount"),
      money(totals.won_amount, true),
      totals.won_count === undefined ? null : t("team.deals", { n: totals.won_count }),
    ),
    tile(t("kpi.win_rate"), percent(totals.win_rate)),
    tile(t("kpi.contacts_connected"), number(totals.contacts_connected)),
    tile(t("team.people"), number(members.length)),
  );
}

function leaderboard(ctx, members) {
  if (!members.length) return empty(t("team.nobody"));
  const best = Math.max(100, ...members.map((member) => member.score ?? 0));
  const columns = [
    ["rank", "n"],
    ["team.moved", ""],
    ["name", ""],
    ["score", "wide"],
    ["rating", ""],
    ["trend", ""],
  ];
  return h(
    "table",
    { class: "fold" },
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
      members.map((member) => row(ctx, member, best)),
    ),
  );
}

function row(ctx, member, best) {
  const moved = member.rank && member.former_rank ? member.former_rank - member.rank : 0;
  return h(
    "tr",
    { class: "link", "data-key": member.employee_id },
    h("td", { class: "n soft rank away" }, member.rank ?? ""),
    h("td", { class: "away" }, movement(moved)),
    h(
      "td",
      null,
      h("span", { class: "name" }, person(ctx, member.employee_id)),
      h("span", { class: "under" }, word("role", member.role)),
    ),
    h(
      "td",
      { class: "wide" },
      h(
        "span",
        { class: "scored" },
        h("span", { class: "figure", "data-live": true }, score(member.score)),
        member.score === null ? null : meter(member.score / best, { label: score(member.score) }),
      ),
    ),
    h("td", null, rating(member.rating)),
    h("td", null, spark(member.trend, t("team.trend", { scores: member.trend.map(score).join(", ") }))),
  );
}

function byRule(team, counts) {
  const rows = Object.entries(counts).map(([rule, by]) => ({
    rule,
    by,
    all: Object.values(by).reduce((sum, n) => sum + n, 0),
  }));
  if (!rows.length) return empty(t("alerts.none"));
  rows.sort((one, other) => other.all - one.all);
  const most = rows[0].all;
  return h(
    "ul",
    { class: "rows" },
    rows.map(({ rule, by, all }) =>
      h(
        "li",
        { "data-key": rule },
        h("a", { href: `/alerts?team=${encodeURIComponent(team)}&rule=${encodeURIComponent(rule)}` }, ruleName(rule)),
        h(
          "span",
          { class: "figure small", "data-live": true },
          SEVERITIES.filter((name) => by[name])
            .map((name) => t(`team.count.${name}`, { n: number(by[name]) }))
            .join(" · "),
        ),
        h(
          "span",
          { class: "stacked whole", "aria-hidden": "true" },
          SEVERITIES.filter((name) => by[name]).map((name) =>
            h("i", { class: name, vars: { "--share": `${(by[name] / most) * 100}%` } }),
          ),
        ),
      ),
    ),
  );
}

/** What is recommended for its people; besides, whose score fell, as that is when a talk helps. */
function hints(ctx, { members, recommendations = [] }) {
  const fallen = members
    .map((member) => ({ member, last: member.trend.filter((value) => value !== null).slice(-2) }))
    .filter(({ last }) => last.length === 2 && last[0] - last[1] >= FALL)
    .sort((one, other) => other.last[0] - other.last[1] - (one.last[0] - one.last[1]))
    .slice(0, HINTS);
  if (!recommendations.length && !fallen.length) return empty(t("team.no_hints"));
  return h(
    "ul",
    { class: "lines" },
    recommendations.slice(0, HINTS).map((item) => h("li", null, recommendation(ctx, item))),
    fallen.map(({ member, last }) =>
      h(
        "li",
        null,
        person(ctx, member.employee_id),
        " ",
        t("team.fell", { before: score(last[0]), after: score(last[1]) }),
      ),
    ),
  );
}
