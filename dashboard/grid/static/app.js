// The page as a whole: header, tabs, what is open, and how it is brought up to date.

import * as store from "./store.js";
import { kept, connection, onConnection, read } from "./net.js";
import { isSending, onQueue, openQueue, flush, refused, waiting } from "./queue.js";
import { h } from "./parts.js";
import { alertSheet, todayView } from "./today.js";
import { groundView, groupSheet, personSheet } from "./ground.js";
import { itemSheet } from "./opened.js";
import { reportSheet } from "./report.js";
import { meView, recordsView } from "./records.js";
import { LANGUAGE, t } from "./words.js";

const REFRESH_MS = 60000;
const MAP_REFRESH_MS = 12 * 3600 * 1000;
const PATHS = { me: "/api/grid/me", map: "/api/grid/map", today: "/api/grid/today", people: "/api/grid/people", records: "/api/grid/records", categories: "/api/grid/categories" };
const VIEWS = { today: todayView, ground: groundView, records: recordsView, me: meView };
/** which answers a view is drawn from: others do not redraw it */
const DRAWN_FROM = { today: ["me", "map", "today"], ground: ["me", "map", "people", "today"], records: ["records"], me: ["me"] };

const state = { tab: "today", position: null, listIsOld: false };
const app = document.getElementById("app");
const header = h("header", { class: "top" });
const main = h("main", {});
const tabs = h("nav", { class: "tabs" });
const toast = h("p", { class: "toast", role: "status", hidden: true });
let current = { close: () => undefined };
let open = null;
let installer = null;
let toastTimer = null;

// -- parts that stay --------------------------------------------------------------------------------------------------

function badge() {
  const count = waiting().length;
  const parts = [];
  if (connection.online) {
    parts.push(t("connected"));
    if (count) parts.push(t(isSending() ? "sending" : "queued", { count }));
  } else parts.push(t("offline"), ...(count ? [t("queued", { count })] : []));
  if (refused().length) parts.push(t("refused_count", { count: refused().length }));
  return h("div", { class: connection.online ? "badge" : "badge offline", role: "status" }, h("span", { class: "sign", "aria-hidden": true }), parts.join(" · "));
}

function drawHeader() {
  const me = state.me?.body;
  const names = me?.grids.map((grid) => grid.name) ?? [];
  const name = names.length > 1 ? t("more_grids", { name: names[0], count: names.length }) : names[0] ?? (me ? t("no_ground") : t("loading"));
  header.replaceChildren(
    h("div", { class: "who" }, h("h1", {}, name), h("p", {}, me ? t("counts", me.counts) : "")),
    badge());
  if (connection.signedOut) header.after(signedOutBar());
  else document.querySelector(".signed-out")?.remove();
}

function signedOutBar() {
  document.querySelector(".signed-out")?.remove();
  return h("a", { class: "signed-out", href: "/sign-in?next=/grid" }, t("sign_in_again"));
}

function drawTabs() {
  tabs.replaceChildren(...Object.keys(VIEWS).map((name) => h("button", {
    "aria-current": name === state.tab ? "page" : null, "data-tab": name, onclick: () => go(name),
  }, t(`tab.${name}`))));
}

function draw() {
  const scrolled = main.querySelector(".view > .scroll")?.scrollTop ?? 0;
  const same = main.dataset.tab === state.tab;
  current.close();
  current = VIEWS[state.tab](state, actions);
  main.dataset.tab = state.tab;
  main.querySelector(".view")?.remove();
  main.prepend(current.view);
  current.fit?.(); // the map knows its size only now
  if (same) current.view.querySelector(".scroll").scrollTop = scrolled;
}

function say(sentence) {
  toast.textContent = sentence;
  toast.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { toast.hidden = true; }, 5000);
}

// -- going about ------------------------------------------------------------------------------------------------------

function go(name) {
  closeSheets();
  state.tab = name;
  drawTabs();
  draw();
  if (name === "records") bring("records");
  if (name === "ground") bring("people");
}

/** Put a sheet over the view; the phone's own back key closes it. */
function lay(made, close = () => undefined) {
  const layer = { made, close, before: open };
  open = layer;
  main.append(made);
  history.pushState({ depth: depth() }, "");
}

const depth = () => { let count = 0; for (let layer = open; layer; layer = layer.before) count += 1; return count; };

function lift() {
  if (!open) return;
  open.made.remove();
  open.close();
  open = open.before;
}

function back() {
  if (open) history.back();
}

function closeSheets() {
  while (open) lift();
}

addEventListener("popstate", () => lift());

