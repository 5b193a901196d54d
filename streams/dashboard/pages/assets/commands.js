/** Acknowledge and silence: commands into the stream. The answer shows once the engine has taken it. */

import { post } from "./api.js";
import { open } from "./dialog.js";
import { h } from "./dom.js";
import { t } from "./i18n.js";
import { ruleName } from "./kpi.js";
import { toast } from "./toast.js";

const HOUR = 3_600_000;
const SPANS = [
  ["4h", 4 * HOUR],
  ["1d", 24 * HOUR],
  ["3d", 72 * HOUR],
  ["7d", 168 * HOUR],
  ["30d", 720 * HOUR],
];

export function acknowledge(alert) {
  const until = choice([["", t("until.end")], ...spans()]);
  ask(t("alert.acknowledge"), t("alert.acknowledge.text"), [h("label", { class: "field" }, t("until"), until)], () =>
    post(`/alerts/${encodeURIComponent(alert.id)}/acknowledge`, { until: moment(until.value) }),
  );
}

export function silence(ctx, alert) {
  const matchers = [
    ["rule", alert.rule, t("silence.rule", { rule: ruleName(alert.rule) })],
    ["customer_id", alert.customer_id, t("silence.customer", { customer: alert.customer_id })],
    ["employee_id", alert.employee_id, t("silence.employee", { employee: ctx.nameOf(alert.employee_id) })],
    ["team", alert.team, t("silence.team", { team: ctx.teamName(alert.team) })],
  ].filter(([, value]) => value);
  const boxes = matchers.map(([name, , text], place) => [
    name,
    h("input", { type: "checkbox", name, checked: place < 2 }),
    text,
  ]);
  const until = choice(spans());
  const fields = [
    h(
      "fieldset",
      { class: "form" },
      h("legend", null, t("silence.what")),
      boxes.map(([, box, text]) => h("label", { class: "check" }, box, text)),
    ),
    h("label", { class: "field" }, t("until"), until),
  ];
  ask(t("alert.silence"), t("alert.silence.text"), fields, () => {
    const chosen = matchers.filter((_, place) => boxes[place][1].checked).map(([name, value]) => [name, value]);
    if (!chosen.length) throw new Error(t("silence.nothing"));
    return post("/silences", { matchers: Object.fromEntries(chosen), until: moment(until.value) });
  });
}

function spans() {
  return SPANS.map(([key, length]) => [String(length), t(`until.${key}`)]);
}

function choice(options) {
  return h(
    "select",
    null,
    options.map(([value, text]) => h("option", { value }, text)),
  );
}

/** So many milliseconds from now; without, until it ends. */
function moment(length) {
  return length ? new Date(Date.now() + Number(length)).toISOString() : null;
}

function ask(title, text, fields, send) {
  const problem = h("p", { class: "bad", role: "alert" });
  const submit = async (event) => {
    event.preventDefault();
    try {
      await send();
      dialog.close();
      toast(t("sent"));
    } catch (error) {
      problem.textContent = t("not_sent", { reason: error.message });
    }
  };
  const dialog = open(
    { "aria-label": title },
    h("h2", null, title),
    h(
      "form",
      { class: "form", onsubmit: submit },
      h("p", { class: "soft" }, text),
      fields,
      problem,
      h(
        "div",
        { class: "actions" },
        h("button", { class: "button main" }, t("send")),
        h("button", { class: "button", type: "button", onclick: () => dialog.close() }, t("cancel")),
      ),
    ),
  );
}
