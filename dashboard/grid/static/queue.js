// What was entered waits here until the server has it, and is then gone from here. Each entry has a key of its own, made
// when its form was opened: sent twice (a lost answer, a reload, two open pages) it is one entry on the server.

import * as store from "./store.js";
import { Refused, connection, send, ask } from "./net.js";

const FIRST_WAIT_MS = 3000;
const LONGEST_WAIT_MS = 60000;
const PHOTO_PATIENCE_MS = 90000;
const listeners = new Set();
let entries = [];
let account = null;
let sending = null;
let timer = null;
let wait = FIRST_WAIT_MS;

export function onQueue(listener) {
  listeners.add(listener);
}

const tell = (change) => listeners.forEach((listener) => listener(change));

export const waiting = () => entries.filter((entry) => entry.account === account && !entry.refused);
export const refused = () => entries.filter((entry) => entry.account === account && entry.refused);
export const isSending = () => sending !== null;

/** Entries for one record, so that a list can say that something is on its way. */
export function waitingFor(kind, id) {
  return waiting().some((entry) => entry.kind === "step" && entry.subject === kind && entry.id === id);
}

export async function openQueue(forAccount) {
  account = forAccount;
  entries = (await store.all("queue")).sort((a, b) => a.madeAt - b.madeAt);
  addEventListener("online", () => flush());
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && flush());
  flush();
}

/** Keep an entry, then try to send it. Resolves once it is safely kept; a key that is there already changes nothing. */
export async function enqueue(entry) {
  if (entries.some((known) => known.key === entry.key)) return;
  const full = { ...entry, account, madeAt: Date.now(), refused: null };
  entries.push(full);
  try {
    await store.put("queue", full);
  } catch (fault) {
    entries = entries.filter((known) => known.key !== entry.key);
    throw fault;
  }
  tell();
  flush();
}

export async function drop(key) {
  await store.remove("queue", key);
  entries = entries.filter((entry) => entry.key !== key);
  tell();
}

export async function retry(key) {
  const entry = entries.find((known) => known.key === key);
  if (!entry) return;
  entry.refused = null;
  await store.put("queue", entry);
  tell();
  flush();
}

/** Send what waits, oldest first. One page of this browser at a time does it. */
export function flush() {
  if (sending || !waiting().length || connection.signedOut) return sending;
  clearTimeout(timer);
  const work = navigator.locks
    ? navigator.locks.request("grid-queue", { ifAvailable: true }, (lock) => (lock ? sendAll() : undefined))
    : sendAll();
  sending = Promise.resolve(work)
    .catch(() => undefined)
    .finally(() => {
      sending = null;
      tell();
      if (waiting().length) {
        timer = setTimeout(flush, wait);
        wait = Math.min(LONGEST_WAIT_MS, wait * 2);
      } else wait = FIRST_WAIT_MS;
    });
  tell();
  return sending;
}

async function sendAll() {
  // another page may have sent some of them meanwhile: what is stored counts
  entries = (await store.all("queue")).sort((a, b) => a.madeAt - b.madeAt);
  for (const entry of waiting()) {
    try {
      const answer = await sendOne(entry);
      await store.remove("queue", entry.key);
      entries = entries.filter((known) => known.key !== entry.key);
      wait = FIRST_WAIT_MS;
      tell({ sent: entry, answer });
    } catch (fault) {
      if (!(fault instanceof Refused) || fault.status === 401) return;
      entry.refused = fault.message || String(fault.status);
      await store.put("queue", entry);
      tell({ refused: entry });
    }
  }
}

async function sendOne(entry) {
  if (entry.photo && !entry.photoName) {
    const headers = { "Content-Type": "image/jpeg" };
    const stored = await ask("/api/grid/photos", { method: "POST", headers, body: entry.photo, patience: PHOTO_PATIENCE_MS });
    entry.photoName = stored.photo;
    await store.put("queue", entry);
  }
  const body = entry.photoName ? { ...entry.body, photo: entry.photoName } : entry.body;
  return send(entry.path, body);
}
