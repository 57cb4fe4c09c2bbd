// 记录 and 我的: what waits, what was sent, who I am.

import * as store from "./store.js";
import { fact, h, heading } from "./parts.js";
import { connection } from "./net.js";
import { drop, refused, retry, waiting } from "./queue.js";
import { LANGUAGE, moment, t } from "./words.js";

function entryRow(entry, actions) {
  const what = entry.kind === "incident" ? t("reported") : t(`step.${entry.step}`);
  const row = h("div", { class: "row plain", "data-entry": entry.key },
    h("span", { class: "words" }, h("strong", {}, entry.title),
      h("span", { class: "second" }, [what, moment(entry.madeAt), entry.photo ? t("photo") : null].filter(Boolean).join(" · ")),
      entry.refused ? h("span", { class: "second" }, `${t("refused")}：${entry.refused}`) : null));
  if (entry.refused) {
    const away = h("button", { class: "secondary", onclick: () => {
      if (away.dataset.sure) drop(entry.key);
      else { away.dataset.sure = "1"; away.textContent = t("drop_sure"); }
    } }, t("drop"));
    row.append(h("span", { class: "edge buttons" }, h("button", { class: "secondary", onclick: () => retry(entry.key) }, t("retry")), away));
  } else row.append(h("span", { class: "edge" }, t("waiting")));
  return row;
}

function recordRow(record, actions) {
  const second = record.kind === "reported"
    ? [t("reported"), moment(record.at), record.placement === "placed" ? record.place || record.grid : t("unplaced")]
    : [t(`step.${record.step}`), moment(record.at), record.note];
  const subject = record.kind === "reported" ? "incident" : record.subject;
  return h("button", { class: "row plain", onclick: () => actions.open({ kind: subject, id: record.id, title: record.title }) },
    h("span", { class: "words" }, h("strong", {}, record.title), h("span", { class: "second" }, second.filter(Boolean).join(" · "))),
    record.status ? h("span", { class: "edge" }, t(`status.${record.status}`)) : null);
}

/** The view of the third tab. */
export function recordsView(state, actions) {
  const pending = [...refused(), ...waiting()];
  const records = state.records?.body.records ?? [];
  const view = h("div", { class: "view" }, h("div", { class: "scroll" },
    pending.length ? heading(t("waiting"), t("queued", { count: pending.length })) : null,
    pending.length ? h("div", { class: "rows" }, pending.map((entry) => entryRow(entry, actions))) : null,
    heading(t("done_before")),
    records.length
      ? h("div", { class: "rows" }, records.map((record) => recordRow(record, actions)))
      : h("p", { class: "note" }, state.records ? t("no_records") : t("loading"))));
  return { view, close: () => undefined };
}

/** The view of the fourth tab. */
export function meView(state, actions) {
  const me = state.me?.body;
  const kept = h("span", {}, "");
  store.all("answers").then((answers) => { kept.textContent = t("kept_count", { count: answers.length }); }).catch(() => undefined);
  const grids = me?.grids.map((grid) => [grid.community, grid.name].filter(Boolean).join(" · ")) ?? [];
  const view = h("div", { class: "view" }, h("div", { class: "scroll" },
    h("p", { class: "lead" }, h("strong", {}, me?.worker.title || t("title"))),
    h("div", { class: "facts" },
      me?.worker.number ? fact(t("number", { number: me.worker.number }), me.subdistrict[LANGUAGE === "zh" ? "name" : "name_en"]) : null,
      grids.map((grid) => fact(t("tab.ground"), grid)),
      fact(t("synced"), connection.syncedAt ? moment(connection.syncedAt) : state.today ? moment(state.today.savedAt) : t("never")),
      h("div", { class: "fact" }, h("span", { class: "second" }, t("kept_pages")), kept)),
    h("div", { class: "stack" },
      actions.canInstall() ? h("button", { class: "secondary", onclick: actions.install }, t("install")) : null,
      h("button", { class: "secondary", "data-language": LANGUAGE === "zh" ? "en" : "zh", onclick: actions.switchLanguage }, t("language")),
      h("button", { class: "secondary", "data-sign-out": true, onclick: actions.signOut }, t("sign_out")))));
  return { view, close: () => undefined };
}
