// Marks and small drawings as SVG text: the same forms on the large map, the small maps and in legends.
(function () {
  "use strict";
  const wall = (window.wall = window.wall || {});
  const escape = (text) => String(text).replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign]);
  wall.escape = escape;
  const n = (value) => value.toFixed(1);

  // 商品房 circle, 拆迁安置 square, 外来务工人员公寓 triangle: white with dark casing; u = pixels of one px at 1080
  wall.mark = function (kind, px, py, u) {
    const paint = `fill="var(--text)" stroke="var(--ground)" stroke-width="${n(2 * u)}" paint-order="stroke"`;
    if (kind === "resettlement") return `<rect x="${n(px - 4.2 * u)}" y="${n(py - 4.2 * u)}" width="${n(8.4 * u)}" height="${n(8.4 * u)}" ${paint}/>`;
    if (kind === "apartment") return `<path d="M${n(px)} ${n(py - 8 * u)}L${n(px + 8.5 * u)} ${n(py + 6 * u)}H${n(px - 8.5 * u)}Z" ${paint}/>`;
    return `<circle cx="${n(px)}" cy="${n(py)}" r="${n(4.4 * u)}" ${paint}/>`;
  };
  wall.tile = function (sign, ready, px, py, u) {
    const half = 14 * u, text = `<text x="${n(px)}" y="${n(py + 7.2 * u)}" font-size="${n(20 * u)}" font-weight="700" text-anchor="middle" fill="${ready ? "var(--ground)" : "var(--text)"}">${escape(sign)}</text>`;
    const box = (extra) => `<rect x="${n(px - half)}" y="${n(py - half)}" width="${n(2 * half)}" height="${n(2 * half)}" rx="${n(4 * u)}" ${extra}/>`;
    if (ready) return box(`fill="var(--text)" stroke="var(--ground)" stroke-width="${n(3 * u)}" paint-order="stroke"`) + text;
    return box(`fill="var(--ground)" stroke="var(--text)" stroke-width="${n(1.6 * u)}" stroke-dasharray="${n(4 * u)} ${n(3 * u)}"`) + text +
      `<path d="M${n(px - half)} ${n(py + half)}L${n(px + half)} ${n(py - half)}" stroke="var(--text)" stroke-width="${n(2 * u)}"/>`;
  };
  wall.plus = (ready, px, py, u) => `<path d="M${n(px - 6 * u)} ${n(py)}H${n(px + 6 * u)}M${n(px)} ${n(py - 6 * u)}V${n(py + 6 * u)}" stroke="var(--ground)" stroke-width="${n(5.5 * u)}"/>` +
    `<path d="M${n(px - 5 * u)} ${n(py)}H${n(px + 5 * u)}M${n(px)} ${n(py - 5 * u)}V${n(py + 5 * u)}" stroke="${ready ? "var(--text)" : "var(--old-value)"}" stroke-width="${n(2.4 * u)}"/>`;
  wall.dot = (ready, px, py, u) => ready
    ? `<circle cx="${n(px)}" cy="${n(py)}" r="${n(2.4 * u)}" fill="var(--text)" stroke="var(--ground)" stroke-width="${n(1.6 * u)}" paint-order="stroke"/>`
    : `<circle cx="${n(px)}" cy="${n(py)}" r="${n(2.6 * u)}" fill="var(--ground)" stroke="var(--text)" stroke-width="${n(1.2 * u)}"/>`;

  // Text with a halo in the ground's colour, because no grey is legible on every class.
  wall.label = function (text, left, baseline, size, options) {
    const o = options || {};
    return `<text class="${o.kind || "label"}" x="${n(left)}" y="${n(baseline)}" font-size="${n(size)}" font-weight="${o.weight || 400}" fill="${o.fill || "var(--text)"}"` +
      ` stroke="var(--ground)" stroke-width="${n(o.halo || size * 0.3)}" stroke-linejoin="round" paint-order="stroke"${o.spacing ? ` letter-spacing="${n(o.spacing)}"` : ""}${o.anchor ? ` text-anchor="${o.anchor}"` : ""}>${escape(text)}</text>`;
  };
  wall.patterns = function (u, id) {
    const hatch = (name, colour, ground, width, step) => `<pattern id="${id}-${name}" width="${n(step * u)}" height="${n(step * u)}" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">` +
      (ground ? `<rect width="${n(step * u)}" height="${n(step * u)}" fill="${ground}"/>` : "") + `<rect width="${n(width * u)}" height="${n(step * u)}" fill="${colour}"/></pattern>`;
    return "<defs>" + hatch("few", "var(--few-hatch)", "var(--few-ground)", 1.4, 5) + hatch("gap", "var(--gap-hatch)", "var(--ground)", 1.5, 5) + "</defs>";
  };
  const SIZES = { 0: 0, 1: 1, 2: 2, 3: 3, 4: 4 };

  // The whole ground with one layer's classes as an SVG of its own: the small maps, and the large one until MapLibre draws.
  wall.drawGround = function (ground, layer, width, height, u, id, pad) {
    const project = wall.projector(wall.fit(ground.bounds, width, height, pad), width, height);
    const paths = { few: [], gap: [] };
    for (const step of Object.keys(SIZES)) paths[step] = [];
    const classes = layer.classes || "";
    for (let place = 0; place < classes.length; place++) {
      const kind = classes[place];
      const list = kind === "f" ? paths.few : kind === "g" ? paths.gap : paths[kind];
      if (list) list.push(ground.hexagons[place]);
    }
    const fill = (rings, colour, extra) => rings.length ? `<path d="${wall.path(rings, project, true)}" fill="${colour}" ${extra || ""}/>` : "";
    const ramp = wall.rampColours(layer.ramp);
    let svg = wall.patterns(u, id);
    svg += `<path d="${wall.areaPath(ground.outline, project)}" fill="var(--land)"/>`;
    for (const hill of ground.hills) svg += `<path d="${wall.areaPath(hill.polygons, project)}" fill="var(--hills)" fill-opacity=".55"/>`;
    for (const water of ground.water) svg += `<path d="${wall.areaPath(water.polygons, project)}" fill="var(--water)"/>`;
    for (const road of ground.roads) if (road.rank !== "minor") svg += `<path d="${wall.path(road.lines, project)}" fill="none" stroke="var(--road-${road.rank})" stroke-width="${n((road.rank === "main" ? 1.6 : 1.1) * u)}"/>`;
    const seam = `stroke="var(--ground)" stroke-width="${n(0.5 * u)}"`;
    for (const step of Object.keys(SIZES)) svg += fill(paths[step], ramp[step], seam);
    svg += fill(paths.few, `url(#${id}-few)`) + fill(paths.gap, `url(#${id}-gap)`);
    if (paths.gap.length) {
      const edges = wall.outerEdges(paths.gap);
      let d = "";
      for (let place = 0; place + 1 < edges.length; place += 3) d += wall.path([[edges[place], edges[place + 1]]], project);
      svg += `<path d="${d}" fill="none" stroke="var(--gap-hatch)" stroke-width="${n(1.4 * u)}"/>`;
    }
    for (const community of ground.communities) svg += `<path d="${wall.areaPath(community.polygons, project)}" fill="none" stroke="var(--community-line)" stroke-width="${n(1 * u)}" stroke-opacity=".7"/>`;
    svg += `<path d="${wall.areaPath(ground.outline, project)}" fill="none" stroke="var(--district-line)" stroke-width="${n(2 * u)}" stroke-linejoin="round"/>`;
    return { svg, project };
  };
  wall.rampColours = function (ramp) {
    const style = getComputedStyle(document.documentElement), colour = (name) => style.getPropertyValue(name).trim();
    // what was brightest stays brightest in grey: of walking time that is the nearest
    const greys = ramp === "reach" ? [5, 3, 1, 1, 1] : [1, 2, 3, 4, 5];
    if (document.getElementById("wall").classList.contains("lost")) return greys.map((step) => colour("--stale-" + step));
    if (ramp === "reach") return [colour("--reach-3"), colour("--reach-2"), colour("--reach-1"), colour("--reach-1"), colour("--reach-1")];
    return [1, 2, 3, 4, 5].map((step) => colour("--demand-" + step));
  };
})();
