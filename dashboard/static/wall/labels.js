// Labels that never overlap: each is placed at the first of its candidates that is free, in order of right; else it is left out.
(function () {
  "use strict";
  const wall = (window.wall = window.wall || {});
  let pen = null;
  wall.textWidth = function (text, size, weight, spacing) {
    pen = pen || document.createElement("canvas").getContext("2d");
    pen.font = weight + " " + size + "px " + getComputedStyle(document.body).fontFamily;
    return pen.measureText(text).width + (spacing || 0) * text.length;
  };
  const meets = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  wall.meets = meets;

  wall.Room = class {
    constructor(width, height, edge) { this.inside = { left: edge, top: edge, right: width - edge, bottom: height - edge }; this.boxes = []; this.soft = []; }
    // `seams`: vertical bezels [px] no text may cross
    seams(places, gap) { for (const place of places) this.boxes.push({ left: place - gap, right: place + gap, top: -1e4, bottom: 1e4 }); }
    block(box) { this.boxes.push(box); return box; }
    prefer(box) { this.soft.push(box); }
    free(box) {
      const r = this.inside;
      if (box.left < r.left || box.top < r.top || box.right > r.right || box.bottom > r.bottom) return false;
      return !this.boxes.some((other) => meets(box, other));
    }
    // The first free candidate that covers least of what should stay visible; takes its room. Null when nothing is free.
    take(candidates) {
      let best = null, least = Infinity;
      for (const box of candidates) {
        if (!this.free(box)) continue;
        const covered = this.soft.filter((other) => meets(box, other)).length + (box.cost || 0);
        if (covered < least) { best = box; least = covered; }
        if (covered === 0) break;
      }
      if (best) this.boxes.push(best);
      return best;
    }
  };
  // Boxes of a text of this width and height around a point: right, left, above, below, then the corners.
  wall.around = function (px, py, width, height, gap) {
    const box = (left, top) => ({ left, top, right: left + width, bottom: top + height });
    const middle = py - height / 2, centre = px - width / 2;
    return [box(px + gap, middle), box(px - gap - width, middle), box(centre, py - gap - height), box(centre, py + gap),
      box(px + gap * 0.7, py - gap * 0.7 - height), box(px - gap * 0.7 - width, py - gap * 0.7 - height),
      box(px + gap * 0.7, py + gap * 0.7), box(px - gap * 0.7 - width, py + gap * 0.7)];
  };
  // Boxes on growing rings round a point, the point itself first.
  wall.rings = function (px, py, width, height, step, count) {
    const boxes = [];
    for (let ring = 0; ring <= count; ring++) {
      const turns = ring ? 12 : 1;
      for (let turn = 0; turn < turns; turn++) {
        const angle = (turn / turns) * 2 * Math.PI, cx = px + Math.cos(angle) * ring * step, cy = py + Math.sin(angle) * ring * step * 0.8;
        boxes.push({ left: cx - width / 2, right: cx + width / 2, top: cy - height / 2, bottom: cy + height / 2, cost: ring * 0.34, cx, cy });
      }
    }
    return boxes;
  };
})();
