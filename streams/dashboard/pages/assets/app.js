/** The page that is shown, its data, and the stream that keeps them fresh. */

import { ApiError, asOf, get } from "./api.js";
import { h, morph } from "./dom.js";
import { setCurrency } from "./format.js";
import { current, t } from "./i18n.js";
import { Live } from "./live.js";
import { go, match, note } from "./router.js";
import { banner, shell } from "./shell.js";
import { skeleton, state } from "./ui.js";

const FRESH = 300_000; // After so many milliseconds the names of people and teams are asked for anew.
const PATIENCE = 120; // A page that is there sooner shows no skeleton before.
const SOON = 250; // Changes that come together are shown together.
const GAP = 1_000; // Never load more often than this.
const AGAIN = 3_000; // A server that is not there is asked again after so long.

export class App {
  constructor() {
    this.live = new Live(() => this.frame());
    this.period = null;
    this.visit = null;
  }

  async begin() {
    this.frame();
    await this.show(true);
  }

  async know() {
    if (this.meta && Date.now() - this.known < FRESH) return;
    [this.me, this.meta] = await Promise.all([get("/me"), get("/meta")]);
    this.known = Date.now();
    setCurrency(this.meta.currency);
    this.people = new Map(this.meta.employees.map((employee) => [employee.employee_id, employee]));
    this.teams = new Map(this.meta.teams.map((team) => [team.team, team]));
    if (!this.meta.periods.includes(this.period)) this.period = thisMonth(this.meta);
  }

  /**
   * Shows the page of the address; quietly, where it is only tried again, or at the start: then the document has its
   * own skeleton, and the focus is to begin at its top, with the skip link.
   */
  async show(quietly = false) {
    const visit = this.leave();
    const waiting = quietly ? null : setTimeout(() => this.paint(skeleton(), true), PATIENCE);
    try {
      await this.know();
      const route = match(location.pathname);
      if (route.page === "home") return (history.replaceState(null, "", this.home()), await this.show(quietly));
      const asked = new URLSearchParams(location.search);
      if (this.meta.periods.includes(asked.get("period"))) this.period = asked.get("period");
      Object.assign(visit, { id: route.id, name: route.page, query: Object.fromEntries(asked) });
      visit.page = await import(`./pages/${route.page}.js`);
      if (this.visit !== visit) return undefined;
      this.frame();
      this.follow(visit);
      await this.load(visit);
    } catch (error) {
      this.fail(visit, error);
    } finally {
      clearTimeout(waiting);
    }
    if (this.visit === visit && !quietly) document.querySelector("main h1")?.focus({ preventScroll: true });
    return undefined;
  }

  leave() {
    this.visit?.aborter.abort();
    clearTimeout(this.visit?.timer);
    this.visit = new Visit(this);
    window.scrollTo(0, 0);
    return this.visit;
  }

  /** The stream is opened before the data are asked for: what changes in between is then not missed. */
  follow(visit) {
    const { topics = [], filter } = visit.page;
    if (!topics.length) return this.live.close();
    const query = { topics: topics.join(","), ...filter?.(visit) };
    return this.live.open(query, (topic, change) => {
      if (topic === "reset" || !visit.page.heard) visit.reloadSoon();
      else visit.page.heard(visit, topic, change);
    });
  }

  async load(visit) {
    visit.loadedAt = Date.now();
    const data = await visit.page.load(visit);
    if (this.visit !== visit) return;
    visit.data = data;
    visit.failed = false;
    this.draw(visit);
  }

  draw(visit) {
    if (this.visit !== visit || visit.data === undefined) return;
    this.paint(visit.page.view(visit, visit.data), false);
    visit.page.painted?.(visit);
    document.title = `${document.querySelector("main h1")?.textContent ?? ""} · crm-pulse`;
  }

