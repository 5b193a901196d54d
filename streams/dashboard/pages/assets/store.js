/** What a reader chose, kept in this browser. Where storage is forbidden the choice lasts as long as the page. */

const kept = new Map();

export function recall(key) {
  try {
    return localStorage.getItem(`crmpulse.${key}`) ?? kept.get(key) ?? null;
  } catch {
    return kept.get(key) ?? null;
  }
}

export function remember(key, value) {
  kept.set(key, value);
  try {
    if (value === null) localStorage.removeItem(`crmpulse.${key}`);
    else localStorage.setItem(`crmpulse.${key}`, value);
  } catch {
    // Kept above.
  }
}
