// The map: vectors from our own database drawn as SVG, so that it needs no graphics driver, no tiles and no signal, and is
// sharp on every phone. Metres on a plane around the ground; the screen shows a window of it.

import { t } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const METRES_PER_DEGREE = 111195;
const ROAD_WIDTH_M = { main: 22, second: 14, minor: 8, path: 3 };
const PIN_RADIUS = 13.5;
const TARGET = 48;
const LABEL_SIZE = 16;

export function element(name, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined && value !== null) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** Draw `ground` (from /api/grid/me) and `surroundings` (from /api/grid/map) into `holder`. */
export class GroundMap {
  /**
   * @param {HTMLElement} holder gets the map; its size is the map's
   * @param {{movable?: boolean, onPin?: Function, onBuilding?: Function, onMove?: Function}} options
   */
  constructor(holder, options = {}) {
    this.holder = holder;
    this.options = options;
    this.pins = [];
    this.position = null;
    this.svg = element("svg", { class: "map", role: "img", "aria-label": t("map_label") });
    this.world = element("g");
    this.labels = element("g", { class: "labels" });
    this.marks = element("g");
    this.svg.append(this.world, this.labels, this.marks);
    holder.append(this.svg);
    if (options.movable) this.listen();
    this.watcher = new ResizeObserver(() => this.fit(true));
    this.watcher.observe(holder);
  }

  close() {
    this.watcher.disconnect();
  }

  show(ground, surroundings) {
    this.ground = ground;
    this.surroundings = surroundings;
    const [west, south, east, north] = ground?.bounds ?? surroundings?.bounds ?? [0, 0, 0.01, 0.01];
    this.origin = { lon: (west + east) / 2, lat: (south + north) / 2 };
    this.shrink = Math.cos((this.origin.lat * Math.PI) / 180);
    const [left, bottom] = this.metres([west, south]);
    const [right, top] = this.metres([east, north]);
    this.extent = { width: right - left, height: bottom - top };
    this.drawWorld();
    this.fit(false);
  }

  metres([lon, lat]) {
    return [(lon - this.origin.lon) * this.shrink * METRES_PER_DEGREE, -(lat - this.origin.lat) * METRES_PER_DEGREE];
  }

  screen(lon, lat) {
    const [x, y] = this.metres([lon, lat]);
    return [this.view.width / 2 + (x - this.view.x) * this.view.scale, this.view.height / 2 + (y - this.view.y) * this.view.scale];
  }

  lonLat(x, y) {
    const east = this.view.x + (x - this.view.width / 2) / this.view.scale;
    const south = this.view.y + (y - this.view.height / 2) / this.view.scale;
    return { lon: this.origin.lon + east / (METRES_PER_DEGREE * this.shrink), lat: this.origin.lat - south / METRES_PER_DEGREE };
  }

  /** Show the whole ground, as large as it goes; `keep` only takes over a new size. */
  fit(keep) {
    const { clientWidth: width, clientHeight: height } = this.holder;
    if (!this.extent || !width || !height) return;
    const margin = 14;
    const foot = this.options.foot ?? 0; // the caption lies there
    const scale = Math.min((width - 2 * margin) / Math.max(60, this.extent.width), (height - foot - 2 * margin) / Math.max(60, this.extent.height));
    if (keep && this.view?.moved) Object.assign(this.view, { width, height });
    else this.view = { x: 0, y: foot / 2 / scale, scale, width, height, moved: false };
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    if (this.wanted) this.lookAt(...this.wanted);
    else this.refresh();
  }

  /** Bring a point to the middle; at the first fit when the map has no size yet. */
  lookAt(lon, lat, scale = 0.9) {
    if (!this.view) {
      this.wanted = [lon, lat, scale];
      return;
    }
    this.wanted = null;
    const [x, y] = this.metres([lon, lat]);
    Object.assign(this.view, { x, y, scale: Math.max(scale, this.view.scale), moved: true });
    this.refresh();
  }

