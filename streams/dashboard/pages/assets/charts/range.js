import { h } from "../dom.js";
import { t } from "../i18n.js";
import { round } from "./trend.js";

/** What is reached, what is likely at the end of the period (four of five cases), and the target, on one scale. */
export function range({ value, forecast, forecast_low: low, forecast_high: high, target }, format) {
  const ranged = low !== null && low !== undefined;
  const [from, to] = ranged ? [low, high] : [value, forecast];
  const top = round(Math.max(value, to, target, 1));
  const at = (figure) => `${(figure / top) * 100}%`;
  const likely = ranged
    ? t("forecast.likely", { low: format(from), high: format(to) })
    : t("forecast.by_odds", { value: format(to) });
  const reached = t("forecast.reached", { value: format(value) });
  const aim = t("forecast.target", { target: format(target) });
  return h(
    "figure",
    {
      class: "range",
      role: "img",
      "aria-label": [reached, likely, aim].join(", "),
      title: ranged ? t("forecast.rule") : null,
    },
    h("span", { class: "rail" }),
    h("span", { class: "likely", vars: { "--from": at(from), "--share": at(Math.max(to - from, 0)) } }),
    h("span", { class: "done", vars: { "--share": at(value) } }),
    h("span", { class: "point", vars: { "--at": at(target) } }),
    tag(target / top, aim),
    h("span", { class: "under soft" }, h("span", null, reached), h("span", null, likely)),
  );
}

/** Leans towards the middle, so that no end of it leaves the chart. */
function tag(share, text) {
  return h("span", { class: "tag soft", vars: { "--at": `${share * 100}%`, "--lean": `${share * 100}%` } }, text);
}
