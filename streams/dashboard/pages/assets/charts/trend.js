import { h, s } from "../dom.js";

/** A line over periods: `points` are [foot, value or null, text]; the scale goes from 0 to `least` or further. */
export function trend(points, label, format, least) {
  const shown = points.map(([, value]) => value).filter((value) => value !== null);
  const top = round(Math.max(...shown, least));
  const x = (place) => (points.length === 1 ? 50 : (place / (points.length - 1)) * 100);
  const y = (value) => 100 - (value / top) * 100;
  const present = points.map(([, value], place) => [x(place), value]).filter(([, value]) => value !== null);
  const line = present.map(([left, value]) => `${left.toFixed(2)} ${y(value).toFixed(2)}`).join("L");
  const area = present.length ? `M${present[0][0]} 100L${line}L${present.at(-1)[0]} 100Z` : "";
  const last = points.findLastIndex(([, value]) => value !== null);
  return h(
    "figure",
    { class: "trend", role: "img", "aria-label": label },
    h(
      "div",
      { class: "scale", "aria-hidden": "true" },
      [top, top / 2, 0].map((mark) => h("span", null, format(mark))),
    ),
    h(
      "div",
      { class: "plot" },
      s(
        "svg",
        { viewBox: "0 0 100 100", preserveAspectRatio: "none", "aria-hidden": "true" },
        [0, 50, 100].map((height) => s("line", { x1: 0, x2: 100, y1: height, y2: height })),
        s("path", { class: "area", d: area }),
        s("path", { class: "line", d: line ? `M${line}` : "" }),
      ),
      points.map(([foot, value, text], place) =>
        value === null
          ? null
          : h("span", {
              class: place === last ? "dot last" : "dot",
              title: `${foot}: ${text}`,
              vars: { "--x": `${x(place)}%`, "--y": `${y(value)}%` },
            }),
      ),
    ),
    h(
      "div",
      { class: "feet", "aria-hidden": "true" },
      feet(points).map(([place, foot]) =>
        h("span", { vars: { "--x": `${x(place)}%`, "--lean": `${x(place)}%` } }, foot),
      ),
    ),
  );
}

/** Not more feet than fit on a phone. */
function feet(points) {
  const step = Math.ceil(points.length / 6);
  return points.map(([foot], place) => [place, foot]).filter(([place]) => (points.length - 1 - place) % step === 0);
}

/** The next round number above: 1, 2, 2.5 or 5 times a power of ten. */
export function round(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 2.5, 5, 10].map((step) => step * power).find((step) => step >= value);
}
