/** What a KPI or a rule is called, and how its values are written. */

import { days, duration, money, number, percent } from "./format.js";
import { has, t } from "./i18n.js";

const MONEY = /(_amount|_revenue|_profit|_value|_velocity)$/;
const RATE = /(_rate|_conversion|_progress|_quality|_realisation)$|^(csat|nps|stage_conversion)$/;

export function kpiName(kpi) {
  const [plain, part] = kpi.split(":");
  const ranked = /^(.+)_p(\d+)$/.exec(plain);
  if (ranked) return t("kpi.percentile", { kpi: kpiName(ranked[1]), share: ranked[2] });
  const name = has(`kpi.${plain}`) ? t(`kpi.${plain}`) : capital(plain.replaceAll("_", " "));
  return part ? t("kpi.part", { kpi: name, part: has(`channel.${part}`) ? t(`channel.${part}`) : part }) : name;
}

export function kpiValue(kpi, value, short = false) {
  const plain = kpi.split(":")[0].replace(/_p\d+$/, "");
  if (MONEY.test(plain)) return money(value, short);
  if (RATE.test(plain)) return percent(value, 1);
  if (plain.endsWith("_seconds")) return duration(value);
  if (plain.endsWith("_cycle_days") || plain.startsWith("time_in_stage")) return days(value);
  return number(value, short && Math.abs(value) >= 10 ? 0 : 2);
}

export function ruleName(rule) {
  return has(`rule.${rule}`) ? t(`rule.${rule}`) : rule;
}

/** A word of the policy's or the engine's, such as a role or a status; one that no list has is shown as it is. */
export function word(kind, value) {
  if (value === null || value === undefined || value === "") return "";
  return has(`${kind}.${value}`) ? t(`${kind}.${value}`) : capital(String(value).replaceAll("_", " "));
}

function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
