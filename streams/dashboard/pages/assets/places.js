/** Where this reader may go: [page, address, shortcut]. */
export function tabs(app) {
  if (!app.me) return [];
  const { pages, employee_id: id } = app.me;
  const team = app.people.get(id)?.team;
  return [
    ["person", id && `/person/${encodeURIComponent(id)}`, "m"],
    ["company", "/company", "c"],
    ["team", team && `/team/${encodeURIComponent(team)}`, "t"],
    ["alerts", "/alerts", "a"],
    ["pipeline", "/pipeline", "p"],
    ["health", "/health", "h"],
  ].filter(([page, address]) => address && pages.includes(page));
}
