// Talking to the server: answers are kept as they come, and given again when there is no signal.

import * as store from "./store.js";

const PATIENCE_MS = 12000;
const listeners = new Set();

/** Whether the last thing we tried got through; `signedOut` when the server no longer knows us. */
export const connection = { online: navigator.onLine, signedOut: false, syncedAt: null };

export function onConnection(listener) {
  listeners.add(listener);
}

export function setConnection(change) {
  const before = JSON.stringify(connection);
  Object.assign(connection, change);
  if (JSON.stringify(connection) !== before) listeners.forEach((listener) => listener());
}

export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** One request. Throws Refused when the server answered no, TypeError when nothing got through. */
export async function ask(path, { patience = PATIENCE_MS, ...options } = {}) {
  let response;
  try {
    response = await fetch(path, { credentials: "same-origin", signal: AbortSignal.timeout(patience), ...options });
  } catch (fault) {
    setConnection({ online: false });
    throw new TypeError(String(fault));
  }
  if (response.status === 401) {
    setConnection({ online: true, signedOut: true });
    throw new Refused(401, "");
  }
  if (response.status >= 500 || response.status === 429 || response.status === 408) {
    // the server is there but cannot now: the same as no signal for whoever waits
    setConnection({ online: false });
    throw new TypeError(`HTTP ${response.status}`);
  }
  setConnection({ online: true, signedOut: false, syncedAt: Date.now() });
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(response.status, body.error ?? `HTTP ${response.status}`);
  return body;
}

/** Read a path: fresh where there is signal, else as it was when it was last opened. `savedAt` says when; null: never opened. */
export async function read(path) {
  try {
    const body = await ask(path);
    const answer = { path, body, savedAt: Date.now() };
    await store.put("answers", answer).catch(() => undefined);
    return answer;
  } catch (fault) {
    const kept = await store.get("answers", path).catch(() => undefined);
    if (kept && !(fault instanceof Refused && fault.status < 500 && fault.status !== 401)) return kept;
    if (fault instanceof Refused && fault.status !== 401) throw fault;
    return null;
  }
}

/** What was kept of a path, without asking. */
export function kept(path) {
  return store.get("answers", path).catch(() => undefined);
}

export function send(path, body) {
  return ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}
