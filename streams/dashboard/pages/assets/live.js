/**
 * The stream of changes. The browser's EventSource reconnects by itself while the server answers; where it gives up,
 * or nothing was heard for too long, a new one resumes after the last id that was seen.
 */

import { url } from "./api.js";

const TOPICS = ["alerts", "scores", "kpis", "teams", "funnel", "recommendations"];
const SILENCE = 45_000; // The server pings far more often.
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 30_000;

export class Live {
  /** `told(state)` hears "connecting", "live" or "lost"; `since` is when it was lost. */
  constructor(told) {
    this.told = told;
    this.state = "connecting";
    this.wait = FIRST_WAIT;
    window.addEventListener("offline", () => this.lose());
    window.addEventListener("online", () => this.again());
    window.addEventListener("pagehide", () => this.close());
  }

  /** Follows `query.topics`; `heard(topic, {key, value})` gets each change, topic "reset" when the page must load anew. */
  open(query, heard) {
    this.close();
    this.query = query;
    this.heard = heard;
    this.last = null;
    this.connect();
  }

  close() {
    clearTimeout(this.timer);
    clearTimeout(this.watch);
    this.source?.close();
    this.source = null;
  }

  again() {
    if (!this.heard) return;
    this.close();
    this.wait = FIRST_WAIT;
    this.connect();
  }

  connect() {
    const source = new EventSource(url("/events", { ...this.query, last_event_id: this.last }));
    this.source = source;
    source.onopen = () => {
      this.wait = FIRST_WAIT;
      this.alive();
    };
    source.onerror = () => this.lose();
    for (const topic of [...TOPICS, "reset", "ping"]) {
      source.addEventListener(topic, (event) => this.take(topic, event));
    }
  }

  take(topic, event) {
    this.alive();
    if (event.lastEventId) this.last = event.lastEventId;
    if (topic === "ping") return;
    this.heard(topic, topic === "reset" ? {} : JSON.parse(event.data));
  }

  alive() {
    this.become("live");
    clearTimeout(this.watch);
    this.watch = setTimeout(() => {
      this.close();
      this.lose();
    }, SILENCE);
  }

  lose() {
    this.become("lost");
    if (this.source && this.source.readyState !== EventSource.CLOSED) return;
    this.close();
    this.timer = setTimeout(() => this.connect(), this.wait);
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
  }

  become(state) {
    if (this.state === state) return;
    this.state = state;
    this.told(state);
  }
}
