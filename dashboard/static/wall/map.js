// The one large map: MapLibre (through Plotly) draws ground and cells, whose values are patched; marks, alert shapes and
// labels are drawn above it, since only here it is known what fits this screen.
(function () {
  "use strict";
  const wall = (window.wall = window.wall || {});
  const TRACES = { cells: 0, few: 1, gap: 2, gapEdge: 3 };
  const LINE = { 1: 7, 2: 6, 3: 4, 4: 4 };
  // line layers of the style (dashboard/wall/basemap.py)
  const OURS = ["roads", "thin-roads", "border-casing", "borders", "outline-casing", "outline"];
  // the largest legend of any scene [rem]
  const LEGEND = { right: 29, bottom: 7.6 };
  const map = (wall.map = { camera: null, project: null, ready: false, shown: "" });

  const host = () => document.querySelector("#wall-map .js-plotly-plot") || document.getElementById("wall-map");
  const box = () => document.querySelector(".map").getBoundingClientRect();
  const inner = () => { const gd = host(); return gd && gd._fullLayout && gd._fullLayout.map && gd._fullLayout.map._subplot && gd._fullLayout.map._subplot.map; };

  // What is kept free round the district; where it would run under the legend (the same for every scene), the legend's height.
  function margins(width, height, rem) {
    const free = { top: 1.2 * rem, right: 1.4 * rem, bottom: 1.4 * rem, left: 1.4 * rem };
    const project = wall.projector(wall.fit(wall.ground.bounds, width, height, free), width, height);
    const under = (point) => { const [px, py] = project(point); return px < LEGEND.right * rem && py < LEGEND.bottom * rem; };
    return wall.ground.outline.some((rings) => rings[0].some(under)) ? { ...free, top: LEGEND.bottom * rem } : free;
  }
  // The camera of the whole district, or of an alert that owns the wall.
  map.aim = function (alert) {
    const { width, height } = box(), rem = wall.rem();
    if (!alert) return wall.fit(wall.ground.bounds, width, height, margins(width, height, rem));
    const camera = wall.fit(alert.bounds, width, height, { top: height * 0.26, right: width * 0.33, bottom: height * 0.26, left: width * 0.33 });
    // the same ground whatever number of pixels the wall has
    camera.zoom = Math.min(camera.zoom, 16.6 + Math.log2(rem / 20));
    // up to twice as far away where that brings the nearest help into the picture, with room for its name
    const project = wall.projector(camera, width, height), x = width / 2, y = height / 2;
    const away = (alert.facts ? alert.facts.help : []).map((help) => project(help.point)).map(([px, py]) => Math.max(Math.abs(px - x) / (x - 3 * rem), Math.abs(py - y) / (y - 4 * rem)));
    camera.zoom -= Math.log2(Math.max(1, ...away.filter((times) => times <= 2)));
    return camera;
  };

  map.frame = function () {
    const gd = host();
    if (!gd || !gd.layout || !wall.ground) return;
    const { width, height } = box();
    map.camera = map.aim(wall.taken);
    map.project = wall.projector(map.camera, width, height);
    map.width = width; map.height = height;
    const centre = { lon: map.camera.lon, lat: map.camera.lat }, engine = inner();
    // an alert's map is larger than the scenes': Plotly keeps the scenes' size and is not asked while the alert owns the wall
    if (engine && (wall.taken || (gd.layout.width === width && gd.layout.height === height))) {
      Object.assign(engine.getContainer().style, { width: width + "px", height: height + "px" });
      engine.resize();
      settle(gd, centre, map.camera.zoom);
    } else window.Plotly.relayout(gd, { "map.center": centre, "map.zoom": map.camera.zoom, width, height }).then(() => showCells(!wall.taken));
    showCells(!wall.taken);
    map.shown = "";
  };
  // Put the camera where it belongs without Plotly: a relayout hands every cell to MapLibre anew, which takes seconds without a
  // graphics card. Plotly must know where the camera is, or it would put it back with the next values.
  function settle(gd, centre, zoom) {
    for (const layout of [gd.layout.map, gd._fullLayout.map]) { layout.center = { ...centre }; layout.zoom = zoom; }
    inner().jumpTo({ center: [centre.lon, centre.lat], zoom });
  }
  // The cells' values are of the whole district and mean nothing near an alert: they are hidden while one owns the wall, at once and
  // without touching their data, so that no cell of the former zoom stands there while MapLibre works.
  function showCells(shown) {
    const engine = inner();
    if (!engine) return;
    for (const id of engine.getLayersOrder()) if (id.startsWith("plotly-trace-layer")) engine.setLayoutProperty(id, "visibility", shown ? "visible" : "none");
  }
  // Fly to the alert (900 ms) or back (600 ms); labels stay away until the camera rests.
  map.fly = function (done) {
    const { width, height } = box(), camera = map.aim(wall.taken), engine = inner();
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const finish = () => { map.flying = false; map.frame(); done(); };
    map.flying = true;
    document.getElementById("wall-overlay").replaceChildren();
    map.width = width; map.height = height;
    if (!engine || still) return finish();
    showCells(!wall.taken);
    Object.assign(engine.getContainer().style, { width: width + "px", height: height + "px" });
    engine.resize();
    engine.easeTo({ center: [camera.lon, camera.lat], zoom: camera.zoom, duration: wall.taken ? 900 : 600 });
    setTimeout(finish, wall.taken ? 950 : 650);
  };

  // ---- cells
  function groups(classes) {
    const found = { z: [], at: [], few: [], gap: [] };
    for (let place = 0; place < classes.length; place++) {
      const kind = classes[place];
      if (kind === "f") found.few.push(place);
      else if (kind === "g") found.gap.push(place);
      else if (kind !== ".") { found.at.push(place); found.z.push(Number(kind) + 0.5); }
    }
    return found;
  }
  const columns = (line) => ({ lon: line.map((point) => point && point[0]), lat: line.map((point) => point && point[1]) });

  map.drawCells = function (scene) {
    const gd = host();
    // hidden while an alert owns the wall: what comes meanwhile is drawn when the wall is given back
    if (!gd || !gd.data || !map.project || wall.taken || map.flying) return;
    const u = wall.rem() / 20, lost = document.getElementById("wall").classList.contains("lost");
    const signature = [scene.key, scene.layer.classes, lost, map.width, map.height, map.camera.zoom].join("|");
    if (signature === map.shown) return;
    map.shown = signature;
    const found = groups(scene.layer.classes), ring = (place) => wall.ground.hexagons[place];
    const ramp = wall.rampColours(scene.layer.ramp), steps = ramp.length;
    const scale = ramp.flatMap((colour, place) => [[place / steps, colour], [(place + 1) / steps, colour]]);
    const few = columns(wall.hatch(found.few.map(ring), map.project, 6.5 * u)), gap = columns(wall.hatch(found.gap.map(ring), map.project, 9 * u));
    const edge = columns(wall.outerEdges(found.gap.map(ring)));
    const cells = window.Plotly.restyle(gd, { locations: [found.at], z: [found.z], colorscale: [scale], zmax: [steps], "marker.opacity": [0.92] }, [TRACES.cells]);
    const lines = window.Plotly.restyle(gd, {
      lon: [few.lon, gap.lon, edge.lon], lat: [few.lat, gap.lat, edge.lat],
      "line.width": [1.3 * u, 1.5 * u, 2 * u], opacity: 1,
    }, [TRACES.few, TRACES.gap, TRACES.gapEdge]);
    map.cells = found.at.length;
    map.painted = Promise.all([cells, lines]);
  };

  // ---- what lies above
  const pixelBox = (element) => {
    const base = box(), r = element.getBoundingClientRect();
    return { left: r.left - base.left, top: r.top - base.top, right: r.right - base.left, bottom: r.bottom - base.top };
  };
  const square = (px, py, half) => ({ left: px - half, right: px + half, top: py - half, bottom: py + half });

  // Placing labels is the dearest thing the page does: only when something that is placed has changed.
  map.drawAbove = function (scene) {
    // while the camera moves nothing has a place
    if (!map.project || map.flying) return;
    const legend = document.getElementById("wall-legend").getBoundingClientRect();
    const signature = [wall.version, scene.key, wall.taken && wall.taken.id, map.width, map.height, map.camera.zoom, legend.width, legend.height, document.querySelector(".foot").offsetWidth, wall.health().lost].join("|");
    const overlay = document.getElementById("wall-overlay");
    if (signature === map.above && overlay.firstChild) return;
    map.above = signature;
    const rem = wall.rem(), u = rem / 20, room = new wall.Room(map.width, map.height, Math.max(0.3 * rem, 0.004 * map.height));
    for (const name of ["#wall-legend > *", ".foot > *"]) for (const part of document.querySelectorAll(name)) {
      const panel = pixelBox(part);
      if (panel.right > panel.left) room.block({ left: panel.left - 6 * u, right: panel.right + 8 * u, top: panel.top - 2 * u, bottom: panel.bottom + 4 * u });
    }
    const old = document.getElementById("wall-old");
    if (old.offsetParent) room.block(pixelBox(old));
    room.seams((wall.parts.screen.seams || []).map((share) => share * window.innerWidth - box().left), 4 * u);
    const drawing = { shapes: "", marks: "", labels: "", tags: "" };
    if (wall.taken) wall.drawTaken(wall.taken, room, drawing, u, rem);
    else drawScene(scene, room, drawing, u, rem);
    const svg = `<svg viewBox="0 0 ${map.width} ${map.height}">${wall.patterns(u, "wall")}${drawing.shapes}${drawing.marks}${drawing.labels}${drawing.tags}</svg>`;
    overlay.innerHTML = svg;
  };

  function drawScene(scene, room, drawing, u, rem) {
    const shaped = (wall.parts.alerts.rows || []).filter((alert) => alert.polygons.length);
    for (const alert of shaped.slice().reverse()) drawing.shapes += shape(alert, u);
    // tags first, then communities, roads, compounds
    for (const alert of shaped) if (!alert.outside) tag(alert, room, drawing, u, rem);
    for (const gap of scene.gaps || []) gapLabel(gap, room, drawing, u, rem);
    for (const point of pointsOf(scene)) { const [px, py] = map.project(point); room.prefer(square(px, py, 7 * u)); }
    communities(room, drawing, rem, u, shaped);
    for (const mark of marksOf(scene, room, u)) { drawing.marks += mark.svg; if (mark.box) room.block(mark.box); }
    roads(room, drawing, rem);
    if (scene.marks === "compounds") compounds(room, drawing, rem, u);
  }

  function shape(alert, u) {
    const d = wall.areaPath(alert.polygons, map.project), width = (alert.narrow ? LINE[alert.level] : 0.6 * LINE[alert.level]) * u, colour = `var(--alert-${alert.level})`;
    const fresh = wall.now() - alert.raised_at < 3;
    // an alert of others is theirs: a broken line, nothing darkened
    if (alert.outside) return `<path d="${d}" fill="none" stroke="${colour}" stroke-width="${(3 * u).toFixed(1)}" stroke-dasharray="${(14 * u).toFixed(1)} ${(9 * u).toFixed(1)}"/>`;
    return (alert.narrow ? `<path d="${d}" fill="var(--ground)" fill-opacity=".5"/>` : "") +
      `<path d="${d}" fill="none" stroke="var(--ground)" stroke-width="${(width + 6 * u).toFixed(1)}" stroke-linejoin="round"/>` +
      `<path class="${fresh ? "pulse" : ""}" d="${d}" fill="none" stroke="${colour}" stroke-width="${width.toFixed(1)}" stroke-linejoin="round"/>`;
  }
  function extent(alert) {
    let left = Infinity, right = -Infinity, top = Infinity, bottom = -Infinity;
    for (const polygon of alert.polygons) for (const point of polygon[0]) {
      const [px, py] = map.project(point);
      left = Math.min(left, px); right = Math.max(right, px); top = Math.min(top, py); bottom = Math.max(bottom, py);
    }
    return { left, right, top, bottom };
  }
  // the name of the community an alert covers whole; its tag stands beside that name
  const whole = (alert) => alert.narrow ? null : wall.ground.communities.find((one) => one.label && (one.name === alert.place || one.name_en === alert.place));
  function tag(alert, room, drawing, u, rem) {
    const size = 1.2 * rem, text = (wall.isDrill(alert) ? wall.text("drill") + " " : "") + alert.level_word + " " + alert.letter, width = wall.textWidth(text, size, 700) + 0.9 * rem, height = 1.7 * rem;
    const e = extent(alert), middle = (e.left + e.right) / 2, centre = (e.top + e.bottom) / 2;
    const at = (left, top) => ({ left, top, right: left + width, bottom: top + height });
    const community = whole(alert), stand = community && map.project(community.label);
    const place = room.take(stand ? wall.rings(stand[0], stand[1] - 1.8 * rem, width, height, 1.1 * rem, 6) : [at(middle, e.top - height - 4 * u), at(middle - width, e.top - height - 4 * u), at(e.right + 4 * u, centre - height / 2), at(e.left - width - 4 * u, centre - height / 2),
      at(middle - width / 2, e.bottom + 4 * u), at(e.right - width * 0.4, e.top - height * 0.6), ...wall.rings(middle, centre, width, height, 1.6 * rem, 6).slice(1)]);
    if (!place) return;
    drawing.tags += `<rect class="tag" x="${place.left.toFixed(1)}" y="${place.top.toFixed(1)}" width="${width.toFixed(1)}" height="${height.toFixed(1)}" rx="${(4 * u).toFixed(1)}" fill="var(--alert-${alert.level})" stroke="var(--ground)" stroke-width="${(3 * u).toFixed(1)}" paint-order="stroke"/>` +
      `<text class="tag-text" x="${((place.left + place.right) / 2).toFixed(1)}" y="${(place.top + height / 2 + size * 0.36).toFixed(1)}" font-size="${size.toFixed(1)}" font-weight="700" text-anchor="middle" fill="var(--alert-text)">${text}</text>`;
  }
  function gapLabel(gap, room, drawing, u, rem) {
    const [px, py] = map.project(gap.point), size = 1 * rem, width = wall.textWidth(gap.label, size, 700) + 0.6 * rem, height = 1.5 * rem;
    const place = room.take(wall.rings(px, py - 1.6 * rem, width, height, 1.2 * rem, 4));
    if (place) drawing.labels += `<rect x="${place.left.toFixed(1)}" y="${place.top.toFixed(1)}" width="${width.toFixed(1)}" height="${height.toFixed(1)}" fill="var(--ground)"/>` + wall.label(gap.label, place.left + 0.3 * rem, place.top + 1.08 * rem, size, { weight: 700, kind: "gap-label" });
  }

  function pointsOf(scene) {
    if (scene.marks === "compounds") return wall.ground.spots.map((spot) => spot.point);
    if (scene.marks === "resources") return wall.parts.resources.rows.filter((row) => row[0] !== "hydrant").map((row) => [row[3], row[4]]);
    return [];
  }
  function marksOf(scene, room, u) {
    const marks = [];
    // incidents are many and small: they lie under the labels and push none away
    if (scene.marks === "incidents") return wall.parts.incidents.rows.map(([lon, lat]) => { const [px, py] = map.project([lon, lat]); return { svg: wall.mark("incident", px, py, u * 0.8), box: null }; });
    if (scene.marks === "compounds") for (const spot of wall.ground.spots) {
      const [px, py] = map.project(spot.point);
      marks.push({ svg: wall.mark(spot.kind, px, py, u), box: square(px, py, 7 * u) });
    }
    if (scene.marks === "resources") {
      const list = wall.parts.resources.rows, plain = [];
      for (const [kind, sign, ready, lon, lat] of list) {
        const [px, py] = map.project([lon, lat]);
        if (kind === "hydrant") plain.push({ svg: wall.dot(ready, px, py, u), box: square(px, py, 2 * u) });
        else if (kind === "aed") plain.push({ svg: wall.plus(ready, px, py, u), box: square(px, py, 5 * u) });
        else {
          // tiles that would cover another step aside, at most two tiles far; the point is schematic then
          const spots = wall.rings(px, py, 28 * u, 28 * u, 15 * u, 4), taken = marks.map((mark) => mark.box);
          const free = spots.find((spot) => room.free(spot) && !taken.some((other) => wall.meets(spot, other)));
          if (free) marks.push({ svg: wall.tile(sign, ready, free.cx, free.cy, u), box: free });
        }
      }
      // dots and pluses lie under the tiles
      return [...plain.filter((mark) => room.free(mark.box) && !marks.some((tile) => wall.meets(mark.box, tile.box))), ...marks];
    }
    return marks;
  }

  function communities(room, drawing, rem, u, shaped) {
    const size = 1.4 * rem, spacing = 2 * u;
    for (const alert of shaped) if (alert.narrow) room.block(extent(alert));
    for (const community of wall.ground.communities) {
      if (!community.label) continue;
      const name = wall.named(community), [px, py] = map.project(community.label);
      const width = wall.textWidth(name, size, 700, spacing) + 0.2 * rem, height = 1.7 * rem;
      const place = room.take(wall.rings(px, py, width, height, 1.1 * rem, 7));
      if (!place) continue;
      const far = Math.hypot(place.cx - px, place.cy - py) > 5 * rem;
      if (far) drawing.labels += `<path d="M${px.toFixed(1)} ${py.toFixed(1)}L${place.cx.toFixed(1)} ${place.cy.toFixed(1)}" stroke="var(--community-line)" stroke-width="${u}"/>`;
      drawing.labels += wall.label(name, place.left + 0.1 * rem, place.top + height / 2 + size * 0.36, size, { weight: 700, spacing, halo: 8 * u, kind: "community" });
    }
  }
  function roads(room, drawing, rem) {
    const size = rem;
    for (const road of wall.ground.roads) {
      if (road.rank === "minor" || !road.name) continue;
      const points = road.lines.reduce((longest, line) => (line.length > longest.length ? line : longest), []).map(map.project);
      const width = wall.textWidth(road.name, size, 400) + 0.3 * rem, height = 1.25 * rem, candidates = [];
      for (const share of [0.5, 0.35, 0.65, 0.2, 0.8, 0.1, 0.9]) {
        const [px, py] = along(points, share);
        if (!wall.inside(wall.ground.outline, map.project.unproject(px, py))) continue;
        candidates.push({ left: px - width / 2, right: px + width / 2, top: py - height / 2, bottom: py + height / 2 });
      }
      const place = room.take(candidates);
      if (place) drawing.labels += wall.label(road.name, place.left + 0.15 * rem, place.top + height * 0.79, size, { fill: "var(--road-label)", kind: "road" });
    }
  }
  function along(points, share) {
    const lengths = points.slice(1).map((point, place) => Math.hypot(point[0] - points[place][0], point[1] - points[place][1]));
    let left = lengths.reduce((sum, length) => sum + length, 0) * share;
    for (let place = 0; place < lengths.length; place++) {
      if (left <= lengths[place]) { const t = lengths[place] ? left / lengths[place] : 0; return [points[place][0] + (points[place + 1][0] - points[place][0]) * t, points[place][1] + (points[place + 1][1] - points[place][1]) * t]; }
      left -= lengths[place];
    }
    return points[points.length - 1] || [-1e4, -1e4];
  }
  function compounds(room, drawing, rem, u) {
    let left = 16;
    for (const spot of wall.ground.spots) {
      const [px, py] = map.project(spot.point), width = wall.textWidth(spot.name, rem, 400) + 0.2 * rem;
      const place = room.take(wall.around(px, py, width, 1.25 * rem, 8 * u).slice(0, 4));
      if (place) { drawing.labels += wall.label(spot.name, place.left + 0.1 * rem, place.top + 0.98 * rem, rem, { kind: "compound" }); left -= 1; }
      if (!left) return;
    }
  }

  map.drawScale = function () {
    if (!map.project) return;
    const rem = wall.rem(), wanted = 7 * rem * map.project.metres;
    const round = [50, 100, 200, 500, 1000, 2000, 5000].reduce((best, length) => (Math.abs(Math.log(length / wanted)) < Math.abs(Math.log(best / wanted)) ? length : best));
    const text = round >= 1000 ? round / 1000 + " km" : round + " m";
    wall.set("wall-scale", [wall.el("I", { className: "rule", style: { width: (round / map.project.metres / rem).toFixed(2) + "rem" } }), wall.el("Span", {}, text)]);
  };

  // Until MapLibre has drawn once, the same ground as a drawing, so that there is a picture at once.
  map.drawFirst = function (scene) {
    const { width, height } = box(), u = wall.rem() / 20, rem = wall.rem();
    const drawn = wall.drawGround(wall.ground, scene.layer, width, height, u, "first", margins(width, height, rem));
    map.camera = map.aim(null); map.project = drawn.project; map.width = width; map.height = height;
    let first = document.getElementById("wall-first");
    if (!first) { first = document.createElement("div"); first.id = "wall-first"; first.className = "overlay"; document.querySelector(".map").insertBefore(first, document.getElementById("wall-overlay")); }
    first.innerHTML = `<svg viewBox="0 0 ${width} ${height}">${drawn.svg}</svg>`;
    map.drawAbove(scene); map.drawScale();
  };
  // Plotly's first plot must be through before anything is patched: what comes between is lost.
  map.whenDrawn = function (done) {
    const engine = inner();
    if (!engine || !host().data || !engine.loaded()) return setTimeout(() => map.whenDrawn(done), 80);
    map.ready = true;
    scaleLines(engine, wall.rem() / 20);
    map.frame();
    document.getElementById("wall").dataset.framed = "true";
    done();
    Promise.resolve(map.painted).then(() => takeOver(engine, done));
  };
  // The drawing stays until the map shows the cells too: a busy machine may rest first with the ground alone, or have lost them.
  function takeOver(engine, redraw) {
    engine.once("idle", () => {
      const fills = engine.getStyle().layers.filter((layer) => layer.type === "fill" && layer.id.startsWith("plotly-trace")).map((layer) => layer.id);
      const shown = engine.loaded() && engine.areTilesLoaded() && (!map.cells || engine.queryRenderedFeatures({ layers: fills }).length);
      if (!shown) { map.shown = ""; redraw(); return takeOver(engine, redraw); }
      const first = document.getElementById("wall-first");
      if (first) first.remove();
      document.getElementById("wall").dataset.drawn = "true";
    });
    engine.triggerRepaint();
  }
  // The style's lines are for 1080 lines; a finer screen has them as wide in centimetres.
  function scaleLines(engine, u) {
    const wider = (width) => (typeof width === "number" ? width * u : ["*", u, width]);
    for (const { id: layer, type } of engine.getStyle().layers) {
      if (type !== "line" || !OURS.includes(layer)) continue;
      const width = engine.getPaintProperty(layer, "line-width");
      // zoom may stand only at the top of an expression: its stops are scaled
      const scaled = Array.isArray(width) && width[0] === "interpolate" ? width.map((part, place) => (place >= 4 && place % 2 === 0 ? wider(part) : part)) : wider(width);
      engine.setPaintProperty(layer, "line-width", scaled);
    }
  }
  // The camera is where it should be, or is put there again.
  map.steady = function () {
    const engine = inner();
    if (!map.ready || map.flying || !engine || !map.camera) return;
    const centre = engine.getCenter();
    if (Math.abs(engine.getZoom() - map.camera.zoom) > 1e-3 || Math.abs(centre.lng - map.camera.lon) > 1e-5 || Math.abs(centre.lat - map.camera.lat) > 1e-5) map.frame();
  };
})();
