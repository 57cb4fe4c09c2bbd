// 今日: my ground, the list, one big action.

import { GroundMap } from "./map.js";
import { fact, h, heading, numberMark, sheet } from "./parts.js";
import { day, metresBetween, moment, span, t } from "./words.js";
import { stepBar } from "./opened.js";
import { waitingFor } from "./queue.js";

/** When an item is due, as told at the right edge; `late` when it is overdue. */
export function dueText(item, now = new Date()) {
  if (item.kind === "alert") return { text: t("raised", { when: moment(item.at, now) }), late: false };
  if (item.due_at) {
    const due = new Date(item.due_at);
    if (due < now) return { text: t("overdue", { span: span(now - due) }), late: true };
    return { text: moment(item.due_at, now), late: false };
  }
  if (item.due_on) {
    const due = new Date(`${item.due_on}T23:59:59`);
    if (due < now) return { text: t("overdue", { span: span(now - due) }), late: true };
    return { text: day(item.due_on, now), late: false };
  }
  return { text: "", late: false };
}

function secondText(item) {
  if (waitingFor(item.kind, item.id)) return t("entered");
  if (item.kind === "alert") return `${t(`level.${item.level}`)} · ${t(`status.${item.status}`)}`;
  if (item.kind === "visit") return item.at ? t("last_visit", { when: day(item.at) }) : t("first_visit");
  return t(`status.${item.status}`);
}

function placeText(item, position) {
  if (!position || item.lon === null || item.lat === null) return item.place;
  const metres = metresBetween(item, position);
  return metres > 3000 ? item.place : `${item.place} · ${t("distance", { metres: Math.round(metres / 10) * 10 })}`;
}

export function todayRow(item, position, onOpen) {
  const due = dueText(item);
  return h("button", { class: "row", "data-key": item.key, onclick: () => onOpen(item) },
    numberMark(item),
    h("span", { class: "words" }, h("strong", {}, item.exercise ? h("span", { class: "drill" }, t("drill")) : null, item.title), h("span", { class: "second" }, placeText(item, position))),
    h("span", { class: "edge" }, h("strong", { class: due.late ? "late" : null }, due.text), h("span", { class: "second" }, secondText(item))));
}

/** The view of the first tab. */
export function todayView(state, actions) {
  const { me, map, today } = state;
  const items = today?.body.items ?? [];
  const holder = h("div", { class: "map-holder short" });
  const ground = new GroundMap(holder, { onPin: actions.open, foot: 30 });
  if (me) ground.show(me.body, map?.body);
  ground.setPins(items);
  ground.setPosition(state.position);
  holder.addEventListener("click", (event) => { if (!event.target.closest(".pin")) actions.go("ground"); });
  holder.append(mapCaption(state, ground));
  const sums = today ? t("todo_sums", { done: today.body.done, overdue: today.body.overdue }) : "";
  const title = !today ? t("loading") : items.length ? t("todo", { count: today.body.total }) : t("todo_none");
  const rest = (today?.body.total ?? 0) - items.length;
  const view = h("div", { class: "view today" },
    today?.body.drill ? h("p", { class: "drill-strip" }, h("span", {}, `${t("drill")} · ${today.body.drill}`)) : null,
    h("div", { class: "scroll" },
      holder,
      heading(title, sums),
      today && state.listIsOld ? h("p", { class: "note" }, t("as_of", { when: moment(today.savedAt) })) : null,
      h("div", { class: "rows" }, items.map((item) => todayRow(item, state.position, actions.open))),
      rest > 0 ? h("p", { class: "note" }, t("todo_rest", { count: rest })) : null),
    h("div", { class: "action" }, h("button", { class: "primary", onclick: actions.report }, h("span", { class: "plus", "aria-hidden": true }), t("report"))));
  return { view, fit: () => ground.fit(true), close: () => ground.close() };
}

/** When the map was saved, 示意 where it applies, and how long a hundred metres are. */
export function mapCaption(state, map) {
  const bar = h("span", { class: "scale" });
  const draw = () => {
    if (!map.view) return;
    const [metres, pixels] = map.scaleBar();
    bar.textContent = `${metres} m`;
    bar.style.width = `${Math.round(pixels)}px`;
  };
  map.options.onMove = draw;
  draw();
  const saved = state.map ? t("map_saved", { when: moment(state.map.savedAt) }) : "";
  const schematic = state.me?.body.subdistrict.schematic ? t("schematic") : "";
  return h("div", { class: "caption" }, h("span", { class: "saved" }, [saved, schematic].filter(Boolean).join(" · ")), bar);
}

/** An alert opened: what is counted, since when, who has it, and what may be done; all of it is in the list, so it opens offline. */
export function alertSheet(item, onBack, actions) {
  const round = (value) => Math.round(value * 10) / 10;
  const counted = item.expected === null ? t("alert_counted", { observed: round(item.observed) }) : t("alert_observed", { observed: round(item.observed), expected: round(item.expected) });
  return sheet(item.title, onBack,
    item.exercise ? h("p", { class: "drill" }, t("drill")) : null,
    h("p", { class: "lead" }, numberMark(item), h("strong", {}, t(`level.${item.level}`))),
    h("div", { class: "facts" },
      fact(t("report_position"), item.place),
      fact(t("status_title"), t(`status.${item.status}`)),
      fact(t("alert_holder"), item.holder),
      fact(t("alert_since"), moment(item.at)),
      item.follow_up_at ? fact(t("alert_follow_up"), moment(item.follow_up_at)) : null),
    h("p", { class: "text" }, [counted, item.reasons].filter(Boolean).join(" · ")),
    stepBar(item, item, onBack, actions));
}
