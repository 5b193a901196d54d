/** A customer at one view: what it is worth, what is open, and everything that happened in order. */

import { summary } from "../advice.js";
import { h } from "../dom.js";
import { away, day, localised, moment, money, time } from "../format.js";
import { current, t } from "../i18n.js";
import { icon } from "../icons.js";
import { ruleName, word } from "../kpi.js";
import { empty, head, level, person, section, severity, tile, tiles } from "../ui.js";

const KINDS = [
  ...["contact", "attempt", "plan", "stage", "won", "lost", "invoice", "payment", "refund", "ticket", "resolved", "alert", "over"],
];
const MARKS = { won: "check", lost: "close", over: "check", refund: "payment", resolved: "check", attempt: "contact" };
const STEP = 40;
const MOST = 20; // So many contacts, invoices, payments and tickets the record of a customer holds at most.

export const topics = ["alerts"];

/** A customer that was merged into another one leads there, and the page says where its reader came from. */
export async function load(ctx) {
  const found = await ctx.get(`/customers/${encodeURIComponent(ctx.id)}`);
  if (found.merged_into) {
    ctx.former = ctx.id;
    ctx.lead(found.merged_into, `/customer/${encodeURIComponent(found.merged_into)}`);
  }
  return found;
}

/** Alerts of other customers say that nothing of this one changed. */
export function heard(ctx, topic, { value }) {
  if (!value || value.customer_id === ctx.id) ctx.reloadSoon();
}

export function view(ctx, { customer, opportunities, timeline, alerts }) {
  const facts = [
    customer.grade && t("customer.grade", { grade: customer.grade }),
    word("customer.status", customer.status),
  ].filter(Boolean);
  return [
    head(customer.name ?? customer.customer_id, [
      facts.join(" · "),
      customer.owner_id ? [" · ", t("customer.owner"), " ", person(ctx, customer.owner_id)] : null,
    ]),
    h(
      "div",
      { class: "stack" },
      ctx.former ? h("p", { class: "note", role: "status" }, t("customer.merged", { customer: ctx.former })) : null,
      figures(ctx, customer),
      h(
        "div",
        { class: "two" },
        section(t("customer.timeline"), { aside: kinds(ctx, timeline) }, history(ctx, timeline), left(customer)),
        h(
          "div",
          { class: "stack" },
          section(t("customer.alerts"), null, standing(ctx, alerts)),
          section(t("customer.opportunities"), null, deals(ctx, opportunities)),
          customer.open_tickets.length ? section(t("customer.tickets"), null, tickets(customer.open_tickets)) : null,
        ),
      ),
    ),
  ];
}

function figures(ctx, customer) {
  const { last_contact: last, next_contact: next } = customer;
  return tiles(
    tile(t("customer.open"), money(customer.open_amount, true)),
    tile(t("customer.won"), money(customer.won_amount, true), t("team.deals", { n: customer.won_count })),
    tile(
      t("customer.outstanding"),
      money(customer.outstanding, true),
      t("customer.invoiced", { amount: money(customer.invoiced, true), paid: money(customer.collected, true) }),
    ),
    tile(
      t("customer.last"),
      last ? away(last.at, ctx.asOf) : "–",
      last ? ctx.nameOf(last.employee_id) : t("customer.never"),
    ),
    tile(
      t("customer.next"),
      next ? away(next.at, ctx.asOf) : "–",
      next?.step ?? (next ? moment(next.at) : t("customer.no_plan")),
    ),
  );
}

function kinds(ctx, timeline) {
  const present = KINDS.filter((kind) => timeline.some((item) => item.kind === kind));
  const chosen = ctx.chosen.kind ?? null;
  const chip = (kind, text) =>
    h(
      "button",
      { class: "chip", "aria-pressed": String(chosen === kind), onclick: () => ctx.choose({ kind, shown: STEP }) },
      text,
    );
  return h(
    "div",
    { class: "chips" },
    chip(null, t("all")),
    present.map((kind) => chip(kind, t(`kind.${kind}`))),
  );
}

function history(ctx, timeline) {
  const { kind = null, shown = STEP } = ctx.chosen;
  const items = timeline
    .filter((item) => kind === null || item.kind === kind)
    .toSorted((one, other) => other.at.localeCompare(one.at));
  if (!items.length) return empty(t("customer.nothing"));
  const groups = Map.groupBy(items.slice(0, shown), (item) => day(item.at));
  return [
    [...groups].map(([date, those]) => [
      h("h3", { class: "date" }, date),
      h(
        "ol",
        { class: "timeline" },
        those.map((item) => entry(ctx, item)),
      ),
    ]),
    items.length > shown
      ? h(
          "button",
          { class: "plain", onclick: () => ctx.choose({ shown: shown + STEP }) },
          t("more", { n: items.length - shown }),
        )
      : null,
  ];
}

function entry(ctx, item) {
  return h(
    "li",
    { class: `event kind-${item.kind}` },
    h("span", { class: "event-mark" }, icon(MARKS[item.kind] ?? item.kind, 16)),
    h(
      "div",
      null,
      h("p", null, h("span", { class: "hidden" }, t(`kind.${item.kind}`), ": "), told(ctx, item)),
      more(ctx, item),
    ),
    h("time", { class: "small soft figure", datetime: item.at }, time(item.at)),
  );
}

