/** The reader's language: the browser's, or the one that was chosen. */

import { en } from "./words.en.js";
import { zh } from "./words.zh.js";
import { recall, remember } from "./store.js";

const LANGUAGES = { en, zh };
const REGIONS = { en: "en-GB", zh: "zh-CN" };

export const names = { en: "English", zh: "中文" };

let language = pick();
let plurals = new Intl.PluralRules(language);

function pick() {
  const chosen = recall("language");
  if (chosen in LANGUAGES) return chosen;
  const known = navigator.languages.map((tag) => tag.split("-")[0]).find((tag) => tag in LANGUAGES);
  return known ?? "en";
}

export function current() {
  return language;
}

/** For numbers and dates: the reader's own region where it speaks the language that is shown. */
export function locale() {
  return navigator.languages.find((tag) => tag.split("-")[0] === language) ?? REGIONS[language];
}

export function choose(next) {
  remember("language", next);
  language = next;
  plurals = new Intl.PluralRules(language);
}

export function has(key) {
  return key in LANGUAGES[language];
}

/** The text of a key, with `{name}` replaced; with a `n` among the values, by the plural form of `n` where it has one. */
export function t(key, values = {}) {
  const words = LANGUAGES[language];
  const form = typeof values.n === "number" ? `${key}.${plurals.select(values.n)}` : key;
  const text = words[form] ?? words[key] ?? words[`${key}.other`] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[`${name}_text`] ?? values[name] ?? whole);
}
