import { h, s } from "../dom.js";
import { days, money, number, percent } from "../format.js";
import { t } from "../i18n.js";

/** Stages in order, as wide as what entered them; the full part went on. */
export function funnel(stages) {
  const widest = Math.max(1, ...stages.map((stage) => stage.entered));
  return h(
    "ol",
    { class: "rows funnel" },
    stages.map((stage) => row(stage, widest)),
  );
}

function row(stage, widest) {
  const conversion = stage.conversion === null ? "" : t("funnel.went_on", { share: percent(stage.conversion) });
  const stay =
    stage.p50_days === null ? "" : t("funnel.stay", { median: days(stage.p50_days), most: days(stage.p90_days) });
  const open =
    stage.open_count === null
      ? ""
      : t("funnel.open", {
          n: stage.open_count,
          n_text: number(stage.open_count),
          amount: money(stage.open_amount, true),
        });
  return h(
    "li",
    { "data-key": stage.stage },
    h("span", { class: "name" }, stage.stage),
    h(
      "span",
      { class: "figure", "data-live": true },
      t("funnel.entered", { n: stage.entered, n_text: number(stage.entered) }),
    ),
    s(
      "svg",
      { viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" },
      bar("entered", stage.entered / widest),
      bar("passed", stage.passed / widest),
    ),
    h("span", { class: "small soft" }, [conversion, stay].filter(Boolean).join(" · ")),
    h("span", { class: "small soft figure" }, open),
  );
}

/** Centred, as a funnel is. */
function bar(kind, share) {
  return s("rect", { class: kind, x: 50 - share * 50, y: 0, width: share * 100, height: 10 });
}