  zoom(factor, x = this.view.width / 2, y = this.view.height / 2) {
    const scale = Math.min(6, Math.max(0.08, this.view.scale * factor));
    const k = 1 / this.view.scale - 1 / scale;
    this.view.x += (x - this.view.width / 2) * k;
    this.view.y += (y - this.view.height / 2) * k;
    Object.assign(this.view, { scale, moved: true });
    this.refresh();
  }

  setPins(pins) {
    this.pins = pins;
    if (this.view) this.refresh();
  }

  setPosition(position) {
    this.position = position;
    if (this.view) this.refresh();
  }

  // -- what lies still -------------------------------------------------------------------------------------------

  drawWorld() {
    const { ground, surroundings } = this;
    const layers = [];
    for (const water of surroundings?.water ?? []) layers.push(this.path(water.shape, { class: "water" }));
    const outline = ground?.outline ? this.d(ground.outline) : "";
    if (outline) layers.push(element("path", { d: outline, class: "mine" }));
    for (const road of surroundings?.roads ?? []) {
      layers.push(this.path(road.shape, { class: `road ${road.road_class}`, "stroke-width": ROAD_WIDTH_M[road.road_class] ?? 8 }));
    }
    const houses = surroundings?.buildings ?? [];
    for (const house of houses.filter((one) => !one.mine)) layers.push(this.path(house.shape, { class: "building" }));
    if (outline) {
      // everything that is not mine lies under a veil
      const far = 20000;
      layers.push(element("path", { d: `M${-far} ${-far}H${far}V${far}H${-far}Z${outline}`, class: "veil", "fill-rule": "evenodd" }));
    }
    for (const house of houses.filter((one) => one.mine)) {
      const made = this.path(house.shape, { class: "building my" });
      if (this.options.onBuilding) made.addEventListener("click", () => this.options.onBuilding(house));
      layers.push(made);
    }
    if (outline) {
      for (const cell of ground.cells) layers.push(this.path(cell.shape, { class: "cell" }));
      layers.push(element("path", { d: outline, class: "outline casing" }), element("path", { d: outline, class: "outline" }));
    }
    this.world.replaceChildren(...layers);
  }

  path(shape, attributes) {
    return element("path", { d: this.d(shape), ...attributes });
  }

  /** GeoJSON as an SVG path in metres. */
  d(shape) {
    const line = (points, end) => (points.length ? `M${points.map((point) => this.metres(point).map((value) => value.toFixed(1)).join(" ")).join("L")}${end}` : "");
    const rings = (polygon) => polygon.map((ring) => line(ring, "Z")).join("");
    switch (shape?.type) {
      case "Polygon": return rings(shape.coordinates);
      case "MultiPolygon": return shape.coordinates.map(rings).join("");
      case "LineString": return line(shape.coordinates, "");
      case "MultiLineString": return shape.coordinates.map((part) => line(part, "")).join("");
      case "GeometryCollection": return shape.geometries.map((part) => this.d(part)).join("");
      case "Point": {
        const [x, y] = this.metres(shape.coordinates);
        return `M${x - 6} ${y - 5}h12v10h-12Z`;
      }
      default: return "";
    }
  }

  // -- what moves with the window ----------------------------------------------------------------------------------

  refresh() {
    const { x, y, scale, width, height } = this.view;
    this.world.setAttribute("transform", `translate(${width / 2} ${height / 2}) scale(${scale}) translate(${-x} ${-y})`);
    const marks = [];
    if (this.position) marks.push(...this.positionMark());
    const placed = spread(this.pins.filter((pin) => pin.lon !== null && pin.lat !== null).map((pin) => {
      const [left, top] = this.screen(pin.lon, pin.lat);
      return { pin, x: left, y: top };
    }));
    // the first of the list lies on top
    for (const spot of [...placed].reverse()) marks.push(this.pinMark(spot));
    this.marks.replaceChildren(...marks);
    this.labels.replaceChildren(...this.labelMarks(placed));
    this.options.onMove?.(this);
  }

