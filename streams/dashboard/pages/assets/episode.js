/** One alert in full: what was measured, who knows, what can be done, and how it went. */

import { summary } from "./advice.js";
import { acknowledge, silence } from "./commands.js";
import { h } from "./dom.js";
import { duration, localised, moment, number, period } from "./format.js";
import { t } from "./i18n.js";
import { icon } from "./icons.js";
import { kpiName, kpiValue, ruleName, word } from "./kpi.js";
import { customer, level, person, severity, team } from "./ui.js";

export function detail(ctx, alert, close) {
  const over = alert.status === "resolved";
  return [
    h(
      "header",
      { class: "detail-head" },
      h("h2", null, ruleName(alert.rule)),
      h("button", { class: "tool", "aria-label": t("close"), onclick: close }, icon("close")),
    ),
    h(
      "p",
      { class: "actions" },
      alert.severity ? severity(alert.severity) : null,
      h("span", { class: "chip" }, word("status", alert.status)),
      level(alert.level),
    ),
    h("p", null, summary(alert)),
    over
      ? null
      : h(
          "div",
          { class: "actions" },
          h(
            "button",
            { class: "button main", disabled: alert.status === "acknowledged", onclick: () => acknowledge(alert) },
            t("alert.acknowledge"),
          ),
          h("button", { class: "button", onclick: () => silence(ctx, alert) }, t("alert.silence")),
        ),
    h(
      "dl",
      { class: "facts" },
      facts(ctx, alert)
        .filter(([, value]) => value)
        .map(([name, value]) => h("div", null, h("dt", { class: "soft" }, name), h("dd", null, value))),
    ),
    h("h3", null, t("alert.history")),
    history(ctx, alert.history ?? []),
  ];
}

function facts(ctx, alert) {
  return [
    [t("customer"), alert.customer_id && customer(alert.customer_id)],
    [t("opportunity"), alert.opportunity_id],
    [t("person"), alert.employee_id && person(ctx, alert.employee_id)],
    [t("team"), alert.team && team(ctx, alert.team)],
    [t("alert.recipients"), alert.recipients?.map((id) => ctx.nameOf(id)).join(", ")],
    [t("alert.since"), alert.started_at && moment(alert.started_at)],
    [t("alert.ended"), alert.ended_at && moment(alert.ended_at)],
    [t("alert.suppressed"), alert.suppressed_by],
    ...measured(alert.values ?? {}),
  ];
}

const UNITS = { d: 86_400, h: 3_600, m: 60, s: 1 };
/** What was measured against which bound, each in its unit. */
function measured(values) {
  return Object.entries(values)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => [word("measured", name), written(name, value, values)]);
}

function written(name, value, { kpi }) {
  if (name === "kpi") return kpiName(value);
  if (name === "period") return period(value);
  if (name === "last_contact_channel") return word("channel", value);
  const span = /^(\d+)([dhms])$/.exec(value);
  if (span) return duration(Number(span[1]) * UNITS[span[2]]);
  if (typeof value === "number")
    return kpi && ["value", "target", "expected"].includes(name) ? kpiValue(kpi, value) : number(value, 2);
  return localised(value);
}

function history(ctx, records) {
  return h(
    "ol",
    { class: "episode" },
    records.map((record) =>
      h(
        "li",
        null,
        h(
          "p",
          null,
          h("span", { class: "strong" }, word("status", record.status)),
          " · ",
          word("change", record.reason),
          record.level ? ` · ${t("alert.level", { level: record.level })}` : "",
        ),
        h(
          "p",
          { class: "small soft" },
          moment(at(record)),
          record.recipients?.length ? ` · ${record.recipients.map((id) => ctx.nameOf(id)).join(", ")}` : "",
        ),
      ),
    ),
  );
}

/** A record names the instants of the episode; the newest of them is when it came to be as it says. */
function at({ started_at: started, fired_at: fired, ended_at: ended, changed_at: changed }) {
  return changed ?? ended ?? fired ?? started;
}