const actions = {
  go,
  say,
  open: async (item) => lay(item.kind === "alert" ? alertSheet(item, back, actions) : await itemSheet(item, back, actions)),
  openGroup: async (group) => lay(await groupSheet(group, back, async (id) => lay(await personSheet(id, back)))),
  report: async () => {
    if (open?.made.dataset.sheet === "report") return;
    const made = await reportSheet(state, back, actions);
    lay(made.sheet, made.close);
  },
  stepTaken: () => { say(t("saved_here")); draw(); },
  locate,
  canInstall: () => installer !== null,
  install: async () => { await installer?.prompt(); installer = null; draw(); },
  switchLanguage: async () => {
    await fetch("/api/grid/language", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ language: LANGUAGE === "zh" ? "en" : "zh" }) }).catch(() => undefined);
    location.reload();
  },
  signOut: async () => {
    if (waiting().length) {
      say(t("sign_out_waits"));
      flush();
      return;
    }
    await fetch("/sign-out", { method: "POST" }).catch(() => undefined);
    await Promise.all(["answers", "notes", "queue"].map((name) => store.clear(name).catch(() => undefined)));
    location.assign("/sign-in?next=/grid");
  },
};

/** The phone's position, WGS-84; rejects when there is none within a quarter of a minute. */
function locate() {
  return new Promise((resolve, reject) => {
    if (!navigator.geolocation) reject(new Error("none"));
    else navigator.geolocation.getCurrentPosition(({ coords }) => {
      state.position = { lon: coords.longitude, lat: coords.latitude, accuracy: coords.accuracy };
      resolve(state.position);
    }, reject, { enableHighAccuracy: true, timeout: 15000, maximumAge: 20000 });
  });
}

// -- keeping up to date -----------------------------------------------------------------------------------------------

async function bring(name) {
  let answer;
  try {
    answer = await read(PATHS[name]);
  } catch {
    return; // the server said no to this one; the others go on
  }
  if (!answer) return;
  const before = JSON.stringify(state[name]?.body);
  state[name] = answer;
  if (name === "today") {
    answer.body.items.forEach((item, place) => { item.number = place + 1; });
    state.listIsOld = Date.now() - answer.savedAt > 5 * REFRESH_MS;
  }
  if (name === "me") drawHeader();
  const fresh = withoutClock(before) !== withoutClock(JSON.stringify(answer.body));
  if (fresh && DRAWN_FROM[state.tab].includes(name)) draw();
}

const withoutClock = (text) => text?.replace(/"now":"[^"]*"/, "");

async function refresh() {
  await bring("today");
  if (connection.online) {
    bring("me");
    if (!state.map || Date.now() - state.map.savedAt > MAP_REFRESH_MS) bring("map");
  }
}

/** Whose phone this is: somebody else's data goes before theirs is shown; what waits stays with whoever entered it. */
async function settleOwner() {
  const account = state.me?.body.worker.account;
  if (account === undefined) return;
  const before = await store.note("account").catch(() => undefined);
  if (before !== undefined && before !== account) {
    await store.clear("answers").catch(() => undefined);
    await store.remove("notes", "draft").catch(() => undefined);
    for (const name of Object.keys(PATHS)) if (name !== "me") state[name] = undefined;
  }
  await store.setNote("account", account).catch(() => undefined);
}

async function start() {
  // what was kept is shown at once, then brought up to date
  for (const [name, path] of Object.entries(PATHS)) {
    const answer = await kept(path);
    if (answer) state[name] = answer;
  }
  state.today?.body.items.forEach((item, place) => { item.number = place + 1; });
  app.replaceChildren(header, main, tabs, toast);
  onConnection(drawHeader);
  onQueue((change) => {
    drawHeader();
    if (change?.sent) told(change);
    if (state.tab === "records" || change?.sent) draw();
  });
  drawHeader();
  drawTabs();
  draw();
  await bring("me");
  await settleOwner();
  await openQueue(state.me?.body.worker.account ?? (await store.note("account").catch(() => null)));
  drawHeader();
  await Promise.all([bring("today"), bring("map"), bring("categories")]);
  // what is looked at outdoors is fetched while there is signal
  bring("people");
  bring("records");
  setInterval(() => document.visibilityState === "visible" && refresh(), REFRESH_MS);
  addEventListener("online", refresh);
  addEventListener("offline", () => { connection.online = false; drawHeader(); });
  navigator.permissions?.query({ name: "geolocation" }).then((permission) => {
    if (permission.state === "granted") locate().then(draw).catch(() => undefined);
  }).catch(() => undefined);
}

/** Say where a report went, once the server has it. */
function told({ sent, answer }) {
  if (sent.kind === "step") say(t("step_sent", { step: t(`step.${sent.step}`) }));
  else if (answer.place?.placement !== "placed") say(t("sent_unplaced"));
  else {
    const grid = state.me?.body.grids.find((one) => one.id === answer.place.work_grid_id);
    say(grid ? t("sent_to", { grid: grid.name }) : t("sent_elsewhere"));
  }
  bring("today");
  bring("records");
}

addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  installer = event;
  if (state.tab === "me") draw();
});
navigator.serviceWorker?.register("/grid/service-worker.js", { scope: "/grid" }).catch(() => undefined);
start();