  fail(visit, error) {
    if (this.visit !== visit || error.name === "AbortError") return;
    const status = error instanceof ApiError ? error.status : null;
    if (status === null) console.error(error);
    visit.failed = true;
    // What was shown stays; the banner says that the connection is lost.
    if (visit.data !== undefined && (status === 0 || status >= 500)) return;
    const [name, key] = { 401: ["locked", "unknown"], 403: ["locked", "forbidden"], 404: ["nothing", "missing"] }[
      status
    ] ?? ["lost", "failed"];
    const again = h("button", { class: "button main", onclick: () => this.show() }, t("state.again"));
    const home = h("a", { class: "button", href: "/" }, t("state.home"));
    this.paint(
      state(
        name,
        t(`state.${key}`),
        t(`state.${key}.text`),
        key === "failed" ? again : key === "unknown" ? null : home,
      ),
      false,
    );
    document.title = `${t(`state.${key}`)} · crm-pulse`;
    if (key === "failed") visit.timer = setTimeout(() => this.show(true), AGAIN);
  }

  /** Main is kept as an element: it holds the scroll, and the skip link points at it. */
  paint(content, busy) {
    const main = document.getElementById("main");
    const fresh = h("main", { id: "main", tabindex: -1, "aria-busy": busy ? "true" : null }, content);
    morph(main, fresh);
  }

  frame() {
    document.documentElement.lang = current() === "zh" ? "zh-CN" : "en";
    document.querySelector(".skip").textContent = t("skip");
    shell(this);
    banner(this);
    if (this.live.state === "live" && this.visit?.failed) this.visit.reloadSoon();
  }

  /** Everything anew in another language. */
  reword() {
    this.frame();
    if (this.visit.page?.reworded) this.visit.page.reworded(this.visit);
    this.draw(this.visit);
  }

  /** Where a day begins: for who sees the company, there; for others at what is theirs to do. */
  home() {
    const { pages, role, employee_id: id } = this.me;
    if (pages.includes("company") && role !== "employee") return "/company";
    return id ? `/person/${encodeURIComponent(id)}` : "/alerts";
  }

  choosePeriod(period) {
    this.period = period;
    note({ ...this.visit.query, period });
    this.show();
  }
}

/** One stay on a page: what was asked, what came, and what the reader opened or chose there. */
class Visit {
  static made = 0;

  constructor(app) {
    this.app = app;
    this.number = ++Visit.made;
    this.aborter = new AbortController();
    this.chosen = {};
    this.query = {};
  }

  get me() {
    return this.app.me;
  }

  get meta() {
    return this.app.meta;
  }

  get period() {
    return this.app.period;
  }

  /** What ages are told by: figures may be of an hour ago, or of a simulated year. */
  get asOf() {
    return asOf() ?? this.meta.as_of;
  }

  get(path, query) {
    return get(path, query, this.aborter.signal);
  }

  choosePeriod(period) {
    this.app.choosePeriod(period);
  }

  /** Keeps a choice of the reader and shows it. */
  choose(change) {
    Object.assign(this.chosen, change);
    this.app.draw(this);
  }

  /** Filters of the address; the page loads with them. */
  ask(change) {
    note({ ...this.query, ...change });
    this.app.show();
  }

  /** Writes what is shown into the address. */
  note(query) {
    note(query);
  }

  go(address) {
    go(address);
  }

  /** What was asked for is another one by now: the page is of that one, and so is the address. */
  lead(id, address) {
    this.id = id;
    history.replaceState(null, "", address);
  }

  reloadSoon() {
    if (this.timer || this.app.visit !== this) return;
    const wait = Math.max(SOON, this.loadedAt + GAP - Date.now());
    this.timer = setTimeout(async () => {
      this.timer = null;
      try {
        await this.app.load(this);
      } catch (error) {
        this.app.fail(this, error);
      }
    }, wait);
  }

  nameOf(id) {
    return this.app.people.get(id)?.name ?? id;
  }

  teamName(id) {
    return this.app.teams.get(id)?.name || id;
  }
}

function thisMonth({ as_of: asOf, timezone, periods }) {
  const parts = new Intl.DateTimeFormat("en", { timeZone: timezone, year: "numeric", month: "2-digit" });
  const { year, month } = Object.fromEntries(
    parts.formatToParts(new Date(asOf)).map(({ type, value }) => [type, value]),
  );
  return periods.find((key) => key === `${year}-${month}`) ?? periods[0];
}
