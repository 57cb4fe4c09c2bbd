// The panels: each component's children are set through dash_clientside.set_props, and only when they changed.
(function () {
  "use strict";
  const wall = (window.wall = window.wall || {});
  const shown = new Map();

  wall.el = (type, props, children) => ({ type, namespace: "dash_html_components", props: { ...props, ...(children === undefined ? {} : { children }) } });
  wall.set = function (id, children) {
    const form = JSON.stringify(children);
    if (shown.get(id) === form) return false;
    shown.set(id, form);
    window.dash_clientside.set_props(id, { children });
    return true;
  };
  const { el, set } = wall;
  const div = (className, children, extra) => el("Div", { className, ...extra }, children);
  const span = (className, children, extra) => el("Span", { className, ...extra }, children);

  // age, or the chip in its place: lost, or one feed silent
  function age(thing) {
    const health = wall.health(), state = wall.freshness(thing);
    if (health.lost) {
      if (state.stale) return span("age chip", state.chip);
      return span("age chip", wall.text("old.at", { time: wall.clock(health.frozen) }));
    }
    if (state.stale) return span("age chip", state.chip);
    return span("age", state.at === null ? wall.text("age.unknown") : wall.age(state.at, wall.now()));
  }
  const head = (panel, extra) => div("panel-head", [span("name", panel.title), span("scope", panel.scope || ""), ...(extra || []), age(panel)]);

  wall.drawHeader = function (left) {
    const parts = wall.parts, health = wall.health(), now = wall.now();
    set("wall-title", parts.screen.title);
    set("wall-clock", wall.clock(now));
    set("wall-date", wall.date(now));
    // only a feed that is expected at an interval can fall silent
    const watched = parts.feeds.filter((feed) => feed.expected_every_s !== null), stale = watched.filter(wall.feedSilent);
    set("wall-sources", [wall.text("sources", { n: watched.length }) + " · " + (stale.length ? "" : wall.text("sources.fine")),
      ...(stale.length ? [span("chip", wall.text("sources.silent", { n: stale.length }))] : [])]);
    const tabs = parts.screen.scenes.map((scene) => div("tab" + (scene.key === wall.scene ? " on" : ""), scene.key === wall.scene
      ? [scene.title, el("I", { className: "done", id: "wall-progress" })] : scene.title));
    set("wall-tabs", [...tabs, span("next", wall.pinned ? wall.text("pinned") : wall.text("next", { time: wall.countdown(left) }))]);
    if (health.lost) set("wall-bar", [span("first", wall.text("lost." + health.lost, { time: wall.duration(health.seconds, true) })), span("", wall.text("lost.frozen", { time: wall.clock(health.frozen) })),
      span("", health.retry > 0 ? wall.text("lost.retry", { n: health.attempt, s: Math.ceil(health.retry) }) : wall.text("lost.retrying", { n: health.attempt })), span("", wall.text("lost.paused"))]);
    else if (health.back !== null) set("wall-bar", [span("first", wall.text("back", { n: health.back.toLocaleString("en-US") }))]);
    set("wall-old", health.lost ? wall.text("old.picture", { time: wall.clock(health.frozen) }) : "");
  };

  wall.drawLegend = function (scene) {
    const layer = scene.layer, ramp = wall.rampColours(layer.ramp);
    if (wall.taken) { set("wall-legend", wall.takenLegend(wall.taken)); return; }
    const steps = layer.steps.map((step) => div("step" + (step.kind === "few" ? " wide" : ""), [
      div("fill " + step.kind, "", step.kind === "class" ? { style: { background: ramp[step.index] } } : {}), div("label", step.label)]));
    const marks = (layer.marks || []).map((mark) => div("mark", [el("Span", { className: "mark-sign" }, mark.sign || ""), span("", mark.label)]));
    set("wall-legend", [head(layer), div("steps", steps), ...(marks.length ? [div("marks", marks.map((mark, place) => ({ ...mark, props: { ...mark.props, children: [markSign(layer.marks[place].kind), mark.props.children[1]] } })))] : [])]);
    set("wall-note", layer.note || "");
  };
  const markSign = (kind) => el("Img", { className: "mark-sign", style: { width: "1rem", height: "1rem" }, src: "data:image/svg+xml," + encodeURIComponent(signSvg(kind)) });
  function signSvg(kind) {
    const style = getComputedStyle(document.documentElement), text = style.getPropertyValue("--text").trim();
    const body = wall.mark(kind, 10, 10, 1.15).replaceAll("var(--text)", text).replaceAll("var(--ground)", "none");
    return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20">${body}</svg>`;
  }

  // community and place where there is room for both, else the place; a name is never cut, it wraps
  function place(alert) {
    const list = document.getElementById("wall-alerts"), rem = wall.rem();
    return wall.textWidth(alert.where, rem, 400) > list.clientWidth - 9.4 * rem ? alert.place : alert.where;
  }
  // what the panel below the list needs [rem]: a chart a readable height, a table every row
  function panelHeight(panel) {
    if (panel.type !== "table") return 15.2;
    return 1.7 + (panel.figure ? 4.3 : 0) + (panel.columns.some((column) => column.label) ? 1.6 : 0) + 2.06 * panel.rows.length + (panel.foot ? 1.7 : 0);
  }
  // as many of the reasons as stand beside the holder, the first before the others: nothing is cut
  function reasons(alert) {
    const list = document.getElementById("wall-alerts"), rem = wall.rem(), room = list.clientWidth - 5.4 * rem - wall.textWidth(alert.holder, rem, 400);
    const facts = alert.why.split(" · ");
    while (facts.length && wall.textWidth(facts.join(" · "), rem, 400) > room) facts.pop();
    return facts.join(" · ");
  }
  // tags that fit into two rows, and how many make room for the count of the others
  const tagsFit = () => (wall.language === "en" ? { most: 6, less: 3 } : { most: 10, less: 2 });
  // how many of each level, real ones; those of a drill are counted apart, under its word
  wall.byLevel = (alerts) => [1, 2, 3, 4].map((level) => [wall.text("level." + level), alerts.filter((alert) => alert.level === level && !alert.exercise).length, level])
    .concat([[wall.text("drill"), alerts.filter((alert) => alert.exercise).length, 0]]).filter((count) => count[1]);
  // everything on an exercise's screen is one; on any other, what a drill raised
  wall.isDrill = (alert) => wall.parts.screen.exercise || alert.exercise;
  wall.drawAlerts = function (scene) {
    const alerts = wall.parts.alerts, list = document.getElementById("wall-alerts"), rem = wall.rem();
    const holder = list.parentElement, portrait = window.innerWidth < window.innerHeight;
    // head of the list 2, padding and gap 2.7
    const room = holder.clientHeight - (portrait ? 3.7 : Math.max(15.2, panelHeight(scene.panel) + 1) + 3.7) * rem;
    // three lines each: what and its state, where and since when, why with whether it grows and who has it
    const lines = (alert) => (alert.why || alert.holder ? 5.2 : 4.05) * rem;
    const fits = (space) => { let used = 0, count = 0; for (const alert of alerts.rows) { used += lines(alert); if (used > space) break; count++; } return Math.max(1, count); };
    const fit = fits(room) >= alerts.rows.length ? alerts.rows.length : fits(room - 1.8 * rem);
    const now = wall.now(), rows = alerts.rows.slice(0, fit), rest = alerts.rows.slice(fit);
    const children = [head(alerts)];
    if (!rows.length) children.push(div("empty", alerts.empty));
    for (const alert of rows) children.push(div("alert" + (wall.isDrill(alert) ? " drill" : "") + (alert.outside ? " outside" : ""), [
      div("level", [alert.level_word, el("I", {}, alert.letter)], { style: { "--level": `var(--alert-${alert.level})` } }),
      div("", [div("what", alert.what), div("where", place(alert))]),
      div("", [div("state", (wall.isDrill(alert) ? wall.text("drill") + " " : "") + alert.state), div("since", wall.duration(now - alert.raised_at))]),
      ...((alert.why || alert.holder) ? [div("why", [span("", reasons(alert)), span("holder", alert.holder)])] : [])], {}));
    if (rest.length) {
      children.push(div("more", [wall.text("more", { n: rest.length }), ...wall.byLevel(rest).map(([word, count, level]) => span("", [...(level ? [span("swatch", "", { style: { background: `var(--alert-${level})` } })] : []), " " + word + " " + count]))]));
    }
    set("wall-alerts", children);
    // two rows of tags; what does not fit is counted by level
    const tags = tagsFit(), tagged = alerts.rows.slice(0, alerts.rows.length > tags.most ? tags.most - tags.less : tags.most), untagged = alerts.rows.slice(tagged.length);
    set("wall-levels", alerts.rows.length ? [...tagged.map((alert) => span("tag" + (wall.isDrill(alert) ? " drill" : ""), alert.level_word + " " + alert.letter, { style: { "--level": `var(--alert-${alert.level})` } })),
      ...(untagged.length ? [span("second", wall.text("more", { n: untagged.length }) + " " + wall.byLevel(untagged).map(([word, count]) => word + " " + count).join(" · "))] : [])] : [span("second", alerts.empty)]);
  };

  wall.drawCounters = function () {
    const health = wall.health();
    set("wall-counters", wall.parts.counters.map((counter) => {
      const state = wall.freshness(counter), old = (health.lost && !counter.slow) || state.stale;
      const line = health.lost && !state.stale && !counter.slow ? wall.text("lost.counter") : state.stale && !counter.slow ? wall.text("stale.counter", { feed: state.feed.title, bias: counter.bias }) : counter.line;
      const stamp = health.lost && !state.stale && !counter.slow ? span("chip", wall.duration(health.seconds, true)) : counter.slow && health.lost ? span("age", wall.age(state.at, wall.now())) : age(counter);
      const value = counter.value === null ? [span("absent", counter.reason)] : [counter.value, el("Small", {}, counter.unit)];
      return div("counter" + (old ? " old" : ""), [div("top", [span("", counter.label), stamp]), div("value", value), div("line", line)]);
    }));
  };

  function table(panel) {
    const columns = panel.columns, cells = [];
    const template = columns.map((column, place) => (place === 0 ? "minmax(0, 1fr)" : "auto")).join(" ");
    if (columns.some((column) => column.label)) for (const column of columns) cells.push(div("cell-head " + (column.number ? "number" : ""), column.label));
    for (const row of panel.rows) row.cells.forEach((cell, place) => cells.push(div((columns[place].number ? "number " : "text ") + (columns[place].strong ? "strong " : "") + (columns[place].second ? "second " : "") + (row.total ? "total" : ""),
      place === 0 && row.sign ? [span("sign" + (row.sign.length > 1 || "+·".includes(row.sign) ? " plain" : ""), row.sign === "·" ? "•" : row.sign), cell] : cell)));
    return el("Div", { className: "table", style: { gridTemplateColumns: template } }, cells);
  }
  function tablePanel(panel) {
    const children = [head(panel)];
    if (panel.figure) children.push(div("figure", [span("value", panel.figure.value), span("unit", panel.figure.unit), span("note", panel.figure.note || "")]));
    if (panel.rows.length) children.push(table(panel)); else if (panel.empty) children.push(div("empty", panel.empty));
    if (panel.foot) children.push(div("table-foot", panel.foot));
    return children;
  }
  wall.drawRegister = (scene) => set("wall-register", scene.register ? tablePanel(scene.register) : "");
  wall.drawOut = function (scene) {
    if (!scene.out) return set("wall-out", "");
    const room = Math.max(3, Math.floor((document.getElementById("wall-out").clientHeight - 2.2 * wall.rem()) / (3.65 * wall.rem())));
    const rows = scene.out.rows.slice(0, room);
    set("wall-out", [head(scene.out), ...(rows.length ? rows.map((row) => div("list-row", [span("sign out-sign", row.sign), div("", [div("name", row.name), div("under", row.under)]), div("when", row.when)])) : [div("empty", scene.out.empty)])]);
  };

  // ---- the last 24 hours as bars, what was expected as one line
  wall.drawPanel = function (scene) {
    const panel = scene.panel, state = wall.freshness(panel);
    document.getElementById("wall-panel").classList.toggle("old", Boolean(state.stale));
    const holder = document.getElementById("wall-chart");
    if (panel.type === "table") { set("wall-panel-top", tablePanel(panel)); holder.replaceChildren(); holder.dataset.form = ""; return; }
    const note = state.stale ? div("keys old-note", wall.text("stale.note", { feed: state.feed.title, time: wall.hourMinute(state.feed.newest_at), every: wall.duration(state.feed.expected_every_s) }))
      : div("keys", [span("", [el("I", { className: "bar-key" }), panel.actual_label]), span("", [el("I", { className: "line-key" }), panel.expected_label])]);
    set("wall-panel-top", [head(panel), note]);
    requestAnimationFrame(() => chart(panel));
  };
  const signature = (panel) => JSON.stringify([panel.actual, panel.expected, wall.health().lost, Boolean(wall.freshness(panel).stale), window.innerWidth, window.innerHeight]);
  function chart(panel) {
    const holder = document.getElementById("wall-chart");
    if (!holder || holder.clientHeight < 20) return;
    const state = wall.freshness(panel), grey = wall.health().lost || state.stale;
    const form = signature(panel);
    if (holder.dataset.form === form) return;
    holder.dataset.form = form;
    const w = holder.clientWidth, h = holder.clientHeight, rem = wall.rem(), u = rem / 20;
    const top = 0.7 * rem, bottom = h - 1.5 * rem, peak = Math.max(4, ...panel.actual, ...panel.expected.filter((value) => value !== null));
    const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000].find((size) => peak / size <= 4) || Math.ceil(peak / 4);
    const ceiling = Math.ceil(peak / step) * step, left = wall.textWidth(String(ceiling), rem, 400) + 0.6 * rem;
    const count = panel.actual.length, width = (w - left) / count, y = (value) => bottom - (value / ceiling) * (bottom - top);
    const f = (value) => value.toFixed(1);
    let svg = "";
    for (let value = 0; value <= ceiling; value += step) svg += `<path d="M${f(left)} ${f(y(value))}H${w}" stroke="var(--hairline)" stroke-width="${f(u)}"/><text x="${f(left - 0.5 * rem)}" y="${f(y(value) + 0.36 * rem)}" font-size="${f(rem)}" text-anchor="end" fill="var(--second-text)">${value}</text>`;
    panel.actual.forEach((value, place) => { if (value) svg += `<rect x="${f(left + place * width + width * 0.08)}" y="${f(y(value))}" width="${f(width * 0.84)}" height="${f(bottom - y(value))}" fill="var(${grey ? "--stale-4" : "--demand-4"})"/>`; });
    // the span nobody told us about
    const known = state.stale ? state.feed.newest_at : wall.health().lost ? wall.health().frozen : null;
    if (known !== null && known < panel.until) {
      const from = Math.max(left, left + (w - left) * (1 - (panel.until - known) / 86400));
      svg += `<defs><pattern id="missing" width="${f(8 * u)}" height="${f(8 * u)}" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="${f(8 * u)}" height="${f(8 * u)}" fill="var(--ground)"/><rect width="${f(4 * u)}" height="${f(8 * u)}" fill="var(--old-stripe)"/></pattern></defs><rect x="${f(Math.min(from, w - 4 * u))}" y="${f(top)}" width="${f(Math.max(4 * u, w - from))}" height="${f(bottom - top)}" fill="url(#missing)"/>`;
    }
    let d = "";
    panel.expected.forEach((value, place) => { if (value !== null) d += (d && panel.expected[place - 1] !== null ? `V${f(y(value))}` : `M${f(left + place * width)} ${f(y(value))}`) + `H${f(left + (place + 1) * width)}`; });
    svg += `<path d="${d}" fill="none" stroke="var(--ground)" stroke-width="${f(5 * u)}"/><path d="${d}" fill="none" stroke="var(--text)" stroke-width="${f(2 * u)}"/>`;
    const nowLabel = wall.text("now"), nowWidth = wall.textWidth(nowLabel, rem, 700);
    svg += `<text x="${f(w)}" y="${f(h - 0.25 * rem)}" font-size="${f(rem)}" font-weight="700" text-anchor="end" fill="var(--text)">${nowLabel}</text>`;
    const start = panel.until - 86400;
    let last = -Infinity;
    for (let time = start + ((3600 - wall.secondOfHour(start)) % 3600); time < panel.until; time += 3600) {
      const hour = wall.hour(time);
      if (hour % 6 !== 2) continue;
      const x = left + ((time - start) / 86400) * (w - left), text = wall.text("hour", { n: hour }), half = wall.textWidth(text, rem, 400) / 2;
      if (x - half < Math.max(left - 0.6 * rem, last) || x + half > w - nowWidth - 0.6 * rem) continue;
      last = x + half + 0.4 * rem;
      svg += `<text x="${f(x)}" y="${f(h - 0.25 * rem)}" font-size="${f(rem)}" text-anchor="middle" fill="var(--second-text)">${text}</text>`;
    }
    holder.innerHTML = `<svg width="${w}" height="${h}" viewBox="0 0 ${w} ${h}">${svg}</svg>`;
  }

  // ---- small maps: the same ramp, extent and north as the large one
  wall.drawSmall = function (scene) {
    if (!document.getElementById("wall-small").offsetParent) return;
    const small = scene.small || [];
    for (let place = 0; place < 4; place++) {
      const map = small[place];
      set("wall-small-top-" + place, map ? [div("panel-head", [span("name", map.title), span("scope", map.scope || ""), span("value", map.value || "")]), div("under", [map.under ? map.under + " · " : "", age(map)])] : "");
    }
    requestAnimationFrame(() => small.forEach(drawing));
  };
  function drawing(map, place) {
    const holder = document.getElementById("wall-small-" + place);
    if (!holder || holder.clientHeight < 20) return;
    const form = JSON.stringify([map.classes, map.points, wall.health().lost, holder.clientWidth, holder.clientHeight]);
    if (holder.dataset.form === form) return;
    holder.dataset.form = form;
    const u = wall.rem() / 20, drawn = wall.drawGround(wall.ground, map, holder.clientWidth, holder.clientHeight, u, "small" + place, 0.5 * wall.rem());
    let svg = drawn.svg;
    for (const [lon, lat, ready] of map.points || []) {
      const [px, py] = drawn.project([lon, lat]);
      svg += `<circle cx="${px.toFixed(1)}" cy="${py.toFixed(1)}" r="${(4 * u).toFixed(1)}" fill="${ready ? "var(--text)" : "var(--ground)"}" stroke="${ready ? "var(--ground)" : "var(--text)"}" stroke-width="${(1.6 * u).toFixed(1)}" paint-order="${ready ? "stroke" : "normal"}"/>`;
    }
    holder.innerHTML = `<svg viewBox="0 0 ${holder.clientWidth} ${holder.clientHeight}">${svg}</svg>`;
  }
})();
