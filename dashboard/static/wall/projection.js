// Web Mercator as MapLibre has it (512 px tiles), so that what we draw above the map lies where the map lies.
(function () {
  "use strict";
  const wall = (window.wall = window.wall || {});
  const x = (lon) => (lon + 180) / 360;
  const y = (lat) => (1 - Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) / Math.PI) / 2;
  const lonOf = (value) => value * 360 - 180;
  const latOf = (value) => (Math.atan(Math.exp((1 - value * 2) * Math.PI)) * 360) / Math.PI - 90;
  wall.mercator = { x, y, lonOf, latOf };

  // The camera that fits bounds (west, south, east, north) into a box with `pad` pixels (or {top, right, bottom, left}) free.
  wall.fit = function (bounds, width, height, pad) {
    const free = typeof pad === "number" ? { top: pad, right: pad, bottom: pad, left: pad } : pad;
    const [west, south, east, north] = bounds;
    const dx = x(east) - x(west), dy = y(south) - y(north);
    const roomX = Math.max(40, width - free.left - free.right), roomY = Math.max(40, height - free.top - free.bottom);
    const size = Math.min(roomX / dx, roomY / dy);
    // the bounds' middle stands in the middle of the free room
    const cx = (x(west) + x(east)) / 2 - (free.left - free.right) / 2 / size;
    const cy = (y(north) + y(south)) / 2 - (free.top - free.bottom) / 2 / size;
    return { lon: lonOf(cx), lat: latOf(cy), zoom: Math.log2(size / 512) };
  };
  wall.projector = function (camera, width, height) {
    const size = 512 * Math.pow(2, camera.zoom), cx = x(camera.lon), cy = y(camera.lat);
    const project = (point) => [(x(point[0]) - cx) * size + width / 2, (y(point[1]) - cy) * size + height / 2];
    project.size = size;
    project.unproject = (px, py) => [lonOf((px - width / 2) / size + cx), latOf((py - height / 2) / size + cy)];
    // metres of one pixel at the camera's latitude
    project.metres = (40075016.686 * Math.cos((camera.lat * Math.PI) / 180)) / size;
    return project;
  };
  wall.path = function (rings, project, close) {
    let d = "";
    for (const ring of rings) {
      ring.forEach((point, place) => { const [px, py] = project(point); d += (place ? "L" : "M") + px.toFixed(1) + " " + py.toFixed(1); });
      if (close) d += "Z";
    }
    return d;
  };
  wall.areaPath = (polygons, project) => polygons.map((rings) => wall.path(rings, project, true)).join("");

  // Parallel 45° lines through convex rings, all in one phase so that they run on from cell to cell: [[lon, lat] | null, …]
  wall.hatch = function (rings, project, spacing) {
    const line = [];
    for (const ring of rings) {
      const points = ring.map(project);
      let low = Infinity, high = -Infinity;
      for (const [px, py] of points) { low = Math.min(low, px + py); high = Math.max(high, px + py); }
      for (let k = Math.ceil(low / spacing) * spacing; k < high; k += spacing) {
        const cuts = [];
        for (let place = 0; place + 1 < points.length; place++) {
          const [ax, ay] = points[place], [bx, by] = points[place + 1];
          const a = ax + ay - k, b = bx + by - k;
          if ((a < 0) !== (b < 0)) { const t = a / (a - b); cuts.push([ax + (bx - ax) * t, ay + (by - ay) * t]); }
        }
        if (cuts.length === 2) line.push(project.unproject(...cuts[0]), project.unproject(...cuts[1]), null);
      }
    }
    return line;
  };
  // Whether a point lies in polygons (even-odd rule over all their rings).
  wall.inside = function (polygons, [px, py]) {
    let within = false;
    for (const rings of polygons) for (const ring of rings) for (let place = 0; place + 1 < ring.length; place++) {
      const [ax, ay] = ring[place], [bx, by] = ring[place + 1];
      if (ay > py !== by > py && px < ((bx - ax) * (py - ay)) / (by - ay) + ax) within = !within;
    }
    return within;
  };
  // Outer edges of a set of rings: those that only one ring has.
  wall.outerEdges = function (rings) {
    const edges = new Map();
    const name = (point) => point[0].toFixed(5) + "," + point[1].toFixed(5);
    for (const ring of rings) for (let place = 0; place + 1 < ring.length; place++) {
      const a = name(ring[place]), b = name(ring[place + 1]), key = a < b ? a + "|" + b : b + "|" + a;
      if (edges.has(key)) edges.set(key, null); else edges.set(key, [ring[place], ring[place + 1]]);
    }
    const line = [];
    for (const edge of edges.values()) if (edge) line.push(edge[0], edge[1], null);
    return line;
  };
})();
