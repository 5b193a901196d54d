import { h, s } from "../dom.js";
import { signed } from "../format.js";
import { t } from "../i18n.js";

const STEPS = [
  ["new", 1],
  ["pulled_in", 1],
  ["increased", 1],
  ["decreased", -1],
  ["pushed", -1],
  ["won", -1],
  ["lost", -1],
  ["reassigned", 1],
];

/** How a pipeline came from its opening to its closing: each step begins where the one before ended. */
export function bridge(record, format) {
  const rows = walk(record);
  const ends = rows.flatMap(({ from, to }) => [from, to]);
  const [low, high] = [Math.min(0, ...ends), Math.max(0, ...ends)];
  const scale = (value) => ((value - low) / (high - low || 1)) * 100;
  return h(
    "ol",
    { class: "rows bridge" },
    rows.map((row) => drawn(row, scale, format)),
  );
}

function walk(record) {
  const rows = [{ name: "opening", from: 0, to: record.opening, total: true }];
  let height = record.opening;
  for (const [name, sign] of STEPS) {
    const change = sign * record[name];
    if (!change) continue;
    rows.push({ name, from: height, to: height + change, change });
    height += change;
  }
  return [...rows, { name: "closing", from: 0, to: record.closing, total: true }];
}

function drawn({ name, from, to, total, change }, scale, format) {
  const [left, right] = [scale(Math.min(from, to)), scale(Math.max(from, to))];
  const kind = total ? "total" : change > 0 ? "up" : "down";
  return h(
    "li",
    { class: "row", "data-key": name },
    h("span", { class: total ? "strong" : "" }, t(`bridge.${name}`)),
    s(
      "svg",
      { viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" },
      s("rect", { class: kind, x: left, y: 1, width: Math.max(right - left, 0.4), height: 8 }),
      s("line", { class: "axis", x1: scale(to), x2: scale(to), y1: 9, y2: 13 }),
    ),
    h(
      "span",
      { class: `figure n ${total ? "strong" : ""}`, "data-live": true },
      total ? format(to) : signed(change, format),
    ),
  );
}
