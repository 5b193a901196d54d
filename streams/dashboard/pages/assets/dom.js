/** Elements made by calls. Text becomes text nodes and nothing else, so markup in a name is shown, never run. */

const SVG = "http://www.w3.org/2000/svg";

export function h(tag, props, ...children) {
  return fill(document.createElement(tag), props, children);
}

export function s(tag, props, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

function fill(element, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) listen(element, name, value);
    else if (name === "vars") setVars(element, value);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children) {
    if (Array.isArray(child)) append(element, child);
    else if (child instanceof Node) element.append(child);
    else if (child !== null && child !== undefined && child !== false) element.append(String(child));
  }
}

/**
 * One handler per kind of event, as a property, so that `morph` can hand a newer one over. What it answers is dropped:
 * a property's handler that answers false would call the browser's own action off.
 */
function listen(element, name, handler) {
  element[name] = (event) => {
    handler(event);
  };
  (element.handlers ??= new Set()).add(name);
}

/** Custom properties go through the CSSOM: the policy forbids style attributes. */
function setVars(element, vars) {
  for (const [name, value] of Object.entries(vars)) element.style.setProperty(name, value);
}

/**
 * Makes `old` look like `fresh` and changes only what differs, so that focus, scroll and selection stay where they are.
 * Children are matched by `data-key`, else by place. What has `data-keep` looks after its content itself.
 */
export function morph(old, fresh) {
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) {
      old.data = fresh.data;
      flash(old.parentElement);
    }
    return;
  }
  attributes(old, fresh);
  handlers(old, fresh);
  if (!old.hasAttribute("data-keep")) children(old, fresh);
  if (old instanceof HTMLSelectElement && old.value !== fresh.value) old.value = fresh.value;
}

function attributes(old, fresh) {
  for (const { name } of [...old.attributes]) {
    if (name !== "style" && !fresh.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (name !== "style" && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  if (old.style.cssText !== fresh.style.cssText) old.style.cssText = fresh.style.cssText;
}

function handlers(old, fresh) {
  for (const name of old.handlers ?? []) old[name] = null;
  for (const name of fresh.handlers ?? []) listen(old, name, fresh[name]);
}

function children(old, fresh) {
  const keyed = new Map();
  for (const child of old.children) if (child.dataset.key) keyed.set(child.dataset.key, child);
  let place = old.firstChild;
  for (const next of [...fresh.childNodes]) {
    const key = next.dataset?.key;
    const match = key ? keyed.get(key) : place;
    if (match && alike(match, next)) {
      if (match === place) place = place.nextSibling;
      else old.insertBefore(match, place);
      morph(match, next);
    } else {
      old.insertBefore(next, place);
    }
  }
  while (place) {
    const gone = place;
    place = place.nextSibling;
    gone.remove();
  }
}

function alike(one, other) {
  return one.nodeName === other.nodeName && one.dataset?.key === other.dataset?.key;
}

/** A figure that changes under the reader's eyes lights up for a moment. */
function flash(element) {
  const figure = element?.closest("[data-live]");
  if (!figure) return;
  figure.classList.remove("changed");
  requestAnimationFrame(() => figure.classList.add("changed"));
}
