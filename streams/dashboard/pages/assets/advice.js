/** A recommendation: for a person to decide, so it comes with its reasons and two buttons. */

import { post } from "./api.js";
import { open } from "./dialog.js";
import { h } from "./dom.js";
import { localised, percent, period } from "./format.js";
import { current, t } from "./i18n.js";
import { kpiName, kpiValue, word } from "./kpi.js";
import { toast } from "./toast.js";
import { person } from "./ui.js";

const DECIDERS = ["admin", "hr", "manager"];

/** The sentence of an alert or a recommendation in the reader's language, instants on the reader's clock. */
export function summary(record) {
  return localised((current() === "zh" && record.summary_zh) || record.summary || "");
}

export function recommendation(ctx, item) {
  const id = item.recommendation_id;
  const decide = (decision) =>
    h("button", { class: "button", onclick: () => ask(id, decision, item) }, t(`advice.${decision}`));
  const decided = item.decision ?? (item.status === "open" ? null : item.status);
  return h(
    "div",
    { class: "advice" },
    h("span", { class: "chip" }, word("advice.kind", item.kind)),
    h("p", null, item.employee_id ? [person(ctx, item.employee_id), " · "] : null, summary(item)),
    item.adjustment ? h("p", null, suggestion(item.adjustment)) : null,
    item.reasons?.length
      ? h("p", { class: "soft small" }, t("advice.reasons"), " ", item.reasons.map(reason).join(", "))
      : null,
    decided ? h("p", { class: "soft small" }, word("advice.status", decided)) : null,
    !decided && DECIDERS.includes(ctx.me.role) && item.employee_id !== ctx.me.employee_id
      ? h("div", { class: "actions" }, decide("accepted"), decide("rejected"))
      : null,
  );
}

function suggestion({ kpi, each, present, suggested }) {
  return t(`advice.target.${each}`, {
    kpi: kpiName(kpi),
    present: kpiValue(kpi, present),
    suggested: kpiValue(kpi, suggested),
  });
}

/** A KPI of the scorecard; of another target what was reached of it in one of its periods. */
function reason({ kpi, period: key, value, target, attainment }) {
  if (!key) return kpiName(kpi);
  return t("advice.reached", {
    period: period(key),
    value: kpiValue(kpi, value),
    target: kpiValue(kpi, target),
    attainment: percent(attainment),
  });
}

function ask(id, decision, item) {
  const comment = h("textarea", { class: "input", rows: 3 });
  const dialog = open(
    { "aria-label": t(`advice.${decision}`) },
    h("h2", null, t(`advice.${decision}`)),
    h(
      "form",
      { class: "form", onsubmit: (event) => (event.preventDefault(), send(id, decision, comment.value, dialog)) },
      h("p", null, summary(item)),
      h("label", { class: "field" }, t("comment"), comment),
      h(
        "div",
        { class: "actions" },
        h("button", { class: "button main" }, t("send")),
        h("button", { class: "button", type: "button", onclick: () => dialog.close() }, t("cancel")),
      ),
    ),
  );
}

async function send(id, decision, comment, dialog) {
  try {
    await post(`/recommendations/${encodeURIComponent(id)}/decision`, { decision, comment });
    dialog.close();
    toast(t("sent"));
  } catch (error) {
    toast(t("not_sent", { reason: error.message }));
  }
}
