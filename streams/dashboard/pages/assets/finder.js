/** Finds a person, a team, a customer or a page by a few letters. */

import { get } from "./api.js";
import { h } from "./dom.js";
import { open } from "./dialog.js";
import { t } from "./i18n.js";
import { word } from "./kpi.js";
import { tabs } from "./places.js";
import { go } from "./router.js";

const PAUSE = 150; // Milliseconds without a letter before the server is asked.
const EACH = 6;

export function find(app) {
  if (!app.meta) return;
  const input = h("input", {
    type: "text",
    placeholder: t("find.hint"),
    "aria-label": t("find"),
    role: "combobox",
    "aria-expanded": "true",
    "aria-controls": "found",
    autocomplete: "off",
  });
  const list = h("ul", { id: "found", role: "listbox", "aria-label": t("find") });
  const none = h("p", { class: "none soft", role: "status" });
  const dialog = open({ class: "finder", "aria-label": t("find") }, input, list, none);
  let results = [];
  let selected = 0;
  let timer;

  const choose = (place) => {
    dialog.close();
    go(results[place].address);
  };
  const draw = () => {
    list.replaceChildren(...results.map((result, place) => option(result, place, place === selected, choose)));
    none.textContent = results.length ? "" : t("find.none");
    input.setAttribute("aria-activedescendant", results.length ? `found-${selected}` : "");
    list.children[selected]?.scrollIntoView({ block: "nearest" });
  };
  const search = async () => {
    const text = input.value.trim();
    const found = await matches(app, text);
    if (text !== input.value.trim()) return;
    [results, selected] = [found, 0];
    draw();
  };
  input.oninput = () => {
    clearTimeout(timer);
    timer = setTimeout(search, PAUSE);
  };
  input.onkeydown = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && results.length) {
      event.preventDefault();
      selected = (selected + step + results.length) % results.length;
      draw();
    } else if (event.key === "Enter" && results.length) {
      event.preventDefault();
      choose(selected);
    }
  };
  search();
}

function option(result, place, chosen, choose) {
  return h(
    "li",
    { id: `found-${place}`, role: "option", "aria-selected": String(chosen), onclick: () => choose(place) },
    h("span", null, result.name),
    h("span", { class: "soft small" }, result.kind),
  );
}

async function matches(app, text) {
  const like = (name) => name.toLowerCase().includes(text.toLowerCase());
  const pages = tabs(app).map(([page, address]) => ({ name: t(`nav.${page}`), kind: t("find.page"), address }));
  const teams = app.meta.teams.map(({ team, name }) => ({
    name: name || team,
    kind: t("find.team"),
    address: `/team/${encodeURIComponent(team)}`,
  }));
  const local = [...pages, ...teams].filter(({ name }) => like(name)).slice(0, EACH * 2);
  if (!text) return local;
  const [people, customers] = await Promise.all([items("/employees", text), items("/customers", text)]);
  return [
    ...people.map((person) => ({
      name: person.name ?? person.employee_id,
      kind: word("role", person.role),
      address: `/person/${encodeURIComponent(person.employee_id)}`,
    })),
    ...customers.map(({ customer_id: id, name }) => ({
      name: name ?? id,
      kind: t("find.customer"),
      address: `/customer/${encodeURIComponent(id)}`,
    })),
    ...local,
  ];
}

/** What one list has; a list that the reader may not see, or that cannot be reached, has nothing. */
async function items(path, search) {
  try {
    return (await get(path, { search, limit: EACH })).items;
  } catch {
    return [];
  }
}
