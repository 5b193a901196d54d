/** Calls to the server. An answer that is no success becomes an ApiError; status 0 means that nothing was reached. */

const BASE = "/api/v1";

let told = null;

/** The instant that the newest answer is as of, null before there is one. */
export function asOf() {
  return told;
}

export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export function url(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const search = new URLSearchParams(given).toString();
  return BASE + path + (search ? `?${search}` : "");
}

export function get(path, query, signal) {
  return call(url(path, query), { signal });
}

export function post(path, body) {
  // The header makes it a request that no foreign page can send unasked.
  const headers = { "Content-Type": "application/json", "X-Requested-With": "crmpulse" };
  return call(url(path), { method: "POST", headers, body: JSON.stringify(body) });
}

async function call(address, options) {
  let response;
  try {
    response = await fetch(address, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, error.message);
  }
  told = response.headers.get("X-Crmpulse-As-Of") ?? told;
  if (!response.ok) throw new ApiError(response.status, await reason(response));
  return response.json();
}

async function reason(response) {
  try {
    return (await response.json()).error ?? response.statusText;
  } catch {
    return response.statusText;
  }
}
