// 上报事件: where, what, a photo, a word; four taps.

import * as store from "./store.js";
import { GroundMap } from "./map.js";
import { h, sheet } from "./parts.js";
import { enqueue } from "./queue.js";
import { metresBetween, t } from "./words.js";

const PHOTO_SIDE = 1600;
const PHOTO_QUALITY = 0.8;
const NEAR_M = 60;

/** A photo as the phone took it, made small: upright, without position or device, a few hundred KB. */
export async function smallPhoto(file) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const factor = Math.min(1, PHOTO_SIDE / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * factor);
  canvas.height = Math.round(picture.height * factor);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("empty"))), "image/jpeg", PHOTO_QUALITY));
}

function nearestBuilding(spot, buildings) {
  let best = null;
  for (const house of buildings) {
    const ring = house.shape.type === "Point" ? [house.shape.coordinates] : house.shape.coordinates[0];
    const lon = ring.reduce((sum, point) => sum + point[0], 0) / ring.length;
    const lat = ring.reduce((sum, point) => sum + point[1], 0) / ring.length;
    const metres = metresBetween(spot, { lon, lat });
    if (metres < NEAR_M && (!best || metres < best.metres)) best = { metres, house };
  }
  return best?.house ?? null;
}

/** Even-odd rule over the rings of a GeoJSON outline. */
export function isInside({ lon, lat }, outline) {
  let inside = false;
  const polygons = outline?.type === "Polygon" ? [outline.coordinates] : outline?.type === "MultiPolygon" ? outline.coordinates : [];
  for (const ring of polygons.flat()) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
      const [xi, yi] = ring[i];
      const [xj, yj] = ring[j];
      if (yi > lat !== yj > lat && lon < ((xj - xi) * (lat - yi)) / (yj - yi) + xi) inside = !inside;
    }
  }
  return inside;
}

/** The form. What is entered is kept as a draft, so that a reload loses nothing; its key is made once. */
export async function reportSheet(state, onBack, actions) {
  const draft = (await store.note("draft").catch(() => undefined)) ?? { key: crypto.randomUUID(), kind: null, note: "", place: "", photo: null };
  const keep = () => store.setNote("draft", draft).catch(() => undefined);
  let spot = null;
  let picked = false;

  // where
  const told = h("p", { class: "position", role: "status" }, t("locating"));
  const holder = h("div", { class: "map-holder pick" });
  const map = new GroundMap(holder, { movable: true, onDrag: () => { picked = true; spot = map.lonLat(map.view.width / 2, map.view.height / 2); tellPosition(); } });
  if (state.me) map.show(state.me.body, state.map?.body);
  holder.append(h("span", { class: "cross", "aria-hidden": true }));
  function tellPosition(failed = false) {
    if (!spot) {
      told.textContent = t(failed ? "not_located" : "locating");
      told.classList.toggle("missing", failed);
      return;
    }
    told.classList.remove("missing");
    const parts = [picked ? t("picked") : t("located", { metres: Math.max(1, Math.round(spot.accuracy ?? 0)) })];
    const house = nearestBuilding(spot, state.map?.body.buildings ?? []);
    if (house) parts.push(t("near", { place: t("place.building", { place: house.place, number: house.number }) }));
    if (state.me?.body.bounds && !isInside(spot, state.me.body.outline)) parts.push(t("outside_ground"));
    told.textContent = parts.join(" · ");
  }
  actions.locate().then((found) => {
    if (picked) return;
    spot = found;
    map.setPosition(found);
    if (state.me) map.lookAt(found.lon, found.lat, 0.7);
    tellPosition();
  }).catch(() => tellPosition(!spot));

  // what
  const { often, categories } = state.categories?.body ?? { often: [], categories: {} };
  const chips = h("div", { class: "chips", role: "group", "aria-label": t("kind") });
  const more = h("select", { "aria-label": t("more_kinds"), onchange: () => { draft.kind = more.value || null; keep(); mark(); } },
    h("option", { value: "" }, t("more_kinds")),
    Object.entries(categories).map(([category, kinds]) => h("optgroup", { label: category }, kinds.map((kind) => h("option", { value: kind }, kind)))));
  function mark() {
    for (const chip of chips.children) chip.setAttribute("aria-pressed", String(chip.dataset.kind === draft.kind));
    more.value = draft.kind && !often.includes(draft.kind) ? draft.kind : "";
    more.classList.toggle("chosen", Boolean(more.value));
  }
  chips.append(...often.map((kind) => h("button", { class: "chip", "data-kind": kind, onclick: () => { draft.kind = kind; keep(); mark(); } }, kind)));

  // a photo, a word
  const preview = h("img", { class: "preview", alt: t("photo"), hidden: true });
  const photoText = h("span", {}, t("photo"));
  const input = h("input", { type: "file", accept: "image/*", capture: "environment", class: "visually-hidden", onchange: async () => {
    const [file] = input.files;
    if (!file) return;
    try {
      draft.photo = await smallPhoto(file);
      keep();
      showPhoto();
    } catch {
      actions.say(t("photo_bad"));
    }
  } });
  function showPhoto() {
    if (!draft.photo) return;
    preview.src = URL.createObjectURL(draft.photo);
    preview.hidden = false;
    photoText.textContent = t("photo_again");
  }
  const note = h("textarea", { rows: 1, placeholder: t("note"), "aria-label": t("note"), oninput: () => { draft.note = note.value; keep(); } });
  note.value = draft.note;
  const place = h("input", { type: "text", placeholder: t("place_words"), "aria-label": t("place_words"), oninput: () => { draft.place = place.value; keep(); } });
  place.value = draft.place;

  const submit = h("button", { class: "primary", "data-submit": true, onclick: hand }, t("submit"));
  async function hand() {
    if (submit.disabled) return;
    if (!draft.kind || !state.categories) {
      actions.say(t("choose_kind"));
      return;
    }
    submit.disabled = true;
    const category = Object.entries(categories).find(([, kinds]) => kinds.includes(draft.kind))?.[0] ?? draft.kind;
    const where = spot ? { lon: Number(spot.lon.toFixed(7)), lat: Number(spot.lat.toFixed(7)), crs: "WGS-84" } : {};
    const body = {
      source_key: draft.key, reported_at: new Date().toISOString(), source: state.categories.body.source, category, subcategory: draft.kind,
      title: draft.kind, description: draft.note.trim(), address: draft.place.trim(), ...where,
    };
    try {
      await enqueue({ key: draft.key, kind: "incident", title: draft.kind, path: "/api/incidents", body, photo: draft.photo });
      await store.remove("notes", "draft").catch(() => undefined);
      actions.say(t("saved_here"));
      onBack();
    } catch {
      submit.disabled = false;
      actions.say(t("storage_failed"));
    }
  }

  mark();
  showPhoto();
  const made = sheet(t("report"), () => { store.remove("notes", "draft").catch(() => undefined); onBack(); },
    holder, told,
    h("div", { class: "form" }, chips,
      h("div", { class: "pair" }, h("label", { class: "chip photo-button" }, preview, photoText, input), more),
      note, place));
  made.append(h("div", { class: "action" }, submit));
  made.dataset.sheet = "report";
  return { sheet: made, close: () => map.close() };
}
