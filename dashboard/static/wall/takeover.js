// An orange or red alert owns the wall for a stated time: where, how much against expected, why, who lives there, who is near.
(function () {
  "use strict";
  const wall = (window.wall = window.wall || {});
  const { el, set } = wall;
  const div = (className, children, extra) => wall.el("Div", { className, ...extra }, children);
  const span = (className, children) => wall.el("Span", { className }, children);
  wall.taken = null;

  // How long each alert has owned this wall since it was raised or became graver [s]; a reload goes on where it was.
  const KEPT = "wall.taken";
  let owned = {};
  try { owned = JSON.parse(sessionStorage.getItem(KEPT)) || {}; } catch { owned = {}; }
  const key = (alert) => alert.id + "@" + alert.taken_at;
  // Those raised together share the time, so that a bad hour does not keep the district off the wall; each is readable [s].
  const TOGETHER_S = 300, LEAST_S = 25;
  const grave = () => wall.parts.alerts.rows.filter((alert) => alert.level <= 2 && alert.taken_at !== null && alert.facts);
  const share = (alert) => {
    const whole = wall.parts.screen.takeover_s, together = grave().filter((other) => Math.abs(other.taken_at - alert.taken_at) <= TOGETHER_S).length;
    return Math.max(Math.min(whole, LEAST_S), whole / Math.max(1, together));
  };
  const due = (alert) => share(alert) - (owned[key(alert)] || 0);
  // What is no news any more when this page first sees it stays in the list [s].
  const NEWS_S = 600;
  const isNews = (alert) => owned[key(alert)] || wall.now() - alert.taken_at < NEWS_S;
  // What is real before what is a drill, the graver before the milder; of equals whoever has the wall keeps it, then the older.
  const mine = (alert) => wall.taken && wall.taken.id === alert.id ? 0 : 1;
  const queue = () => grave().filter((alert) => isNews(alert) && due(alert) > 0)
    .sort((one, other) => one.exercise - other.exercise || one.level - other.level || mine(one) - mine(other) || one.taken_at - other.taken_at);

  // Whom the wall belongs to now; true when that changed. `passed` are the seconds since it was asked last.
  wall.judgeTakeover = function (passed) {
    const before = wall.taken, lost = wall.health().lost;
    if (before && !lost) {
      owned[key(before)] = (owned[key(before)] || 0) + Math.min(passed, 5);
      const known = new Set(wall.parts.alerts.rows.map(key));
      owned = Object.fromEntries(Object.entries(owned).filter(([name]) => known.has(name)));
      sessionStorage.setItem(KEPT, JSON.stringify(owned));
    }
    const next = lost ? null : queue()[0] || null;
    wall.taken = next;
    return (before && before.id) !== (next && next.id);
  };
  wall.drawTakeover = function () {
    const alert = wall.taken;
    if (!alert) return;
    const colour = { "--level": `var(--alert-${alert.level})` }, now = wall.now();
    const scene = wall.parts.screen.scenes.find((one) => one.key === wall.scene);
    set("wall-takeover-head", [div("level-word", alert.level_title), div("what", (wall.isDrill(alert) ? wall.text("drill") + " " : "") + alert.what), div("where", alert.where),
      div("return", wall.text("takeover.return", { time: wall.countdown(due(alert)), scene: scene ? scene.title : "" })), div("clock", wall.clock(now))]);
    document.getElementById("wall-takeover-head").style.setProperty("--level", colour["--level"]);
    document.getElementById("wall-takeover").style.setProperty("--level", colour["--level"]);
    const facts = [], f = alert.facts;
    const fact = (label, value) => div("fact", [span("", label), span("", value)]);
    facts.push(div("block", [div("label", wall.text("takeover.why")), div("big", [span("value", f.observed), span("beside", f.expected), span("times", f.times || "")]),
      ...(f.gauge ? [picture("gauge", gauge(alert))] : []), ...(f.reasons ? [div("why", f.reasons)] : []), div("method", f.method)]));
    facts.push(div("block", [fact(wall.text("takeover.since"), wall.text("takeover.since_value", { time: wall.dayTime(alert.since, now), lasting: wall.duration(now - alert.since) })), fact(wall.text("takeover.extent"), f.extent), div("fact people", [span("", wall.text("takeover.people")), span("", f.people)]), ...(f.groups ? [div("under", f.groups)] : [])]));
    if (f.help.length) facts.push(div("block", [div("label", wall.text("takeover.help")), div("help", f.help.flatMap((one) => [span("", one.name), span("", one.distance), span("", one.minutes), wall.el("B", {}, one.state)]))]));
    facts.push(div("block", [div("fact post", [span("", wall.text("takeover.post")), span("", [span("", f.post), span("post-state", f.post_state)])]), picture("steps", steps(alert, now))]));
    const others = wall.byLevel(wall.parts.alerts.rows.filter((one) => one.id !== alert.id));
    facts.push(div("foot-facts", [fact(wall.text("takeover.others"), (others.length ? others.map(([word, count]) => word + " " + count).join(" · ") : wall.text("takeover.none")) + "，" + wall.text("takeover.queued", { n: Math.max(0, queue().length - 1) })),
      fact(f.unplaced_label, f.unplaced + "　" + wall.text("takeover.data") + " " + (wall.live.good === null ? "" : wall.age(wall.live.good, now)))]));
    set("wall-takeover", facts);
  };

  // A small drawing as an image, so that Dash keeps it like any other component.
  function picture(className, svg) {
    const style = getComputedStyle(document.documentElement), font = getComputedStyle(document.body).fontFamily.replaceAll('"', "'");
    const plain = svg.body.replace(/var\((--[\w-]+)\)/g, (_, name) => style.getPropertyValue(name).trim());
    const whole = `<svg xmlns="http://www.w3.org/2000/svg" width="${svg.w}" height="${svg.h}" viewBox="0 0 ${svg.w} ${svg.h}" font-family="${font}">${plain}</svg>`;
    return el("Img", { className, alt: svg.words, src: "data:image/svg+xml," + encodeURIComponent(whole) });
  }
  const panelWidth = () => document.getElementById("wall-takeover").clientWidth - 3.2 * wall.rem();

  function gauge(alert) {
    const g = alert.facts.gauge, w = panelWidth(), h = 3.6 * wall.rem(), rem = wall.rem(), u = rem / 20, top = Math.max(g.observed, g.high) * 1.15 || 1;
    const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((size) => top / size <= 4) || top, x = (value) => 6 * u + (value / top) * (w - 12 * u), y = 1.2 * rem;
    let svg = `<path d="M${x(0)} ${y}H${x(top)}" stroke="var(--old-stripe)" stroke-width="${u}"/><rect x="${x(g.low)}" y="${y - 8 * u}" width="${Math.max(2, x(g.high) - x(g.low))}" height="${16 * u}" fill="var(--stale-3)"/>` +
      `<path d="M${x(g.expected)} ${y - 17 * u}V${y + 17 * u}" stroke="var(--text)" stroke-width="${2.5 * u}"/><circle cx="${x(g.observed)}" cy="${y}" r="${11 * u}" fill="var(--alert-${alert.level})"/>`;
    const unitWidth = wall.textWidth(g.unit, rem, 400);
    for (let value = 0; value <= top; value += step) if (x(value) < w - unitWidth - 2 * rem) svg += `<text x="${x(value)}" y="${h - 0.3 * rem}" font-size="${rem}" text-anchor="${value ? "middle" : "start"}" fill="var(--second-text)">${value}</text>`;
    return { w, h, words: "", body: `${svg}<text x="${w}" y="${h - 0.3 * rem}" font-size="${rem}" text-anchor="end" fill="var(--second-text)">${wall.escape(g.unit)}</text>` };
  }
  function steps(alert, now) {
    const list = alert.facts.steps, w = panelWidth(), h = 5.2 * wall.rem(), rem = wall.rem(), u = rem / 20, edge = 1.8 * rem, gap = list.length > 1 ? (w - 2 * edge) / (list.length - 1) : 0, y = 2.6 * rem;
    let svg = `<path d="M${edge} ${y}H${edge + gap * (list.length - 1)}" stroke="var(--community-line)" stroke-width="${2 * u}"/>`;
    list.forEach((step, place) => {
      // a word longer than its edge is wide moves inwards instead of being cut
      const x = edge + gap * place, text = (dy, words, fill) => { const half = wall.textWidth(words, rem, 400) / 2 + 0.1 * rem; return `<text x="${Math.max(half, Math.min(w - half, x))}" y="${dy}" font-size="${rem}" text-anchor="middle" fill="${fill}">${wall.escape(words)}</text>`; };
      svg += text(1.2 * rem, wall.day(step.at) === wall.day(now) ? wall.hourMinute(step.at) : wall.monthDay(step.at), "var(--text)") + `<circle cx="${x}" cy="${y}" r="${8 * u}" fill="${step.mine ? `var(--alert-${alert.level})` : step.due ? "var(--ground)" : "var(--text)"}" stroke="${step.due ? "var(--text)" : "var(--ground)"}" stroke-width="${3 * u}"/>` + text(4.4 * rem, step.label, step.due ? "var(--second-text)" : "var(--text)");
    });
    return { w, h, words: "", body: svg };
  }
  wall.takenLegend = (alert) => [
    ...(alert.facts.members ? [div("marks", [div("mark", [wall.el("I", { className: "member-dot" }), span("", alert.facts.members)])])] : []),
    ...(alert.facts.reach ? [div("marks", [div("mark", [wall.el("I", { className: "reach-line" }), span("", alert.facts.reach)])])] : [])];

  function nearestEdge(alert, project, px, py) {
    let best = [px, py], least = Infinity;
    for (const polygon of alert.polygons) for (let place = 0; place + 1 < polygon[0].length; place++) {
      const [ax, ay] = project(polygon[0][place]), [bx, by] = project(polygon[0][place + 1]);
      const length = (bx - ax) ** 2 + (by - ay) ** 2, t = length ? Math.max(0, Math.min(1, ((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / length)) : 0;
      const x = ax + t * (bx - ax), y = ay + t * (by - ay), far = Math.hypot(px - x, py - y);
      if (far < least) { least = far; best = [x, y]; }
    }
    return best;
  }
  wall.drawTaken = function (alert, room, drawing, u, rem) {
    const project = wall.map.project, d = wall.areaPath(alert.polygons, project), colour = `var(--alert-${alert.level})`;
    // the cells of the neighbourhood as lines only: their values are of no matter now
    const seen = wall.ground.hexagons.filter((ring) => { const [px, py] = project(ring[0]); return px > -200 && py > -200 && px < wall.map.width + 200 && py < wall.map.height + 200; });
    drawing.shapes += `<path d="${wall.path(seen, project, true)}" fill="none" stroke="var(--road-minor)" stroke-width="${1.5 * u}"/>`;
    for (const ring of alert.buildings) drawing.shapes += `<path d="${wall.path([ring], project, true)}" fill="var(--hills)" stroke="var(--road-second)" stroke-width="${u}"/>`;
    drawing.shapes += `<path d="${d}" fill="${colour}" fill-opacity=".38"/>`;
    for (const ring of alert.buildings_inside) drawing.shapes += `<path d="${wall.path([ring], project, true)}" fill="${colour}" fill-opacity=".3" stroke="${colour}" stroke-opacity=".55" stroke-width="${u}"/>`;
    drawing.shapes += `<path d="${d}" fill="none" stroke="${colour}" stroke-width="${6 * u}" stroke-linejoin="round" style="filter: drop-shadow(0 0 ${9 * u}px ${colour})"/>`;
    for (const point of alert.members) {
      const [px, py] = project(point);
      drawing.marks += `<circle cx="${px}" cy="${py}" r="${6.5 * u}" fill="var(--text)" stroke="var(--ground)" stroke-width="${4 * u}" paint-order="stroke"/>`;
      room.prefer({ left: px - 7 * u, right: px + 7 * u, top: py - 7 * u, bottom: py + 7 * u });
    }
    let left = Infinity, right = -Infinity, top = Infinity;
    for (const polygon of alert.polygons) for (const point of polygon[0]) { const [px, py] = project(point); left = Math.min(left, px); right = Math.max(right, px); top = Math.min(top, py); }
    const outside = (place) => [[place.left, place.top], [place.right, place.top], [place.left, place.bottom], [place.right, place.bottom], [(place.left + place.right) / 2, place.top], [(place.left + place.right) / 2, place.bottom]]
      .every(([px, py]) => !wall.inside(alert.polygons, project.unproject(px, py)));
    const outsideFirst = (places) => [...places.filter(outside), ...places.filter((place) => !outside(place))];
    const name = alert.place, size = 1.6 * rem, width = wall.textWidth(name, size, 700) + 0.4 * rem;
    const title = room.take(wall.rings((left + right) / 2, top - 1.5 * rem, width, 2 * rem, rem, 4));
    if (title) drawing.labels += wall.label(name, title.left + 0.2 * rem, title.top + 1.55 * rem, size, { weight: 700, kind: "place" });
    for (const help of alert.facts.help) {
      const [px, py] = project(help.point);
      if (px < 0 || py < 0 || px > wall.map.width || py > wall.map.height) continue;
      const box = room.take(wall.rings(px, py, 30 * u, 30 * u, 16 * u, 3));
      if (!box) continue;
      // from the edge of the shape that is nearest, so that the line does not cross what it belongs to
      const from = nearestEdge(alert, project, box.cx, box.cy);
      drawing.shapes += `<path d="M${from[0]} ${from[1]}L${box.cx} ${box.cy}" stroke="var(--text)" stroke-width="${2.5 * u}" stroke-dasharray="${5 * u} ${7 * u}"/>`;
      drawing.marks += wall.tile(help.sign, help.ready, box.cx, box.cy, u);
      const words = help.name + " " + help.distance, wide = wall.textWidth(words, 1.2 * rem, 700) + 0.3 * rem;
      const place = room.take([...outsideFirst(wall.around(box.cx, box.cy, wide, 1.5 * rem, 17 * u)), ...wall.rings(box.cx, box.cy, wide, 1.5 * rem, 1.5 * rem, 5).slice(1)]);
      if (place) drawing.labels += wall.label(words, place.left + 0.15 * rem, place.top + 1.18 * rem, 1.2 * rem, { weight: 700, kind: "help" });
    }
    const near = (point) => { const [px, py] = project(point); return px > 0 && py > 0 && px < wall.map.width && py < wall.map.height; };
    for (const spot of wall.ground.spots) if (near(spot.point) && spot.name !== name) {
      const [px, py] = project(spot.point), wide = wall.textWidth(spot.name, 1.2 * rem, 400) + 0.3 * rem, place = room.take(wall.rings(px, py, wide, 1.6 * rem, rem, 2));
      if (place) drawing.labels += wall.label(spot.name, place.left + 0.15 * rem, place.top + 1.25 * rem, 1.2 * rem, { kind: "compound", fill: "var(--community-line)" });
    }
    for (const road of wall.ground.roads) {
      if (!road.name || road.rank === "minor") continue;
      const inside = road.lines.flat().filter(near).map(project);
      const wide = wall.textWidth(road.name, rem, 400) + 0.3 * rem;
      const place = room.take(inside.map(([px, py]) => ({ left: px - wide / 2, right: px + wide / 2, top: py - 0.65 * rem, bottom: py + 0.65 * rem })));
      if (place) drawing.labels += wall.label(road.name, place.left + 0.15 * rem, place.top + rem, rem, { fill: "var(--road-label)", kind: "road" });
    }
  };
})();
