import { h } from "../dom.js";

/** How much of the whole is reached; `expected` draws a mark where it should be by now. Both are shares, 1 is full. */
export function meter(share, { expected = null, tone = "", label }) {
  const held = (value) => `${Math.min(Math.max(value, 0), 1) * 100}%`;
  return h(
    "span",
    { class: `meter ${tone}`, role: "img", "aria-label": label },
    h("i", { vars: { "--share": held(share ?? 0) } }),
    expected === null ? null : h("b", { vars: { "--at": held(expected) } }),
  );
}