/** What happened, in a sentence of the reader's language; of an alert, its own. */
function told(ctx, { kind, text, text_zh: chinese, ref, amount }) {
  if (kind === "contact" || kind === "attempt") return [t(`event.${kind}`), " ", person(ctx, text)];
  if (kind === "plan") return text ? t("event.plan", { step: text }) : t("event.plan_bare");
  if (kind === "alert" || kind === "over") {
    const link = h(
      "a",
      { class: "quiet", href: `/alerts?customer=${encodeURIComponent(ctx.id)}&open=${encodeURIComponent(ref)}` },
      localised((current() === "zh" && chinese) || text),
    );
    return kind === "over" ? [t("event.over"), " ", link] : link;
  }
  if (kind === "invoice" || kind === "payment" || kind === "refund") {
    return t(`event.${kind}`, { invoice: ref, amount: money(amount) });
  }
  if (kind === "ticket" || kind === "resolved") return t(`event.${kind}`, { ticket: ref, kind: word("wish", text) });
  return t(`event.${kind}`, { deal: ref, stage: text });
}

/** Below it, how a contact came about, what became of an invoice, and how urgent and whose a ticket is. */
function more(ctx, { kind, ref, channel, inbound }) {
  if (kind === "contact" || kind === "attempt") {
    const began = t(inbound ? "contact.inbound" : "contact.outbound");
    return h("p", { class: "small soft" }, channel ? `${word("channel", channel)} · ${began}` : began);
  }
  const { recent_invoices: invoices, recent_tickets: all } = ctx.data.customer;
  const invoice = kind === "invoice" && invoices.find((one) => one.invoice_id === ref);
  const ticket = kind === "ticket" && all.find((one) => one.ticket_id === ref);
  if (invoice) {
    const late = invoice.status === "open" && Date.parse(invoice.due_at) <= Date.parse(ctx.asOf);
    return h(
      "p",
      { class: "small soft" },
      h("span", { class: late ? "bad" : null }, t(`invoice.status.${late ? "overdue" : invoice.status}`)),
      ` · ${t("invoice.due", { day: day(invoice.due_at) })}`,
      invoice.paid && invoice.status !== "paid" ? ` · ${t("invoice.part", { amount: money(invoice.paid) })}` : null,
    );
  }
  if (!ticket || !(ticket.priority || ticket.employee_id)) return null;
  return h(
    "p",
    { class: "small soft" },
    ticket.priority ? t("ticket.priority", { priority: ticket.priority }) : null,
    ticket.priority && ticket.employee_id ? " · " : null,
    ticket.employee_id ? person(ctx, ticket.employee_id) : null,
  );
}

/** What the timeline cannot tell. */
function left(customer) {
  const kinds = ["contacts", "invoices", "payments", "tickets"];
  const full = kinds.some((kind) => customer[`recent_${kind}`].length >= MOST);
  const apart = customer.collected_uninvoiced;
  const texts = [
    full && t("customer.newest", { n: MOST }),
    apart && t("customer.uninvoiced", { amount: money(apart) }),
  ].filter(Boolean);
  return texts.length ? h("p", { class: "small soft after" }, texts.join(" ")) : null;
}

function standing(ctx, alerts) {
  if (!alerts.length) return empty(t("customer.no_alerts"));
  return h(
    "ul",
    { class: "lines" },
    alerts.map((alert) =>
      h(
        "li",
        { "data-key": alert.id },
        h(
          "div",
          { class: "task-head" },
          alert.severity ? severity(alert.severity) : word("status", alert.status),
          level(alert.level),
          h("span", { class: "small soft figure" }, away(alert.started_at ?? alert.since, ctx.asOf)),
        ),
        h(
          "a",
          {
            class: "quiet",
            href: `/alerts?customer=${encodeURIComponent(ctx.id)}&open=${encodeURIComponent(alert.id)}`,
          },
          summary(alert) || ruleName(alert.rule),
        ),
      ),
    ),
  );
}

function tickets(ids) {
  return h(
    "ul",
    { class: "lines" },
    ids.map((id) => h("li", { "data-key": id }, id)),
  );
}

function deals(ctx, opportunities) {
  if (!opportunities.length) return empty(t("customer.no_opportunities"));
  return h(
    "ul",
    { class: "lines" },
    opportunities.map((deal) =>
      h(
        "li",
        { "data-key": deal.opportunity_id },
        h(
          "div",
          { class: "task-head" },
          h("span", { class: "name" }, deal.opportunity_id),
          h("span", { class: "chip" }, deal.status === "open" || !deal.status ? deal.stage : t(`deal.${deal.status}`)),
          h("span", { class: "figure" }, money(deal.amount, true)),
        ),
        h(
          "p",
          { class: "small soft" },
          [
            deal.created_at && t("deal.created", { day: day(deal.created_at) }),
            deal.closed_at && t("deal.closed", { day: day(deal.closed_at) }),
            deal.next_step,
          ]
            .filter(Boolean)
            .join(" · "),
        ),
      ),
    ),
  );
}
