/** Whether what is shown can be trusted: sources, refused records, how far the read model is. */

import { meter } from "../charts/meter.js";
import { h } from "../dom.js";
import { duration, moment, number } from "../format.js";
import { t } from "../i18n.js";
import { word } from "../kpi.js";
import { empty, head, section, tile, tiles } from "../ui.js";

const EVERY = 5_000;

export const topics = ["alerts"];

export function load(ctx) {
  clearTimeout(ctx.chosen.timer);
  ctx.chosen.timer = setTimeout(() => ctx.reloadSoon(), EVERY);
  return ctx.get("/health");
}

/** The stream only says that the server is there; what is shown is asked for again every few seconds. */
export function heard() {}

export function view(ctx, data) {
  const late = data.sources.filter((source) => source.silent);
  const letters = data.dead_letters;
  return [
    head(t("nav.health"), t("health.as_of", { at: moment(data.as_of) })),
    h(
      "div",
      { class: "stack" },
      tiles(
        tile(
          t("health.state"),
          data.ready
            ? h("span", { class: "good" }, "● ", t("health.ready"))
            : h("span", { class: "bad" }, "▼ ", t("health.loading")),
        ),
        tile(t("health.rate"), number(data.records_per_s, 1)),
        tile(t("health.refused"), number(letters.total)),
        tile(t("health.silent"), number(late.length)),
      ),
      h(
        "div",
        { class: "even" },
        section(t("health.sources"), null, sources(data.sources)),
        section(t("health.topics"), null, topicRows(data.topics)),
      ),
      h(
        "div",
        { class: "two" },
        section(t("health.letters"), null, newest(letters.newest)),
        section(t("health.reasons"), null, reasons(letters.by_reason)),
      ),
      section(
        t("health.stale"),
        null,
        data.stale_kpis.length
          ? h(
              "div",
              { class: "chips" },
              data.stale_kpis.map(({ source, scorecards }) =>
                h("span", { class: "chip" }, t("health.stale_cards", { source, n: scorecards })),
              ),
            )
          : empty(t("health.none_stale")),
      ),
    ),
  ];
}

function sources(items) {
  if (!items.length) return empty(t("health.no_sources"));
  return table(
    ["topic", "health.lag", "health.habit"],
    items.map((source) => [
      source.topic,
      source.topic,
      duration(source.lag_s),
      source.silent
        ? h("span", { class: "bad" }, "▼ ", t("health.is_silent"))
        : h("span", { class: "good" }, "● ", t("health.is_live")),
    ]),
  );
}

function topicRows(topics) {
  return table(
    ["topic", "health.records", "health.behind"],
    Object.entries(topics).map(([topic, { records, behind }]) => [topic, topic, number(records), number(behind)]),
  );
}

function table([first, ...rest], rows) {
  return h(
    "table",
    null,
    h(
      "thead",
      null,
      h(
        "tr",
        null,
        h("th", null, t(first)),
        rest.map((key) => h("th", { class: "n" }, t(key))),
      ),
    ),
    h(
      "tbody",
      null,
      rows.map(([key, name, ...cells]) =>
        h(
          "tr",
          { "data-key": key },
          h("td", { class: "name" }, name),
          cells.map((cell) => h("td", { class: "n", "data-live": true }, cell)),
        ),
      ),
    ),
  );
}

function reasons(counts) {
  const rows = Object.entries(counts).sort(([, one], [, other]) => other - one);
  if (!rows.length) return empty(t("health.none_refused"));
  return h(
    "ul",
    { class: "rows" },
    rows.map(([reason, n]) =>
      h(
        "li",
        { "data-key": reason },
        h("span", null, word("reason", reason)),
        h("span", { class: "figure", "data-live": true }, number(n)),
        meter(n / rows[0][1], { tone: "bad", label: number(n) }),
      ),
    ),
  );
}

function newest(letters) {
  if (!letters.length) return empty(t("health.none_refused"));
  return h(
    "ul",
    { class: "lines" },
    letters.map((letter) =>
      h(
        "li",
        null,
        h("p", null, letter.detail),
        h(
          "p",
          { class: "small soft" },
          [
            word("reason", letter.reason),
            letter.topic && `${letter.topic}/${letter.partition}@${letter.offset}`,
            letter.time && moment(letter.time),
          ]
            .filter(Boolean)
            .join(" · "),
        ),
      ),
    ),
  );
}
