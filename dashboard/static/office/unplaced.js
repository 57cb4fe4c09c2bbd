// 待落图: everything by keyboard. The queue comes with all its candidates, so the next row is there when the key comes up; a
// decision leaves the list at once and is sent behind it, and comes back with a sentence when the server says no.
(function () {
  "use strict";
  const unplaced = (window.unplaced = window.unplaced || {});
  const { h, fill, call } = unplaced;
  const REFRESH_S = 15, STEP_PX = 8;

  /** Which candidate stands ready: the likeliest where it is clearly so; what nothing tells apart is for a person to choose. */
  function ready(row) {
    const [first, second] = row?.candidates || [];
    return first && first.confidence !== null && first.confidence - (second?.confidence || 0) >= 0.1 ? 0 : -1;
  }

  class Page {
    constructor(root) {
      this.root = root;
      this.texts = JSON.parse(root.dataset.texts);
      this.mayDecide = root.dataset.decides === "true";
      this.state = { rows: [], group: "all", past: false, pastCount: 0, placedToday: 0, more: false, chosen: 0, point: null, alias: "", editing: "", now: new Date(), seconds: 0, zone: root.dataset.zone, lost: false };
      this.current = null; this.gone = new Set(); this.decisions = []; this.said = Promise.resolve();
      this.parts = Object.fromEntries(["head", "list", "panel", "sheet", "told"].map((name) => [name, root.querySelector(`[data-part=${name}]`)]));
      this.map = new unplaced.PlacingMap(root.querySelector("[data-part=map]"), this.texts);
      this.map.onMark = (place) => this.choose(place);
      this.map.onSpot = (spot) => { if (this.state.point) this.movePoint(spot); };
      this.act = { filter: (group) => this.filter(group), past: () => this.togglePast(), choose: (place) => this.choose(place), confirm: () => this.confirm(), aliasDone: (name) => this.aliasDone(name), aliasPlace: () => this.aliasPlace() };
      this.onKey = (event) => this.key(event);
      document.addEventListener("keydown", this.onKey);
      this.timer = setInterval(() => this.tick(), 1000);
      this.start();
    }
    close() { document.removeEventListener("keydown", this.onKey); clearInterval(this.timer); this.map.close(); }

    async start() {
      const ground = Promise.all([call("/api/basemap"), call("/api/unplaced/buildings")]);
      await this.refresh();
      const [basemap, buildings] = await ground;
      this.map.show({ basemap, buildings });
      this.showRow();
      this.root.dataset.ready = "true";
    }

    // -- the queue -----------------------------------------------------------------------------------------------------
    async refresh() {
      const { past } = this.state;
      try {
        const queue = await call(`/api/unplaced${past ? "?past=true" : ""}`);
        if (past !== this.state.past) return;
        const rows = queue.rows.map((row) => ({ ...row, ref: `${row.subject}/${row.id}` })).filter((row) => !this.gone.has(row.ref));
        Object.assign(this.state, { rows, more: queue.more, pastCount: queue.past, placedToday: queue.placed_today, oldest: queue.oldest_at, now: new Date(queue.now), seconds: 0, lost: false });
        this.skew = new Date(queue.now) - Date.now();
        const kept = rows.find((row) => row.ref === this.current?.ref);
        if (kept) this.current = kept; else if (!this.state.point && !this.state.editing) this.select(this.shown()[0]);
        this.drawList(); this.drawHead();
      } catch (fault) { this.state.lost = true; this.drawHead(); }
    }
    tick() {
      this.state.seconds += 1; this.state.now = new Date(Date.now() + (this.skew || 0));
      this.drawFresh();
      if (this.state.seconds >= REFRESH_S && this.state.seconds % REFRESH_S === 0) this.refresh();
    }
    shown() { const { rows, group } = this.state; return group === "all" ? rows : rows.filter((row) => row.group === group); }

    select(row) {
      this.current = row || null;
      Object.assign(this.state, { chosen: ready(row), point: null, editing: "", alias: row && row.learn ? row.name : "" });
      this.showRow();
    }
    step(by) {
      const rows = this.shown(), at = rows.findIndex((row) => row.ref === this.current?.ref);
      if (rows.length) this.select(rows[Math.min(rows.length - 1, Math.max(0, at + by))]);
    }
    choose(place) {
      if (!this.current?.candidates[place]) return;
      Object.assign(this.state, { chosen: place, point: null });
      this.map.point(null); this.map.choose(place); this.drawPanel();
    }
    filter(group) { this.state.group = group; this.drawHead(); this.drawList(); if (!this.shown().includes(this.current)) this.select(this.shown()[0]); }
    async togglePast() { this.state.past = !this.state.past; this.state.group = "all"; this.current = null; await this.refresh(); this.select(this.shown()[0]); }

    // -- drawing -------------------------------------------------------------------------------------------------------
    drawHead() { this.parts.head.replaceChildren(...unplaced.headParts(this.state, this.texts, this.act)); }
    drawFresh() { const fresh = this.parts.head.querySelector(".fresh"); if (fresh && !this.state.lost) fresh.textContent = fill(this.texts.fresh, { s: this.state.seconds }); }
    drawList() {
      const rows = this.shown();
      this.parts.list.replaceChildren(...rows.map((row) => unplaced.rowElement(row, this.texts, this.state, () => this.select(row))));
      if (!rows.length) this.parts.list.append(h("li", { class: "empty" }, this.state.rows.length ? this.texts.none_here : this.texts.none));
      this.markRow();
    }
    markRow() {
      for (const element of this.parts.list.children) {
        const is = element.dataset.row === this.current?.ref;
        element.setAttribute("aria-selected", String(is));
        if (is) element.scrollIntoView({ block: "nearest" });
      }
    }
    drawPanel() {
      this.parts.panel.replaceChildren(...unplaced.panelParts(this.current, this.state, this.texts, this.act).filter(Boolean));
      this.parts.panel.querySelector("[data-alias]")?.select();
      this.map.panelBottom = this.parts.panel.offsetTop + this.parts.panel.offsetHeight + 8;
    }
    showRow() {
      const row = this.current;
      this.drawPanel(); this.markRow();
      if (!this.map.layers) return;
      const marks = row ? row.candidates : [];
      const places = new Set(marks.map((mark) => mark.place).filter(Boolean));
      this.map.showPlaces(marks, { stated: row?.stated, lit: places, chosen: this.state.chosen, free: this.parts.panel.offsetWidth + 40, area: row?.area });
    }
    tell(sentence, kind = "") { this.parts.told.textContent = sentence; this.parts.told.className = `unplaced-told ${kind}`; this.parts.told.hidden = !sentence; clearTimeout(this.hush); this.hush = setTimeout(() => { this.parts.told.hidden = true; }, 6000); }

    // -- deciding ------------------------------------------------------------------------------------------------------
    confirm() {
      const row = this.current;
      if (!row || !this.mayDecide) return;
      const { point, chosen, alias } = this.state;
      if (point) { if (point.at && !point.at.inside) return this.tell(this.texts.point_outside, "bad"); return this.decide(row, { outcome: "placed", point: point.spot, alias: point.at?.compound ? alias : "" }, this.texts.placed_point); }
      const candidate = row.candidates[chosen];
      if (!candidate) return this.tell(row.candidates.length ? this.texts.choose_first : this.texts.no_candidates_hint, "bad");
      this.decide(row, { outcome: "placed", offer: candidate.key, alias: this.aliasPlace() ? alias : "" }, fill(this.texts.placed, { name: candidate.name }));
    }
    decide(row, body, said) {
      const rows = this.shown(), at = rows.indexOf(row), next = rows[at + 1] || rows[at - 1];
      this.gone.add(row.ref);
      this.state.rows = this.state.rows.filter((other) => other !== row);
      this.parts.list.querySelector(`[data-row="${row.ref}"]`)?.remove();
      if (body.outcome === "placed") this.state.placedToday += 1;
      this.select(next); this.drawHead();
      if (!this.shown().length) this.drawList();
      this.tell(body.alias ? `${said} ${fill(this.texts.learned, { name: body.alias })}` : said);
      const entry = { row, body };
      this.decisions.push(entry);
      // one after the other, so that undoing finds what was decided before it
      this.said = entry.sent = this.said.then(() => call(`/api/unplaced/${row.ref}`, body)).then((answer) => { entry.id = answer.id; if (answer.learned) this.refresh(); }).catch((fault) => {
        this.decisions = this.decisions.filter((other) => other !== entry);
        if (fault.status !== 409) this.restore(entry);
        this.tell(fault.status === 409 && !body.alias ? this.texts.taken : fill(this.texts.refused, { why: fault.message }), "bad");
        if (fault.status === 409) { this.gone.delete(row.ref); this.refresh(); }
      });
    }
    restore({ row, body }) {
      this.gone.delete(row.ref);
      if (body.outcome === "placed") this.state.placedToday -= 1;
      const at = this.state.rows.findIndex((other) => other.happened_at < row.happened_at);
      this.state.rows.splice(at < 0 ? this.state.rows.length : at, 0, row);
      if (this.state.group !== "all" && this.state.group !== row.group) this.state.group = "all";
      this.drawHead(); this.drawList(); this.select(row);
    }
    async undo() {
      const entry = this.decisions.pop();
      if (!entry) return this.tell(this.texts.nothing_to_undo);
      this.restore(entry);
      this.tell(this.texts.undone);
      await entry.sent;
      if (entry.id === undefined) return;
      try { await call(`/api/unplaced/undo/decisions/${entry.id}`, {}); this.refresh(); } catch (fault) { this.gone.add(entry.row.ref); this.tell(fill(this.texts.refused, { why: fault.message }), "bad"); this.refresh(); }
    }

    // -- a name, a point, a reason -----------------------------------------------------------------------------------------
    aliasPlace() {
      const { point, chosen, alias } = this.state, row = this.current;
      if (point) return point.at?.compound?.name || "";
      const candidate = row.candidates[chosen];
      return (alias === row.name ? candidate?.learns : candidate?.place_name) || "";
    }
    editAlias() { if (!this.current) return; this.state.editing = "alias"; this.drawPanel(); this.parts.panel.querySelector("[data-alias]")?.focus(); }
    aliasDone(name) { Object.assign(this.state, { alias: name, editing: "" }); this.drawPanel(); }
    startPoint() {
      if (!this.current || !this.map.layers) return;
      const candidate = this.current.candidates[this.state.chosen];
      this.movePoint(candidate ? [candidate.lon, candidate.lat] : this.map.middlePoint());
    }
    movePoint(spot) {
      this.state.point = { spot, at: null };
      this.map.point(spot); this.drawPanel();
      clearTimeout(this.asking);
      this.asking = setTimeout(() => call("/api/reverse", { lon: spot[0], lat: spot[1], system: "WGS84" }).then((at) => {
        if (this.state.point?.spot === spot) { this.state.point.at = at; this.drawPanel(); }
      }).catch((fault) => this.tell(fill(this.texts.refused, { why: fault.message }), "bad")), 80);
    }
    open(sheet) { this.parts.sheet.replaceChildren(sheet); this.parts.sheet.hidden = false; (sheet.querySelector("input") || sheet).focus(); }
    shut() { this.parts.sheet.hidden = true; this.parts.sheet.replaceChildren(); }
    giveUp() {
      const row = this.current;
      if (row && this.mayDecide) this.open(unplaced.reasonSheet(this.texts, (reason) => { this.shut(); this.decide(row, { outcome: "given_up", reason }, this.texts.given_up); }, () => this.shut()));
    }
    outside() { if (this.current && this.mayDecide) this.decide(this.current, { outcome: "outside" }, this.texts.outside); }
    help() {
      const rows = this.texts.keys.split("|").map((line) => { const [keys, said] = line.split("="); return h("li", {}, h("span", {}, keys.split(" ").map((key) => h("kbd", {}, key))), said); });
      this.open(unplaced.listSheet(this.texts.help, h("ul", { class: "keys" }, rows), "", () => this.shut()));
    }
    async names() {
      const learned = await call("/api/unplaced/names");
      const line = (one) => h("li", { class: one.withdrawn_at ? "withdrawn" : "" }, h("strong", {}, one.alias), h("span", {}, fill(this.texts.name_is, { place: one.place })), h("span", { class: "second" }, `${one.decided_by} · ${one.learned_at.slice(0, 10)}`),
        one.withdrawn_at ? h("span", { class: "second" }, this.texts.withdrawn) : h("button", { type: "button", class: "chip", disabled: !this.mayDecide, onclick: () => call(`/api/unplaced/undo/names/${one.id}`, {}).then(() => this.names()).catch((fault) => this.tell(fault.message, "bad")) }, this.texts.withdraw));
      this.open(unplaced.listSheet(this.texts.names, h("ul", { class: "names" }, learned.map(line)), learned.length ? "" : this.texts.no_names, () => this.shut()));
    }

    // -- keys ----------------------------------------------------------------------------------------------------------
    key(event) {
      if (event.ctrlKey || event.metaKey || event.altKey || !this.root.isConnected) return;
      if (!this.parts.sheet.hidden) { if (event.key === "Escape") this.shut(); return; }
      if (event.target.closest?.("input, textarea, select")) {
        if (event.key === "Escape" && this.state.editing) { this.aliasDone(""); event.preventDefault(); }
        return;
      }
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      const far = event.shiftKey ? 5 * STEP_PX : STEP_PX;
      const arrows = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, -far], ArrowDown: [0, far] };
      if (this.state.point && arrows[key]) { this.movePoint(this.map.movePoint(...arrows[key])); event.preventDefault(); return; }
      const pressed = { j: () => this.step(1), ArrowDown: () => this.step(1), k: () => this.step(-1), ArrowUp: () => this.step(-1), Enter: () => this.confirm(), p: () => this.startPoint(), a: () => this.editAlias(), o: () => this.outside(), u: () => this.giveUp(), z: () => this.undo(), "?": () => this.help(), l: () => this.names(), h: () => this.togglePast(), f: () => this.nextFilter(), "+": () => this.map.zoomKeys(1.4), "=": () => this.map.zoomKeys(1.4), "-": () => this.map.zoomKeys(1 / 1.4), Escape: () => this.select(this.current) }[key];
      if (pressed) { if (event.repeat && !["j", "k", "ArrowDown", "ArrowUp", "+", "=", "-"].includes(key)) return; event.preventDefault(); pressed(); } else if (/^[1-9]$/.test(key)) this.choose(Number(key) - 1);
    }
    nextFilter() { const groups = [...this.parts.head.querySelectorAll("[data-group]")].map((chip) => chip.dataset.group); this.filter(groups[(groups.indexOf(this.state.group) + 1) % groups.length]); }
  }

  unplaced.whenShown("office-unplaced", (root) => new Page(root));
})();
