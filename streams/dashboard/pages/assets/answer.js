/** An employee's answer to the own appraisal. */

import { post } from "./api.js";
import { open } from "./dialog.js";
import { h } from "./dom.js";
import { period } from "./format.js";
import { t } from "./i18n.js";
import { toast } from "./toast.js";

export function respond(ctx) {
  const comment = h("textarea", { class: "input", rows: 5, required: true });
  const send = async (event) => {
    event.preventDefault();
    try {
      await post(`/employees/${encodeURIComponent(ctx.id)}/response`, {
        about: "score",
        ref: `${ctx.id}/${ctx.period}`,
        comment: comment.value,
      });
      dialog.close();
      toast(t("sent"));
    } catch (error) {
      toast(t("not_sent", { reason: error.message }));
    }
  };
  const dialog = open(
    { "aria-label": t("answer.open") },
    h("h2", null, t("answer.title", { period: period(ctx.period) })),
    h(
      "form",
      { class: "form", onsubmit: send },
      h("label", { class: "field" }, t("answer.comment"), comment),
      h(
        "div",
        { class: "actions" },
        h("button", { class: "button main" }, t("send")),
        h("button", { class: "button", type: "button", onclick: () => dialog.close() }, t("cancel")),
      ),
    ),
  );
}
