/** Addresses and pages: which page an address shows, and moving between them without loading anew. */

const ROUTES = [
  ["home", /^\/$/],
  ["company", /^\/company$/],
  ["team", /^\/team\/([^/]+)$/],
  ["person", /^\/person\/([^/]+)$/],
  ["alerts", /^\/alerts$/],
  ["pipeline", /^\/pipeline$/],
  ["customer", /^\/customer\/([^/]+)$/],
  ["health", /^\/health$/],
];

export function match(path) {
  for (const [page, pattern] of ROUTES) {
    const found = pattern.exec(path);
    if (found) return { page, id: found[1] === undefined ? null : decodeURIComponent(found[1]) };
  }
  return { page: "missing", id: null };
}

/** Calls `moved()` whenever the address changes: by a link, by `go`, or by the browser's buttons. */
export function start(moved) {
  // A hash is a place within the page, such as that of the skip link.
  window.addEventListener("popstate", () => location.hash || moved());
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    if (link.origin !== location.origin || link.target || link.hash || match(link.pathname).page === "missing") return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
}

export function go(address) {
  history.pushState(null, "", address);
  window.dispatchEvent(new PopStateEvent("popstate"));
}

/** Writes what is filtered into the address, so that it can be kept and sent; the page stays. */
export function note(query) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const search = new URLSearchParams(given).toString();
  history.replaceState(null, "", location.pathname + (search ? `?${search}` : ""));
}
