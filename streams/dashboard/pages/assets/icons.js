/** Line icons on a grid of 24. */

import { s } from "./dom.js";

const LINES = {
  pulse: "M2 13h5l2.5-7 4 13 2.5-6H22",
  company: "M4 20V10M10 20V4M16 20v-7M22 20H2M21 20V8",
  team: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 20c.4-4 3-6 6.5-6s6.1 2 6.5 6M16 4.5a3.5 3.5 0 0 1 0 6.3M18 14.5c2 .9 3.2 2.7 3.5 5.5",
  person: "M12 11.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4 20.5c.6-4.4 3.6-6.5 8-6.5s7.4 2.1 8 6.5",
  alerts: "M6 10a6 6 0 0 1 12 0c0 5 2 6.5 2 6.5H4S6 15 6 10ZM10 20a2.2 2.2 0 0 0 4 0",
  pipeline: "M4 4h4v15H4zM10 4h4v10h-4zM16 4h4v6h-4z",
  health: "M12 20s-8-4.7-8-10.500A4.5 4.5 0 0 1 12 7a4.5 4.5 0 0 1 8 2.500C20 15.3 12 20 12 20Z",
  customer: "M4 20V6l8-3 8 3v14M9 20v-5h6v5M8 9h2M14 9h2M8 12h2M14 12h2",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM16 16l5 5",
  theme:
    "M12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6 7 7M17 17l1.4 1.400M5.6 18.4 7 17M17 7l1.4-1.400M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8Z",
  lost: "M3 8.500c5.5-4.7 12.5-4.7 18 0M6.5 12.500c3.3-2.7 7.7-2.7 11 0M10 16.300c1.3-.9 2.7-.9 4 0M4 3l16 18",
  locked: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  nothing: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM16 16l5 5M8.5 11h5",
  contact:
    "M5 4h4l1.5 5-2.5 1.500a11 11 0 0 0 5.5 5.500L15 13.500l5 1.500v4c0 1-1 1.5-2 1.400C10.5 19.8 4.2 13.5 3.6 6 3.5 5 4 4 5 4Z",
  stage: "M4 12h14M13 6l6 6-6 6",
  plan: "M4 6h16v14H4zM4 10h16M8 3v4M16 3v4",
  alert: "M12 4 2.5 20h19zM12 10v5M12 17.500v.5",
  invoice: "M6 3h9l4 4v14H6zM14 3v5h5M9 12h7M9 16h7",
  payment: "M3 6h18v12H3zM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM6 9.500v5M18 9.500v5",
  ticket: "M4 5h16v11H10l-5 4v-4H4zM8 9h8M8 12h5",
  check: "M4 12.5 10 18 20 6",
  close: "M5 5l14 14M19 5 5 19",
};

export function icon(name, size = 18) {
  return s(
    "svg",
    {
      viewBox: "0 0 24 24",
      width: size,
      height: size,
      fill: "none",
      stroke: "currentColor",
      "stroke-width": 1.8,
      "stroke-linecap": "round",
      "stroke-linejoin": "round",
      "aria-hidden": "true",
    },
    s("path", { d: LINES[name] }),
  );
}

const SHAPES = {
  critical: () => s("path", { d: "M6 0.5 12 11.500H0z" }),
  warning: () => s("path", { d: "M6 0 12 6 6 12 0 6z" }),
  info: () => s("circle", { cx: 6, cy: 6, r: 4.5 }),
};

/** Severities differ by shape first. */
export function shape(severity) {
  return s("svg", { viewBox: "0 0 12 12", "aria-hidden": "true" }, (SHAPES[severity] ?? SHAPES.info)());
}
