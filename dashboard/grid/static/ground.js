// 我的网格: the map in full, why it is mine, the people by group, the places.

import { GroundMap } from "./map.js";
import { fact, h, heading, sheet } from "./parts.js";
import { mapCaption } from "./today.js";
import { read } from "./net.js";
import { day, hasText, moment, t } from "./words.js";

function reasonLines(me) {
  const { reasons, counts, grids, worker } = me;
  const lines = [];
  if (worker.post === "grid_leader") lines.push(t("why_led", { count: grids.length }));
  else if (reasons.whole) lines.push(t("why_whole", { name: grids.map((grid) => grid.name).join("、") }));
  else {
    for (const shared of reasons.shared.filter((one) => grids.some((grid) => grid.name === one.name))) {
      const mean = Math.round(shared.households / Math.max(1, shared.workers));
      const key = shared.workers > 1 ? "why_shared" : "why_alone";
      lines.push(t(key, { name: shared.name, workers: shared.workers, mine: counts.households, mean }));
    }
    if (reasons.since) lines.push(t("why_since", { when: t("when.date", { month: new Date(reasons.since).getMonth() + 1, date: new Date(reasons.since).getDate() }) }));
  }
  for (const one of reasons.decided) lines.push(t("why_decided", one));
  for (const one of reasons.cover) lines.push(t("why_cover", { ...one, when: day(one.until) }));
  lines.push(t("why_cells"));
  return lines;
}

/** The view of the second tab. */
export function groundView(state, actions) {
  const { me, map, people, today } = state;
  const holder = h("div", { class: "map-holder tall" });
  const info = h("p", { class: "building-info", hidden: true });
  const drawn = new GroundMap(holder, {
    movable: true,
    foot: 30,
    onPin: actions.open,
    onBuilding: (house) => {
      info.hidden = false;
      info.textContent = [t("place.building", { place: house.place, number: house.number }), t("homes", { count: house.households })].join(" · ");
    },
  });
  if (me) drawn.show(me.body, map?.body);
  drawn.setPins(today?.body.items ?? []);
  drawn.setPosition(state.position);
  const tools = h("div", { class: "tools" },
    h("button", { "aria-label": t("zoom_in"), onclick: () => drawn.zoom(1.6) }, "+"),
    h("button", { "aria-label": t("zoom_out"), onclick: () => drawn.zoom(1 / 1.6) }, "−"),
    h("button", { class: "locate", "aria-label": t("locate"), onclick: () => actions.locate().then((spot) => { drawn.setPosition(spot); drawn.lookAt(spot.lon, spot.lat); }).catch(() => undefined) }, h("span", { class: "ring" })));
  holder.append(tools, mapCaption(state, drawn));
  const groups = people?.body.groups ?? [];
  const places = map?.body.places ?? [];
  const view = h("div", { class: "view" },
    h("div", { class: "scroll" },
      holder,
      info,
      heading(t("why")),
      h("p", { class: "text why" }, me ? reasonLines(me.body).join("") : t("loading")),
      heading(t("people"), people ? t("people_sums", people.body) : ""),
      h("div", { class: "rows" }, groups.map((one) => h("button", { class: "row plain", "data-group": one.group, disabled: one.count === 0, onclick: () => actions.openGroup(one.group) },
        h("strong", {}, t(`group.${one.group}`)), h("span", { class: "edge" }, t("persons", { count: one.count }))))),
      heading(t("places")),
      places.length
        ? h("div", { class: "rows" }, places.map((place) => h("div", { class: "row plain" },
          h("span", { class: "words" }, h("strong", {}, place.name), h("span", { class: "second" }, hasText(`resource.${place.kind}`) ? t(`resource.${place.kind}`) : place.kind)),
          place.status === "ready" ? null : h("span", { class: "edge struck" }, t("out_of_use")))))
        : h("p", { class: "note" }, t("no_places"))));
  return { view, fit: () => drawn.fit(true), close: () => drawn.close() };
}

/** The persons of one group: where they live, no names. */
export async function groupSheet(group, onBack, openPerson) {
  const answer = await read(`/api/grid/people/groups/${group}`);
  const title = t(`group.${group}`);
  if (!answer) return sheet(title, onBack, h("p", { class: "note" }, t("not_kept")));
  return sheet(title, onBack,
    h("p", { class: "note" }, t("open_person")),
    h("div", { class: "rows" }, answer.body.persons.map((person) => h("button", { class: "row plain", "data-person": person.id, onclick: () => openPerson(person.id) },
      h("span", { class: "words" }, h("strong", {}, person.place), h("span", { class: "second" }, personKinds(person).join(" · ")))))));
}

export function personKinds(person) {
  const kinds = person.groups.filter((group) => hasText(`group.${group}`)).map((group) => t(`group.${group}`));
  return [person.age === null ? null : t("age", { age: person.age }), ...kinds].filter(Boolean);
}

/** One person, opened by name. */
export async function personSheet(id, onBack) {
  const answer = await read(`/api/grid/people/${id}`);
  if (!answer) return sheet(t("people"), onBack, h("p", { class: "note" }, t("not_kept")));
  return sheet(answer.body.name, onBack, ...personParts(answer.body));
}

export function personParts(person) {
  const visits = person.visits.map((visit) => fact(visit.kind, `${visit.done_at ? moment(visit.done_at) : day(visit.due_on)}${visit.done_at ? "" : ` · ${t("status.due")}`}${visit.note ? ` · ${visit.note}` : ""}`));
  return [
    h("div", { class: "facts" },
      fact(t("report_position"), person.place),
      fact(t(`registration.${person.registration}`), [person.sex, ...personKinds(person)].filter(Boolean).join(" · ")),
      person.household_size ? fact(t("household"), t("persons", { count: person.household_size })) : null),
    heading(t("visits")),
    visits.length ? h("div", { class: "facts" }, visits) : h("p", { class: "note" }, t("no_visits")),
  ];
}
