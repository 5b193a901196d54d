/** An address that no page has. */

import { h } from "../dom.js";
import { t } from "../i18n.js";
import { state } from "../ui.js";

export const load = () => null;

export function view() {
  return state(
    "nothing",
    t("state.missing"),
    t("state.missing.text"),
    h("a", { class: "button", href: "/" }, t("state.home")),
  );
}
