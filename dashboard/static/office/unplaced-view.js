// What 待落图 shows beside its map: head with filters, rows, the panel of one record, and the sheets above the page.
// Pure: state in, elements out; what is pressed goes to the `act` of the page.
(function () {
  "use strict";
  const unplaced = (window.unplaced = window.unplaced || {});

  /** Make an element; `on…` listens, everything else is an attribute. */
  const h = (unplaced.h = function (name, attributes, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
      else if (value !== undefined && value !== null && value !== false) made.setAttribute(key, value === true ? "" : value);
    }
    made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
    return made;
  });

  /** Ask the server, or tell it something; raises with its sentence when it says no. */
  unplaced.call = async function (path, body) {
    const answer = await fetch(path, body === undefined ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    const content = await answer.json().catch(() => ({}));
    if (!answer.ok) throw Object.assign(new Error(content.error || answer.statusText), { status: answer.status });
    return content;
  };

  /** Make a page when the element of this id appears, and close it when it goes: the office's pages come without a new document. */
  unplaced.whenShown = function (id, make) {
    let page = null;
    new MutationObserver(() => {
      const root = document.getElementById(id);
      if (root && page?.root !== root) { page?.close(); page = make(root); } else if (!root && page) { page.close(); page = null; }
    }).observe(document.documentElement, { childList: true, subtree: true });
  };

  /** Words with the understood stretches marked. */
  function marked(words, spans) {
    const parts = [];
    let at = 0;
    for (const [first, last] of spans) {
      if (first > at) parts.push(words.slice(at, first));
      parts.push(h("u", {}, words.slice(first, last)));
      at = last;
    }
    parts.push(words.slice(at));
    return parts;
  }

  const fill = (unplaced.fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole));

  /** How long ago, in the largest two units. */
  unplaced.age = function (texts, from, now) {
    const minutes = Math.max(0, Math.round((now - new Date(from)) / 60000));
    if (minutes < 60) return fill(texts.minutes, { m: minutes });
    if (minutes < 48 * 60) return fill(texts.hours, { h: Math.floor(minutes / 60), m: minutes % 60 });
    return fill(texts.days, { d: Math.floor(minutes / 1440) });
  };

  /** Time of today, else the day. */
  function moment(at, now, zone) {
    const said = (options) => new Intl.DateTimeFormat("zh-CN", { timeZone: zone, hourCycle: "h23", ...options }).format(new Date(at));
    const day = { month: "2-digit", day: "2-digit" };
    const today = said(day) === new Intl.DateTimeFormat("zh-CN", { timeZone: zone, ...day }).format(now);
    return said(today ? { hour: "2-digit", minute: "2-digit" } : { ...day, hour: "2-digit", minute: "2-digit" }).replace("/", "-");
  }

  unplaced.headParts = function (state, texts, act) {
    const counts = { all: state.rows.length };
    for (const row of state.rows) counts[row.group] = (counts[row.group] || 0) + 1;
    const chip = (group) => h("button", { type: "button", class: "chip", "aria-pressed": String(state.group === group), "data-group": group, onclick: () => act.filter(group) }, `${texts[`group.${group}`]} ${counts[group] || 0}`);
    const groups = ["all", "several", "vague", "unregistered", "nowhere", ...(counts.disagree || state.group === "disagree" ? ["disagree"] : [])];
    return [
      h("h1", {}, fill(state.past ? texts.past_title : texts.head, { n: `${state.rows.length}${state.more ? "+" : ""}` })),
      h("div", { class: "chips", role: "group" }, groups.map(chip)),
      h("div", { class: "counters" },
        h("button", { type: "button", class: "chip quiet", "aria-pressed": String(state.past), onclick: act.past }, fill(texts.past, { n: state.pastCount.toLocaleString("en") })),
        h("span", { class: "today" }, fill(texts.today, { n: state.placedToday })),
        state.oldest ? h("span", { class: "oldest" }, fill(texts.oldest, { age: unplaced.age(texts, state.oldest, state.now) })) : null,
        h("span", { class: `fresh${state.lost ? " lost" : ""}` }, state.lost ? texts.lost : fill(texts.fresh, { s: state.seconds }))),
    ];
  };

  unplaced.rowElement = function (row, texts, state, onclick) {
    const candidates = row.candidates.length ? fill(texts.candidates, { n: row.candidates.length }) : texts.no_candidates;
    return h("li", { role: "option", "data-row": row.ref, tabindex: "-1", onclick },
      h("div", { class: "line" }, h("span", { class: "meta" }, moment(row.happened_at, state.now, state.zone), row.source ? h("span", {}, row.source) : null, h("span", {}, row.subject === "incident" ? row.kind : texts[`subject.${row.subject}`])), h("strong", {}, row.title)),
      h("p", { class: "words" }, row.words ? marked(row.words, row.understood) : h("em", {}, texts.no_words), row.rest && row.rest !== row.words ? h("span", { class: "rest" }, ` ${row.rest}`) : null),
      h("div", { class: "meta" }, candidates));
  };

  /** The panel of one record: why it waits, and its candidates by number. */
  unplaced.panelParts = function (row, state, texts, act) {
    if (!row) return [h("h2", {}, state.rows.length ? texts.none_here : texts.none), h("p", { class: "second" }, texts.none_more)];
    // a share among the candidates: of a single one it says nothing, and how sure it is stands in the sentence
    const compared = row.candidates.length > 1;
    const numbers = row.candidates.map((one, place) => h("li", { "data-candidate": place + 1, "aria-selected": String(!state.point && place === state.chosen), onclick: () => act.choose(place), ondblclick: act.confirm },
      h("kbd", {}, String(place + 1)),
      h("div", { class: "candidate" },
        h("div", { class: "line" }, h("strong", {}, one.name), h("span", {}, !compared || one.confidence === null ? "" : `${texts.confidence} ${one.confidence.toFixed(2)}`)),
        h("div", { class: "bar" }, !compared || one.confidence === null ? null : h("i", { style: `width:${Math.round(one.confidence * 100)}%` })),
        h("div", { class: "second" }, one.evidence.join("；")))));
    const chosen = row.candidates[state.chosen];
    return [
      h("h2", {}, fill(texts.why, { title: row.title }), row.candidates.length > 1 ? ` ${fill(texts.places, { n: row.candidates.length })}` : ""),
      h("p", { class: "second" }, row.sentence),
      numbers.length ? h("ol", {}, numbers) : state.point ? null : h("p", { class: "hint" }, texts.no_candidates_hint),
      state.point ? pointPart(state, texts) : null,
      aliasPart(row, state, texts, act),
      state.point ? null : chosen ? h("p", { class: "after" }, chosen.belongs ? fill(texts.belongs, { where: chosen.belongs }) : texts.belongs_nowhere) : null,
    ];
  };

  function pointPart(state, texts) {
    const at = state.point.at;
    if (!at) return h("div", { class: "point" }, h("strong", {}, texts.point), h("p", { class: "second" }, texts.point_how));
    const near = at.building && at.compound ? fill(texts.point_building, { place: at.compound.name, number: at.building.name, metres: Math.round(at.building.distance_m) }) : at.address;
    return h("div", { class: "point" },
      h("strong", {}, at.inside ? near || texts.point_open : texts.point_outside),
      h("p", { class: "second" }, [at.community?.name, at.work_grid?.name, at.road ? fill(texts.point_road, { road: at.road.name, metres: Math.round(at.road.distance_m) }) : null].filter(Boolean).join(" · ")),
      h("p", { class: "second" }, texts.point_how));
  }

  function aliasPart(row, state, texts, act) {
    if (state.editing === "alias") {
      const input = h("input", { type: "text", value: state.alias || row.name, maxlength: "20", "aria-label": texts.alias, "data-alias": true });
      return h("form", { class: "alias", onsubmit: (event) => { event.preventDefault(); act.aliasDone(input.value.trim()); } }, h("label", {}, texts.alias_ask, input), h("span", { class: "second" }, texts.alias_how));
    }
    if (!state.alias) return null;
    const place = act.aliasPlace();
    return h("p", { class: `alias${place ? " on" : ""}` }, h("kbd", {}, "A"), fill(place ? texts.alias_on : texts.alias_off, { name: state.alias, place }));
  }

  /** Ask why a record cannot be placed: one of the usual reasons by number, or in words. */
  unplaced.reasonSheet = function (texts, done, cancel) {
    const usual = ["reason.1", "reason.2", "reason.3", "reason.4"].map((key) => texts[key]);
    const input = h("input", { type: "text", maxlength: "200", "aria-label": texts.reason, "data-reason": true });
    const form = h("form", { class: "sheet", role: "dialog", "aria-modal": "true", "aria-label": texts.reason, onsubmit: (event) => { event.preventDefault(); if (input.value.trim()) done(input.value.trim()); } },
      h("h2", {}, texts.reason),
      h("ol", {}, usual.map((said, place) => h("li", { onclick: () => done(said) }, h("kbd", {}, String(place + 1)), said))),
      h("label", {}, texts.reason_words, input),
      h("p", { class: "second" }, texts.reason_how));
    form.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape") cancel();
      else if (!input.value && usual[Number(event.key) - 1]) { event.preventDefault(); done(usual[Number(event.key) - 1]); }
    });
    return form;
  };

  /** A list above the page: all keys, or the names people taught. */
  unplaced.listSheet = function (title, rows, note, cancel) {
    return h("div", { class: "sheet", role: "dialog", "aria-modal": "true", "aria-label": title, tabindex: "-1", onkeydown: (event) => { if (["Escape", "?", "l", "L"].includes(event.key)) { event.stopPropagation(); cancel(); } } },
      h("h2", {}, title), rows, note ? h("p", { class: "second" }, note) : null);
  };
})();
