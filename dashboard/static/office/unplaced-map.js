// The map of 待落图: buildings, roads, borders and names drawn on a canvas from our own data, and above them the places a record
// may be at. One picture takes a few milliseconds, so that the next row's is there when the key comes up.
(function () {
  "use strict";
  const unplaced = (window.unplaced = window.unplaced || {});
  const METRES_PER_DEGREE = 111195;
  const ROAD_M = { main: 24, second: 16, minor: 9 };
  const FONT = '"Noto Sans CJK SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif';
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

  /** Lines of a GeoJSON geometry, closed or open, as lists of [lon, lat]. */
  function lines(geometry) {
    switch (geometry?.type) {
      case "Polygon": case "MultiLineString": return geometry.coordinates;
      case "MultiPolygon": return geometry.coordinates.flat();
      case "LineString": return [geometry.coordinates];
      default: return [];
    }
  }
  const overlaps = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

  unplaced.PlacingMap = class {
    constructor(holder, texts) {
      this.holder = holder; this.texts = texts;
      this.canvas = document.createElement("canvas");
      this.canvas.className = "unplaced-canvas";
      this.canvas.setAttribute("role", "img");
      this.canvas.setAttribute("aria-label", texts.map);
      holder.append(this.canvas);
      this.context = this.canvas.getContext("2d");
      this.colours = Object.fromEntries(["ground", "land", "hills", "water", "road-main", "road-second", "road-minor", "text", "second-text",
        "road-label", "hairline", "district-line", "community-line", "demand-1", "demand-2", "demand-3", "demand-4", "action"].map((name) => [name, token(name)]));
      this.marks = []; this.lit = new Set(); this.stated = null; this.pointer = null; this.free = 0;
      this.watcher = new ResizeObserver(() => this.resize());
      this.watcher.observe(holder);
      this.listen();
    }

    close() { this.watcher.disconnect(); }

    /** @param {{basemap: object, buildings: {id: string, place: string, number: string, ring: number[][]}[]}} ground */
    show({ basemap, buildings }) {
      const outline = lines(basemap.district.features[0]?.geometry);
      const points = outline.flat();
      const bounds = [Math.min(...points.map((p) => p[0])), Math.min(...points.map((p) => p[1])), Math.max(...points.map((p) => p[0])), Math.max(...points.map((p) => p[1]))];
      this.origin = [(bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2];
      this.shrink = Math.cos((this.origin[1] * Math.PI) / 180);
      const path = (parts, closed) => {
        const made = new Path2D();
        for (const part of parts) {
          part.forEach((point, place) => { const [x, y] = this.metres(point); place ? made.lineTo(x, y) : made.moveTo(x, y); });
          if (closed) made.closePath();
        }
        return made;
      };
      const all = (part) => path(basemap[part].features.flatMap((feature) => lines(feature.geometry)), true);
      const roads = (kind) => path(basemap.roads.features.filter((one) => one.properties.road_class === kind).flatMap((one) => lines(one.geometry)), false);
      this.layers = { district: path(outline, true), hills: all("hills"), water: all("water"), communities: this.borders(basemap.communities.features),
        roads: Object.keys(ROAD_M).map((kind) => [kind, roads(kind)]) };
      this.houses = buildings.map((one) => {
        const ring = one.ring.map((point) => this.metres(point));
        return { ...one, path: path([one.ring], true), x: ring.reduce((sum, p) => sum + p[0], 0) / ring.length, y: ring.reduce((sum, p) => sum + p[1], 0) / ring.length };
      });
      this.byId = new Map(this.houses.map((one) => [one.id, one]));
      this.schematic = basemap.schematic;
      this.communities = basemap.communities.features.map((one) => ({ name: one.properties.name, ...this.middle(one), box: this.boxOf(lines(one.geometry).flat().map((point) => this.metres(point))) }));
      const estates = [...basemap.compounds.features, ...basemap.apartments.features];
      this.estates = estates.map((one) => ({ name: one.properties.name, ...this.middle(one) }));
      this.roadNames = new Map();
      for (const road of basemap.roads.features) {
        const name = road.properties.name;
        if (!name) continue;
        if (!this.roadNames.has(name)) this.roadNames.set(name, []);
        for (const part of lines(road.geometry)) for (const point of part) this.roadNames.get(name).push(this.metres(point));
      }
      this.whole = { x: 0, y: 0, width: (bounds[2] - bounds[0]) * this.shrink * METRES_PER_DEGREE, height: (bounds[3] - bounds[1]) * METRES_PER_DEGREE };
      this.resize();
    }

    middle({ geometry, properties }) {
      const points = properties.label_lon !== undefined ? [[properties.label_lon, properties.label_lat]] : geometry.type === "Point" ? [geometry.coordinates] : lines(geometry).flat();
      const sum = (axis) => points.reduce((total, point) => total + point[axis], 0) / points.length;
      const [x, y] = this.metres([sum(0), sum(1)]);
      return { x, y };
    }

    /** Borders of communities, each once: a dashed line drawn for both neighbours is dashed no more. */
    borders(features) {
      const made = new Path2D(), drawn = new Set();
      for (const ring of features.flatMap((feature) => lines(feature.geometry))) {
        let open = false;
        for (let place = 1; place < ring.length; place += 1) {
          const pair = [ring[place - 1], ring[place]].map((point) => point.map((value) => value.toFixed(5)).join()).sort().join(";");
          if (drawn.has(pair)) { open = false; continue; }
          drawn.add(pair);
          if (!open) made.moveTo(...this.metres(ring[place - 1]));
          made.lineTo(...this.metres(ring[place])); open = true;
        }
      }
      return made;
    }
    boxOf(spots, least = 0) {
      const [xs, ys] = [spots.map((spot) => spot[0]), spots.map((spot) => spot[1])];
      const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
      return { x: (left + right) / 2, y: (top + bottom) / 2, width: Math.max(least, right - left), height: Math.max(least, bottom - top) };
    }

    metres([lon, lat]) { return [(lon - this.origin[0]) * this.shrink * METRES_PER_DEGREE, -(lat - this.origin[1]) * METRES_PER_DEGREE]; }
    lonLat(x, y) { return [this.origin[0] + x / (METRES_PER_DEGREE * this.shrink), this.origin[1] - y / METRES_PER_DEGREE]; }
    screen(x, y) { return [this.width / 2 + (x - this.view.x) * this.view.scale, this.height / 2 + (y - this.view.y) * this.view.scale]; }
    world(left, top) { return [this.view.x + (left - this.width / 2) / this.view.scale, this.view.y + (top - this.height / 2) / this.view.scale]; }

    resize() {
      const { clientWidth: width, clientHeight: height } = this.holder;
      if (!width || !height || !this.layers) return;
      const sharp = window.devicePixelRatio || 1;
      Object.assign(this, { width, height, sharp });
      this.canvas.width = Math.round(width * sharp); this.canvas.height = Math.round(height * sharp);
      this.fit();
    }

    /** Show a record's places; `free` is how much of the left side the panel covers [px], `area` the community it is said to be in. */
    showPlaces(marks, { stated = null, lit = [], chosen = 0, free = 0, area = "" } = {}) {
      Object.assign(this, { marks, stated, lit: new Set(lit), chosen, free, area, pointer: null });
      this.fit();
    }
    choose(chosen) { this.chosen = chosen; this.draw(); }

    /** Bring the places into the part the panel leaves free; without places the community, or the whole sub-district. */
    fit() {
      if (!this.layers || !this.width) return;
      // an estate as a whole is seen as a whole
      const reach = (mark) => { const [x, y] = this.metres([mark.lon, mark.lat]), wide = mark.radius_m > 100 ? mark.radius_m : 0; return [[x - wide, y - wide], [x + wide, y + wide]]; };
      const spots = [...this.marks.flatMap(reach), ...(this.stated ? [this.metres(this.stated)] : [])];
      const room = Math.max(200, this.width - this.free), below = this.height - (this.panelBottom ?? 0);
      if (spots.length) {
        const box = this.boxOf(spots, 420);
        const scale = Math.min((room - 260) / box.width, (this.height - 190) / box.height, 1.6);
        this.view = { x: box.x - this.free / 2 / scale, y: box.y - 10 / scale, scale };
      } else {
        const box = this.communities.find((one) => one.name === this.area)?.box ?? this.whole;
        const beside = Math.min((room - 40) / box.width, (this.height - 40) / box.height), under = Math.min((this.width - 40) / box.width, (below - 30) / box.height);
        this.view = beside >= under ? { x: box.x - this.free / 2 / beside, y: box.y, scale: beside } : { x: box.x, y: box.y - (this.panelBottom - 10) / 2 / under, scale: under };
      }
      this.draw();
    }

    zoom(factor, left = this.width / 2, top = this.height / 2) {
      const [x, y] = this.world(left, top);
      this.view.scale = Math.min(4, Math.max(0.05, this.view.scale * factor));
      const [nowX, nowY] = this.world(left, top);
      this.view.x += x - nowX; this.view.y += y - nowY;
      this.draw();
    }
    /** Zoom by keys: around the point that is being set, else around the middle. */
    zoomKeys(factor) { this.pointer ? this.zoom(factor, ...this.screen(...this.metres(this.pointer))) : this.zoom(factor); }
    move(right, down) { this.view.x += right / this.view.scale; this.view.y += down / this.view.scale; this.draw(); }

    // -- a point of one's own -----------------------------------------------------------------------------------------
    point(lonLat) { this.pointer = lonLat; this.draw(); }
    middlePoint() { return this.lonLat(...this.world(this.free + (this.width - this.free) / 2, this.height / 2)); }
    movePoint(right, down) {
      const [x, y] = this.metres(this.pointer);
      this.pointer = this.lonLat(x + right / this.view.scale, y + down / this.view.scale);
      const [left, top] = this.screen(...this.metres(this.pointer));
      if (left < this.free + 60 || left > this.width - 60) this.view.x += right / this.view.scale;
      if (top < 60 || top > this.height - 60) this.view.y += down / this.view.scale;
      this.draw();
      return this.pointer;
    }

    listen() {
      let from = null, moved = 0;
      const spot = (event) => { const frame = this.canvas.getBoundingClientRect(); return [event.clientX - frame.left, event.clientY - frame.top]; };
      this.canvas.addEventListener("pointerdown", (event) => { from = spot(event); moved = 0; this.canvas.setPointerCapture(event.pointerId); });
      this.canvas.addEventListener("pointermove", (event) => {
        if (!from || !this.view) return;
        const to = spot(event);
        moved += Math.hypot(to[0] - from[0], to[1] - from[1]);
        this.move(from[0] - to[0], from[1] - to[1]);
        from = to;
      });
      this.canvas.addEventListener("pointerup", (event) => {
        if (from && moved < 5 && this.view) this.clicked(...spot(event));
        from = null;
      });
      this.canvas.addEventListener("wheel", (event) => { event.preventDefault(); if (this.view) this.zoom(event.deltaY < 0 ? 1.25 : 0.8, ...spot(event)); }, { passive: false });
    }
    clicked(left, top) {
      const hit = this.heads().findIndex(([x, y]) => Math.hypot(x - left, y - 26 - top) < 20);
      if (hit >= 0) this.onMark?.(hit);
      else this.onSpot?.(this.lonLat(...this.world(left, top)));
    }

    // -- drawing --------------------------------------------------------------------------------------------------------
    draw() {
      if (!this.layers || !this.view) return;
      const { context: pen, colours, view, width, height, sharp } = this;
      const began = performance.now();
      pen.setTransform(sharp, 0, 0, sharp, 0, 0);
      pen.fillStyle = colours.ground; pen.fillRect(0, 0, width, height);
      const inWorld = () => pen.setTransform(sharp * view.scale, 0, 0, sharp * view.scale, sharp * (width / 2 - view.x * view.scale), sharp * (height / 2 - view.y * view.scale));
      inWorld();
      pen.lineJoin = pen.lineCap = "round";
      pen.fillStyle = colours.land; pen.fill(this.layers.district, "evenodd");
      pen.fillStyle = colours.hills; pen.fill(this.layers.hills, "evenodd");
      pen.fillStyle = colours.water; pen.fill(this.layers.water, "evenodd");
      for (const [kind, road] of [...this.layers.roads].reverse()) {
        pen.strokeStyle = colours[`road-${kind}`]; pen.lineWidth = Math.max(ROAD_M[kind], (kind === "minor" ? 1.2 : 2.5) / view.scale); pen.stroke(road);
      }
      this.drawHouses(pen);
      pen.setLineDash([9 / view.scale, 6 / view.scale]); pen.lineWidth = 1.4 / view.scale; pen.strokeStyle = colours["community-line"]; pen.stroke(this.layers.communities); pen.setLineDash([]);
      pen.lineWidth = 2.4 / view.scale; pen.strokeStyle = colours["district-line"]; pen.stroke(this.layers.district);
      pen.setTransform(sharp, 0, 0, sharp, 0, 0);
      this.drawAbove(pen);
      this.canvas.dataset.drawn = String(Math.round((performance.now() - began) * 10) / 10);
    }

    drawHouses(pen) {
      if (this.view.scale < 0.1) return;
      const { colours, view } = this;
      const half = { x: this.width / 2 / view.scale + 60, y: this.height / 2 / view.scale + 60 };
      const chosen = new Set(this.marks.filter((mark, place) => place === this.chosen && mark.building).map((mark) => mark.building));
      const offered = new Set(this.marks.filter((mark) => mark.building).map((mark) => mark.building));
      pen.lineWidth = 0.8 / view.scale;
      for (const house of this.houses) {
        if (Math.abs(house.x - view.x) > half.x || Math.abs(house.y - view.y) > half.y) continue;
        const lit = this.lit.has(house.place);
        pen.globalAlpha = lit || offered.has(house.id) ? 1 : 0.55;
        pen.fillStyle = chosen.has(house.id) ? colours.action : offered.has(house.id) ? colours.land : lit ? colours["demand-2"] : colours.hairline;
        pen.strokeStyle = offered.has(house.id) ? colours.action : lit ? colours["demand-4"] : colours.hairline;
        pen.lineWidth = (offered.has(house.id) ? 2.4 : 0.9) / view.scale;
        pen.fill(house.path); pen.globalAlpha = 1; pen.stroke(house.path);
      }
    }

    /** Marks, then names in the order of their right; what does not fit is left out. */
    drawAbove(pen) {
      const taken = [{ left: 0, right: this.free, top: 0, bottom: this.panelBottom ?? this.height }, { left: this.width - 250, right: this.width, top: this.height - 44, bottom: this.height }];
      this.drawStated(pen, taken);
      const spots = this.heads();
      for (const [x, y] of spots) taken.push({ left: x - 18, right: x + 18, top: y - 46, bottom: y + 6 });
      if (this.pointer) { const [x, y] = this.screen(...this.metres(this.pointer)); taken.push({ left: x - 28, right: x + 28, top: y - 28, bottom: y + 28 }); }
      [...this.marks.keys()].reverse().forEach((place) => this.drawMark(pen, this.marks[place], spots[place], place));
      [...this.marks.keys()].sort((one, other) => (other === this.chosen) - (one === this.chosen)).forEach((place) => {
        const [x, y] = spots[place], mark = this.marks[place];
        this.label(pen, taken, mark.name, [[x - 24, y - 26, "right"], [x + 24, y - 26, "left"], [x, y + 16, "center"], [x, y - 56, "center"]], { size: 15, weight: place === this.chosen ? 700 : 400 });
      });
      if (this.pointer) this.drawPointer(pen);
      for (const one of this.communities) this.label(pen, taken, one.name, this.around(one, 26), { size: 18, weight: 700, spacing: "2px" });
      for (const [name, points] of this.roadNames) {
        const inside = points.map(([x, y]) => this.screen(x, y)).filter(([x, y]) => x > this.free + 30 && x < this.width - 60 && y > 24 && y < this.height - 50);
        const step = Math.max(1, Math.floor(inside.length / 5));
        this.label(pen, taken, name, [1, 2, 3, 4].map((place) => inside[place * step]).filter(Boolean).map(([x, y]) => [x, y, "center"]), { size: 13, colour: this.colours["road-label"] });
      }
      if (this.view.scale > 0.12) for (const one of this.estates) this.label(pen, taken, one.name, this.around(one, 20), { size: 13, colour: this.colours["road-label"] });
      this.drawScale(pen);
    }
    /** Where the numbers stand: above their places, higher or aside where two would cover each other; [x, y, foot x, foot y]. */
    heads() {
      const heads = [];
      for (const mark of this.marks) {
        const [x, y] = this.screen(...this.metres([mark.lon, mark.lat]));
        const free = ([left, top]) => !heads.some((other) => Math.hypot(other[0] - left, other[1] - top) < 33);
        const [left, top] = [[0, 0], [0, -34], [34, 0], [-34, 0], [0, -68], [34, -34], [-34, -34], [0, -102]].map(([right, down]) => [x + right, y + down]).find(free) ?? [x, y];
        heads.push([left, top, x, y]);
      }
      return heads;
    }
    around({ x, y }, step) { const [left, top] = this.screen(x, y); return [[left, top, "center"], [left, top + step, "center"], [left, top - step, "center"]]; }

    label(pen, taken, text, spots, { size, weight = 400, colour = this.colours.text, spacing = "0px" }) {
      pen.font = `${weight} ${size}px ${FONT}`; pen.letterSpacing = spacing; pen.textBaseline = "middle";
      const length = pen.measureText(text).width;
      for (const [x, y, align] of spots) {
        const left = align === "right" ? x - length : align === "center" ? x - length / 2 : x;
        const area = { left: left - 3, right: left + length + 3, top: y - size / 2 - 3, bottom: y + size / 2 + 3 };
        if (area.left < 6 || area.right > this.width - 6 || area.top < 4 || area.bottom > this.height - 4 || taken.some((other) => overlaps(area, other))) continue;
        taken.push(area);
        pen.textAlign = "left"; pen.lineWidth = 5; pen.strokeStyle = this.colours.land; pen.lineJoin = "round"; pen.strokeText(text, left, y);
        pen.fillStyle = colour; pen.fillText(text, left, y);
        break;
      }
      pen.letterSpacing = "0px";
    }

    drawMark(pen, mark, [x, y, footX, footY], place) {
      const chosen = place === this.chosen, top = y - 26;
      pen.strokeStyle = this.colours.action; pen.lineWidth = 2.5;
      if (mark.radius_m > 100) { pen.setLineDash([6, 5]); pen.beginPath(); pen.arc(footX, footY, mark.radius_m * this.view.scale, 0, 2 * Math.PI); pen.stroke(); pen.setLineDash([]); }
      pen.beginPath(); pen.moveTo(footX, footY); pen.lineTo(x, top + 12); pen.stroke();
      pen.beginPath(); pen.arc(x, top, 15, 0, 2 * Math.PI);
      pen.fillStyle = chosen ? this.colours.action : this.colours.land; pen.fill(); pen.stroke();
      pen.fillStyle = chosen ? this.colours.land : this.colours.action;
      pen.font = `700 17px ${FONT}`; pen.textAlign = "center"; pen.textBaseline = "middle"; pen.fillText(String(place + 1), x, top + 1);
    }
    cross(pen, x, y, arm) {
      for (const [colour, wide] of [[this.colours.land, 7], [this.colours.text, 3]]) {
        pen.strokeStyle = colour; pen.lineWidth = wide; pen.lineCap = "butt"; pen.beginPath(); pen.moveTo(x - arm, y); pen.lineTo(x + arm, y); pen.moveTo(x, y - arm); pen.lineTo(x, y + arm); pen.stroke();
      }
    }
    drawStated(pen, taken) {
      if (!this.stated) return;
      const [x, y] = this.screen(...this.metres(this.stated));
      const chosen = this.marks[this.chosen];
      if (chosen?.apart) { const to = this.screen(...this.metres([chosen.lon, chosen.lat])); pen.setLineDash([5, 4]); pen.strokeStyle = this.colours.text; pen.lineWidth = 1.4; pen.beginPath(); pen.moveTo(x, y); pen.lineTo(...to); pen.stroke(); pen.setLineDash([]); }
      this.cross(pen, x, y, 9);
      taken.push({ left: x - 12, right: x + 12, top: y - 12, bottom: y + 12 });
      const said = chosen?.apart ? this.texts.stated_apart.replace("{number}", this.chosen + 1).replace("{distance}", chosen.apart) : this.texts.stated;
      this.label(pen, taken, said, [[x - 16, y + 14, "right"], [x + 16, y + 14, "left"], [x, y + 26, "center"]], { size: 14 });
    }
    drawPointer(pen) {
      const [x, y] = this.screen(...this.metres(this.pointer));
      pen.strokeStyle = this.colours.action; pen.lineWidth = 2; pen.beginPath(); pen.arc(x, y, 17, 0, 2 * Math.PI); pen.stroke();
      this.cross(pen, x, y, 24);
    }
    drawScale(pen) {
      const length = [50, 100, 200, 500, 1000, 2000].find((metres) => metres * this.view.scale > 70) ?? 5000;
      const wide = length * this.view.scale, right = this.width - 92, y = this.height - 20;
      pen.strokeStyle = this.colours.text; pen.lineWidth = 1.5; pen.lineCap = "butt"; pen.beginPath(); pen.moveTo(right - wide, y - 7); pen.lineTo(right - wide, y); pen.lineTo(right, y); pen.lineTo(right, y - 7); pen.stroke();
      pen.font = `400 14px ${FONT}`; pen.textAlign = "left"; pen.textBaseline = "middle"; pen.lineWidth = 5; pen.strokeStyle = this.colours.land;
      const say = (text, x) => { pen.strokeText(text, x, y - 3); pen.fillStyle = this.colours.text; pen.fillText(text, x, y - 3); };
      say(length < 1000 ? `${length} m` : `${length / 1000} km`, right + 8);
      if (this.schematic) { const text = this.texts.schematic; say(text, right - wide - 16 - pen.measureText(text).width); }
    }
  };
})();