  pinMark({ pin, x, y }) {
    const shape = pin.level
      ? element("rect", { x: x - PIN_RADIUS, y: y - PIN_RADIUS, width: 2 * PIN_RADIUS, height: 2 * PIN_RADIUS, rx: 4, class: `alert level-${pin.level}` })
      : element("circle", { cx: x, cy: y, r: PIN_RADIUS, class: "task" });
    const mark = element("g", { class: "pin", role: "button", "aria-label": `${pin.number} ${pin.title}` },
      element("circle", { cx: x, cy: y, r: TARGET / 2, class: "target" }),
      shape,
      element("text", { x, y, class: pin.level ? "on-alert" : "on-task" }, String(pin.number)));
    if (this.options.onPin) mark.addEventListener("click", (event) => { event.stopPropagation(); this.options.onPin(pin); });
    return mark;
  }

  positionMark() {
    const [x, y] = this.screen(this.position.lon, this.position.lat);
    const radius = Math.min(120, Math.max(22, (this.position.accuracy ?? 0) * this.view.scale));
    return [
      element("circle", { cx: x, cy: y, r: radius, class: "accuracy" }),
      element("circle", { cx: x, cy: y, r: 9, class: "here", "aria-label": t("here") }),
    ];
  }

  /** Names that fit: compounds on my ground, then roads, then the rest; nothing overlaps, nothing is cut. */
  labelMarks(pins) {
    const { width, height } = this.view;
    const taken = pins.map(({ x, y }) => box(x, y, 2 * PIN_RADIUS + 6, 2 * PIN_RADIUS + 6));
    taken.push({ left: 0, right: 190, top: height - 34, bottom: height }, { left: width - 110, right: width, top: height - 34, bottom: height });
    if (this.options.movable) taken.push({ left: width - 68, right: width, top: 0, bottom: 184 }); // the tools lie there
    if (this.position) taken.push(box(...this.screen(this.position.lon, this.position.lat), 34, 34));
    const marks = [];
    const place = (name, spots, kind, size = LABEL_SIZE) => {
      for (const [x, y] of spots) {
        const area = box(x, y, textWidth(name, size) + 8, size + 8);
        const inside = area.left > 4 && area.right < width - 4 && area.top > 4 && area.bottom < height - 4;
        if (inside && !taken.some((other) => overlaps(area, other))) {
          taken.push(area);
          marks.push(element("text", { x, y, class: `label ${kind}` }, name));
          return;
        }
      }
    };
    const labels = this.surroundings?.labels ?? [];
    const spotsAround = ({ lon, lat }) => {
      const [x, y] = this.screen(lon, lat);
      return [[x, y], [x, y + 30], [x, y - 30], [x, y + 56], [x, y - 56], [x + 44, y + 20], [x - 44, y + 20]];
    };
    for (const label of labels.filter((one) => one.mine)) place(label.name, spotsAround(label), "compound my", 18);
    for (const [name, spots] of this.roadSpots()) place(name, spots, "road-name");
    for (const label of labels.filter((one) => !one.mine)) place(label.name, spotsAround(label).slice(0, 3), "compound");
    return marks;
  }

  /** Points along each named road, those farthest from the middle of the ground first. */
  roadSpots() {
    const spots = new Map();
    const { width, height } = this.view;
    for (const road of this.surroundings?.roads ?? []) {
      if (!road.name) continue;
      const parts = road.shape.type === "LineString" ? [road.shape.coordinates] : road.shape.type === "MultiLineString" ? road.shape.coordinates : [];
      for (const part of parts) {
        for (let place = 1; place < part.length; place += 1) {
          const [ax, ay] = this.screen(...part[place - 1]);
          const [bx, by] = this.screen(...part[place]);
          const steps = Math.min(40, Math.max(2, Math.round(Math.hypot(bx - ax, by - ay) / 24)));
          for (let step = 0; step <= steps; step += 1) {
            const spot = [ax + ((bx - ax) * step) / steps, ay + ((by - ay) * step) / steps];
            if (spot[0] < 0 || spot[0] > width || spot[1] < 0 || spot[1] > height) continue;
            if (!spots.has(road.name)) spots.set(road.name, []);
            spots.get(road.name).push(spot);
          }
        }
      }
    }
    const rim = ([x, y]) => Math.max(Math.abs(x / width - 0.5), Math.abs(y / height - 0.5));
    for (const list of spots.values()) list.sort((a, b) => rim(b) - rim(a));
    return spots;
  }

