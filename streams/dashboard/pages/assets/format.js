/** Numbers, money, dates and durations in the reader's locale and time zone. */

import { current, locale, t } from "./i18n.js";

export const NONE = "–";

const made = new Map();
let currency = "EUR";

export function setCurrency(code) {
  currency = code;
}

/** Formatters are costly to make and are asked for thousands of times. */
function formatter(kind, options) {
  const key = `${kind.name}${locale()}${JSON.stringify(options)}`;
  if (!made.has(key)) made.set(key, new kind(locale(), options));
  return made.get(key);
}

export function number(value, digits = 0) {
  if (value === null || value === undefined) return NONE;
  return formatter(Intl.NumberFormat, { maximumFractionDigits: digits }).format(value);
}

/** A score: one decimal, also where it is 0, so that a column of them is even. */
export function points(value) {
  if (value === null || value === undefined) return NONE;
  return formatter(Intl.NumberFormat, { minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(value);
}

export function percent(value, digits = 0) {
  if (value === null || value === undefined) return NONE;
  return formatter(Intl.NumberFormat, { style: "percent", maximumFractionDigits: digits }).format(value);
}

/** A figure in the reporting currency, or `{amount, currency}`. Short is for charts and tiles. */
export function money(value, short = false) {
  if (value === null || value === undefined) return NONE;
  const code = typeof value === "object" ? value.currency : currency;
  const amount = typeof value === "object" ? value.amount : value;
  const size = Math.abs(Number(amount));
  const compact = short && size >= 10_000;
  const digits = compact
    ? { notation: "compact", maximumSignificantDigits: 3 }
    : { maximumFractionDigits: short ? 0 : 2 };
  const fraction = compact || short ? {} : { minimumFractionDigits: 2 };
  const options = { style: "currency", currency: code, currencyDisplay: "narrowSymbol", ...fraction, ...digits };
  return formatter(Intl.NumberFormat, options).format(amount);
}

/** With a sign, for what was added or taken. */
export function signed(value, format = number) {
  if (value === null || value === undefined) return NONE;
  if (value === 0) return format(0);
  return (value > 0 ? "+" : "−") + format(Math.abs(value));
}

export function day(at) {
  return at ? formatter(Intl.DateTimeFormat, { dateStyle: "medium" }).format(new Date(at)) : NONE;
}

export function time(at) {
  return at ? formatter(Intl.DateTimeFormat, { timeStyle: "short" }).format(new Date(at)) : NONE;
}

export function moment(at) {
  return at ? formatter(Intl.DateTimeFormat, { dateStyle: "medium", timeStyle: "short" }).format(new Date(at)) : NONE;
}

const STEPS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** "3 days ago", "in 2 hours", as seen from `now`. */
export function away(at, now) {
  const seconds = (new Date(at) - new Date(now)) / 1000;
  const relative = formatter(Intl.RelativeTimeFormat, { numeric: "auto" });
  const [unit, size] = STEPS.find(([, least]) => Math.abs(seconds) >= least) ?? ["minute", 60];
  return relative.format(Math.trunc(seconds / size), unit);
}

/** "3.4 days", "2 hours", "45 sec": the largest unit that fits. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return NONE;
  const [unit, size] = STEPS.find(([, least]) => seconds >= least) ?? ["second", 1];
  const options = {
    style: "unit",
    unit,
    unitDisplay: "short",
    maximumFractionDigits: unit === "day" && seconds < 10 * size ? 1 : 0,
  };
  return formatter(Intl.NumberFormat, options).format(seconds / size);
}

export function days(value) {
  return value === null || value === undefined ? NONE : duration(value * 86_400);
}

const INSTANT = /\b(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(?:Z| UTC)/g;

/** A summary names instants in UTC; a reader wants them on the own clock. */
export function localised(text) {
  return text.replace(INSTANT, (_, day, time) => moment(`${day}T${time}Z`));
}

/** `2026-Q1`, `2026-03`, `30d` in words. */
export function period(key) {
  const rolling = /^(\d+)d$/.exec(key);
  if (rolling) return t("period.days", { n: Number(rolling[1]) });
  const quarter = /^(\d{4})-Q(\d)$/.exec(key);
  if (quarter) return t("period.quarter", { year: quarter[1], quarter: quarter[2] });
  const month = /^(\d{4})-(\d\d)$/.exec(key);
  if (!month) return current() === "zh" ? `${key}年` : key;
  const first = new Date(Number(month[1]), Number(month[2]) - 1, 1);
  return formatter(Intl.DateTimeFormat, { month: "long", year: "numeric" }).format(first);
}

/** The foot of a chart: a short month, else the period as it is. */
export function shortPeriod(key) {
  const month = /^(\d{4})-(\d\d)$/.exec(key);
  if (!month) return key;
  return formatter(Intl.DateTimeFormat, { month: "short" }).format(new Date(Number(month[1]), Number(month[2]) - 1, 1));
}
