/**
 * A list of any length of which only what is seen is in the page. Rows have one height; records come by pages of an
 * offset, and the pages that were not seen for longest are forgotten.
 */

import { h, morph } from "./dom.js";

const PAGE = 100;
const KEPT = 30; // Pages.
const AROUND = 6; // Rows above and below the seen ones.
const REST = 120; // Milliseconds of scrolling on after which a page is asked for.

export class VirtualList {
  /** `fetch(offset, limit)` gives `{items, total}`; `row(record or null, chosen)` an element; `chosen(record)` is told. */
  constructor({ label, height, fetch, row, chosen, failed }) {
    Object.assign(this, { height, fetch, row, chosen, failed });
    this.window = h("div", { class: "window" });
    this.space = h("div", { class: "space" }, this.window);
    this.element = h(
      "div",
      {
        class: "virtual",
        "data-keep": true,
        role: "listbox",
        tabindex: 0,
        "aria-label": label,
        onscroll: () => this.draw(),
        onclick: (event) => this.click(event),
      },
      this.space,
    );
    new ResizeObserver(() => this.draw()).observe(this.element);
    this.start();
  }

  /** Anew from the top, with a first page that is at hand already. */
  start(first = null) {
    this.pages = new Map();
    this.asked = new Set();
    this.total = 0;
    this.active = -1;
    this.era = (this.era ?? 0) + 1;
    this.element.scrollTop = 0;
    if (first) this.keep(0, first);
  }

  /** Like `start`, but the reader's place stays. */
  refresh(first) {
    const { active } = this;
    const top = this.element.scrollTop;
    this.start();
    this.active = active;
    this.keep(0, first);
    this.element.scrollTop = top;
    this.draw();
  }

  keep(page, { items, total }) {
    this.pages.delete(page);
    this.pages.set(page, items);
    this.total = total;
    for (const old of this.pages.keys()) {
      if (this.pages.size <= KEPT) break;
      this.pages.delete(old);
    }
    this.space.style.setProperty("--height", `${total * this.height}px`);
    this.draw();
  }

  at(place) {
    return this.pages.get(Math.floor(place / PAGE))?.[place % PAGE] ?? null;
  }

  /** The record takes the place of its former state; false where that is not at hand. */
  replace(record) {
    for (const items of this.pages.values()) {
      const place = items.findIndex((item) => item.id === record.id);
      if (place < 0) continue;
      items[place] = record;
      this.draw();
      return true;
    }
    return false;
  }

  draw() {
    const { scrollTop, clientHeight } = this.element;
    const first = Math.max(0, Math.floor(scrollTop / this.height) - AROUND);
    const end = Math.min(this.total, Math.ceil((scrollTop + clientHeight) / this.height) + AROUND);
    const rows = [];
    for (let place = first; place < end; place += 1) rows.push(this.option(place));
    morph(this.window, h("div", { class: "window", vars: { "--top": `${first * this.height}px` } }, rows));
    const seen = this.active >= first && this.active < end;
    if (seen) this.element.setAttribute("aria-activedescendant", `row-${this.active}`);
    else this.element.removeAttribute("aria-activedescendant");
    this.want(first, end);
  }

  option(place) {
    const record = this.at(place);
    const active = place === this.active;
    const props = {
      id: `row-${place}`,
      class: active ? "row active" : "row",
      role: "option",
      "aria-selected": String(active),
      "aria-setsize": this.total,
      "aria-posinset": place + 1,
      "data-place": place,
      "data-key": record?.id ?? `empty-${place}`,
    };
    return h("div", props, this.row(record));
  }

  /** Asks for what is seen and not at hand, once the reader rests on it: a long drag would ask for everything. */
  want(first, end) {
    clearTimeout(this.resting);
    const missing = [];
    for (let page = Math.floor(first / PAGE); page * PAGE < end; page += 1) {
      if (!this.pages.has(page) && !this.asked.has(page)) missing.push(page);
    }
    if (missing.length) this.resting = setTimeout(() => missing.forEach((page) => this.ask(page)), REST);
  }

  async ask(page) {
    const { era } = this;
    this.asked.add(page);
    try {
      const answer = await this.fetch(page * PAGE, PAGE);
      if (era === this.era) this.keep(page, answer);
    } catch (error) {
      this.failed(error);
    } finally {
      this.asked.delete(page);
    }
  }

  click(event) {
    const row = event.target.closest("[data-place]");
    if (row) this.choose(Number(row.dataset.place));
  }

  /** Moves by so many rows and keeps the row in sight. */
  move(step) {
    this.choose(Math.min(Math.max(this.active + step, 0), this.total - 1));
  }

  choose(place) {
    if (place < 0) return;
    this.active = place;
    const top = place * this.height;
    const { scrollTop, clientHeight } = this.element;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + this.height > scrollTop + clientHeight) this.element.scrollTop = top + this.height - clientHeight;
    this.draw();
    const record = this.at(place);
    if (record) this.chosen(record);
  }
}

export const pageSize = PAGE;
