import { h, s } from "../dom.js";

const WIDTH = 88;
const HEIGHT = 24;

/** A line of the values in order, nulls left out, with a dot on the last. */
export function spark(values, label) {
  const present = values.map((value, place) => [place, value]).filter(([, value]) => value !== null);
  if (present.length < 2) return h("span", { class: "soft" }, "–");
  const numbers = present.map(([, value]) => value);
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  const at = ([place, value]) => [
    (place / (values.length - 1)) * WIDTH,
    high === low ? HEIGHT / 2 : HEIGHT - 2 - ((value - low) / (high - low)) * (HEIGHT - 4),
  ];
  const points = present.map(at);
  const [x, y] = points.at(-1);
  return s(
    "svg",
    { class: "spark", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label },
    s("path", { d: `M${points.map((point) => point.map((n) => n.toFixed(1)).join(" ")).join("L")}` }),
    s("circle", { cx: x.toFixed(1), cy: y.toFixed(1), r: 2.5 }),
  );
}
