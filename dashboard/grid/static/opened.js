// One incident or visit opened: what is known, what happened, what I may do next.

import { fact, h, heading, sheet } from "./parts.js";
import { read } from "./net.js";
import { enqueue, waitingFor } from "./queue.js";
import { personParts } from "./ground.js";
import { day, hasText, moment, t } from "./words.js";

/** The sheet of an item of the list. */
export async function itemSheet(item, onBack, actions) {
  const answer = await read(`/api/grid/${item.kind}s/${item.id}`);
  if (!answer) return sheet(item.title, onBack, h("p", { class: "note" }, t("not_kept")));
  const record = answer.body;
  const parts = item.kind === "visit" ? visitParts(record) : incidentParts(record);
  const made = sheet(record.title || record.subcategory || record.category || item.title, onBack, ...parts, ...historyParts(record));
  made.append(stepBar(item, record, onBack, actions));
  return made;
}

function incidentParts(record) {
  const grade = hasText(`grade.${record.grade}`) ? t(`grade.${record.grade}`) : null;
  return [
    h("div", { class: "facts" },
      fact(t("report_position"), record.place || t("unplaced")),
      fact(t("kind"), [record.category, record.subcategory, grade].filter(Boolean).join(" · ")),
      fact(t("status_title"), t(`status.${record.status}`)),
      record.due_at ? fact(t("due"), moment(record.due_at)) : null,
      fact(t("source"), `${record.source} · ${moment(record.reported_at)}`)),
    record.description ? heading(t("description")) : null,
    record.description ? h("p", { class: "text" }, record.description) : null,
    record.has_photo ? h("img", { class: "photo", alt: t("photo"), src: `/api/grid/incidents/${record.id}/photo`, loading: "lazy" }) : null,
  ];
}

function visitParts(record) {
  const facts = h("div", { class: "facts" },
    fact(t("due"), day(record.due_on)),
    fact(t("status_title"), t(record.done_at ? "status.done" : "status.due")));
  if (!record.person) return [h("div", { class: "facts" }, fact(t("report_position"), record.place)), facts];
  return [h("p", { class: "lead" }, h("strong", {}, record.person.name)), facts, ...personParts(record.person)];
}

function historyParts(record) {
  if (!record.history.length) return [];
  return [heading(t("history")), h("div", { class: "facts" }, record.history.map((step) =>
    fact(moment(step.at), [t(`step.${step.step}`), step.note].filter(Boolean).join(" · "))))];
}

/** Where a step goes: cases have transitions, alerts an acknowledgement and what follows it. */
function request(item, step, said) {
  if (item.kind !== "alert") return { path: `/api/${item.kind}s/${item.id}/transitions`, body: { to: step.to, ...said } };
  if (step.to === "acknowledged") return { path: `/api/alerts/${item.id}/acknowledgement`, body: said };
  return { path: `/api/alerts/${item.id}/follow-up`, body: { what: step.to, ...said } };
}

/** What may be done with an opened record, at the foot of its sheet. */
export function stepBar(item, record, onBack, actions) {
  if (waitingFor(item.kind, item.id)) return h("div", { class: "action" }, h("p", { class: "note" }, t("entered")));
  const bar = h("div", { class: "action steps" });
  const [first, ...rest] = record.steps;
  const button = (step, kind) => h("button", { class: kind, "data-step": step.to, onclick: () => begin(step) }, t(`step.${step.to}`));
  const show = () => bar.replaceChildren(
    ...(first ? [button(first, "primary")] : []),
    ...(rest.length ? [h("div", { class: "others" }, rest.map((step) => button(step, "secondary")))] : []));

  async function take(step, note, control) {
    if (control.disabled) return;
    control.disabled = true;
    try {
      await enqueue({
        key: control.dataset.key, kind: "step", subject: item.kind, id: item.id, title: item.title, step: step.to,
        ...request(item, step, { note, at: new Date().toISOString(), client_key: control.dataset.key }),
      });
      actions.stepTaken(item, step);
      onBack();
    } catch {
      control.disabled = false;
      actions.say(t("storage_failed"));
    }
  }

  function begin(step) {
    const words = item.kind !== "incident" || step.needs_note;
    const send = h("button", { class: "primary", "data-key": crypto.randomUUID(), "data-send": step.to }, t(`step.${step.to}`));
    if (!words) {
      take(step, "", send);
      return;
    }
    const field = h("textarea", { rows: 2, "aria-label": t("write_note", { step: t(`step.${step.to}`) }), placeholder: t("write_note", { step: t(`step.${step.to}`) }) });
    const phrases = hasText(`phrases.${step.to}`) ? t(`phrases.${step.to}`).split("|") : [];
    send.addEventListener("click", () => {
      if (step.needs_note && !field.value.trim()) {
        actions.say(t("note_needed"));
        field.focus();
        return;
      }
      take(step, field.value.trim(), send);
    });
    bar.replaceChildren(
      h("div", { class: "phrases" }, phrases.map((phrase) => h("button", { class: "chip", onclick: () => { field.value = phrase; } }, phrase))),
      field, send, h("button", { class: "secondary", onclick: show }, t("cancel")));
  }

  show();
  return bar;
}