  // -- fingers ------------------------------------------------------------------------------------------------------

  listen() {
    this.svg.classList.add("movable");
    const fingers = new Map();
    let before = null;
    const measure = () => {
      const spots = [...fingers.values()];
      const x = spots.reduce((sum, spot) => sum + spot.x, 0) / spots.length;
      const y = spots.reduce((sum, spot) => sum + spot.y, 0) / spots.length;
      return { x, y, spread: spots.length > 1 ? Math.hypot(spots[0].x - spots[1].x, spots[0].y - spots[1].y) : 0 };
    };
    const spot = (event) => {
      const frame = this.svg.getBoundingClientRect();
      return { x: event.clientX - frame.left, y: event.clientY - frame.top };
    };
    let travelled = 0;
    this.svg.addEventListener("pointerdown", (event) => {
      fingers.set(event.pointerId, spot(event));
      before = measure();
      travelled = 0;
    });
    this.svg.addEventListener("pointermove", (event) => {
      if (!fingers.has(event.pointerId) || !this.view) return;
      fingers.set(event.pointerId, spot(event));
      const after = measure();
      travelled += Math.hypot(after.x - before.x, after.y - before.y);
      if (travelled > 6) this.svg.setPointerCapture(event.pointerId);
      this.view.x -= (after.x - before.x) / this.view.scale;
      this.view.y -= (after.y - before.y) / this.view.scale;
      this.view.moved = true;
      if (before.spread && after.spread) this.zoom(after.spread / before.spread, after.x, after.y);
      else this.refresh();
      if (travelled > 6) this.options.onDrag?.(this);
      before = after;
    });
    const lift = (event) => {
      fingers.delete(event.pointerId);
      if (fingers.size) before = measure();
    };
    this.svg.addEventListener("pointerup", lift);
    this.svg.addEventListener("pointercancel", lift);
    this.svg.addEventListener("wheel", (event) => {
      event.preventDefault();
      const { x, y } = spot(event);
      this.zoom(Math.exp(-event.deltaY / 400), x, y);
    }, { passive: false });
  }

  /** A round length that takes about a fifth of the width: [metres, pixels]. */
  scaleBar() {
    const wanted = this.view.width / 5 / this.view.scale;
    const power = 10 ** Math.floor(Math.log10(wanted));
    const metres = [5, 2, 1].map((step) => step * power).find((step) => step <= wanted) ?? power;
    return [metres, metres * this.view.scale];
  }
}

function box(x, y, width, height) {
  return { left: x - width / 2, right: x + width / 2, top: y - height / 2, bottom: y + height / 2 };
}

function overlaps(a, b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

function textWidth(text, size) {
  return [...text].reduce((sum, letter) => sum + (letter.charCodeAt(0) > 255 ? size : size * 0.58), 0);
}

/** Move pins that would cover each other apart, each as little as it goes. */
function spread(spots) {
  const apart = 2 * PIN_RADIUS + 3;
  for (let round = 0; round < 30; round += 1) {
    let moved = false;
    for (let i = 0; i < spots.length; i += 1) {
      for (let j = i + 1; j < spots.length; j += 1) {
        let dx = spots[j].x - spots[i].x;
        let dy = spots[j].y - spots[i].y;
        let distance = Math.hypot(dx, dy);
        if (distance >= apart) continue;
        if (distance < 0.01) {
          // the same place: fan out by their numbers
          dx = Math.cos(j * 2.4);
          dy = Math.sin(j * 2.4);
          distance = 1;
        }
        const push = (apart - Math.min(distance, apart)) / 2 + 0.01;
        spots[i].x -= (dx / distance) * push;
        spots[i].y -= (dy / distance) * push;
        spots[j].x += (dx / distance) * push;
        spots[j].y += (dy / distance) * push;
        moved = true;
      }
    }
    if (!moved) break;
  }
  return spots;
}
