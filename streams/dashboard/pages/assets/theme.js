// A classic script, run before the first paint: a chosen theme must not flash in after the other one.
try {
  const theme = localStorage.getItem("crmpulse.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be forbidden; then the theme follows the system.
}
