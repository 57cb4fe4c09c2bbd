// 派遣: what waits for a worker, gravest first; Enter gives it to whose place it is, a number to a colleague, Z takes it back.
(function () {
  "use strict";
  const { h, fill, age, call } = window.unplaced;
  const REFRESH_S = 15;

  class Page {
    constructor(root) {
      this.root = root; this.texts = JSON.parse(root.dataset.texts); this.rows = []; this.done = []; this.gone = new Set(); this.chosen = 0; this.seconds = 0;
      this.parts = Object.fromEntries(["head", "list", "panel", "told"].map((name) => [name, root.querySelector(`[data-part=${name}]`)]));
      this.onKey = (event) => this.key(event);
      document.addEventListener("keydown", this.onKey);
      this.timer = setInterval(() => { this.seconds += 1; if (this.seconds % REFRESH_S === 0) this.refresh(); }, 1000);
      this.refresh().then(() => { root.dataset.ready = "true"; });
    }
    close() { document.removeEventListener("keydown", this.onKey); clearInterval(this.timer); }

    async refresh() {
      try {
        const queue = await call("/api/dispatch");
        Object.assign(this, { queue, lost: false, rows: queue.rows.filter((row) => !this.gone.has(row.id)), now: new Date(queue.now) });
        const kept = this.rows.find((row) => row.id === this.current?.id);
        if (kept) this.current = kept; else this.select(this.rows[0]);
      } catch (fault) { this.lost = true; }
      this.draw();
    }
    select(row) { this.current = row || null; this.chosen = row?.workers.findIndex((worker) => !worker.on_leave) ?? 0; this.draw(); }
    step(by) { if (this.rows.length) this.select(this.rows[Math.min(this.rows.length - 1, Math.max(0, this.rows.indexOf(this.current) + by))]); }

    draw() {
      const { texts, queue } = this;
      if (!queue) { this.parts.head.replaceChildren(h("h1", {}, texts.title), h("div", { class: "counters" }, h("span", { class: "fresh lost" }, texts.lost))); return; }
      const rule = fill(texts.rule, { minutes: queue.after_min, grades: queue.grades.map((grade) => texts[`grade.${grade}`]).join(texts.and) });
      this.parts.head.replaceChildren(h("h1", {}, fill(texts.head, { n: `${this.rows.length}${queue.more ? "+" : ""}` })), h("div", { class: "counters" }, h("span", {}, rule), this.lost ? h("span", { class: "fresh lost" }, texts.lost) : null));
      this.parts.list.replaceChildren(...this.rows.map((row) => this.rowElement(row)));
      if (!this.rows.length) this.parts.list.append(h("li", { class: "empty" }, texts.none));
      this.parts.list.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
      this.parts.panel.replaceChildren(...this.panelParts());
    }
    rowElement(row) {
      const { texts } = this, first = row.workers[0];
      return h("li", { role: "option", "data-row": row.id, "aria-selected": String(row === this.current), onclick: () => this.select(row) },
        h("div", { class: "line" }, h("span", { class: "meta" }, fill(texts.waits, { age: age(texts, row.reported_at, this.now) }), h("span", {}, row.source), h("span", {}, row.kind)), h("strong", {}, row.grade === "general" ? "" : texts[`grade.${row.grade}`])),
        h("p", { class: "words" }, row.place || row.community || "", row.words ? h("span", { class: "rest" }, ` ${row.words}`) : null),
        h("div", { class: "meta" }, h("span", {}, [row.community, row.work_grid].filter(Boolean).join(" · ")), first ? h("span", {}, `→ ${first.number} ${first.name}`) : h("span", {}, texts.nobody)));
    }
    panelParts() {
      const { texts, current: row } = this;
      if (!row) return [h("h2", {}, texts.none)];
      const workers = row.workers.slice(0, 9).map((worker, place) => h("li", { "data-candidate": place + 1, "aria-selected": String(place === this.chosen), onclick: () => { this.chosen = place; this.draw(); } },
        h("kbd", {}, String(place + 1)),
        h("div", { class: "candidate" }, h("div", { class: "line" }, h("strong", {}, `${worker.number} ${worker.name}`), h("span", {}, fill(texts.in_hand, { n: worker.in_hand }))),
          h("div", { class: "second" }, [worker.found_by ? texts[`found.${worker.found_by}`] : texts.colleague, worker.on_leave ? texts.on_leave : null].filter(Boolean).join(" · ")))));
      return [h("h2", {}, row.place || row.words), h("p", { class: "second" }, [row.place ? row.words : "", row.community, row.work_grid].filter(Boolean).join(" · ")), workers.length ? h("ol", {}, workers) : h("p", { class: "hint" }, texts.nobody_how)];
    }
    tell(sentence) { this.parts.told.textContent = sentence; this.parts.told.hidden = !sentence; clearTimeout(this.hush); this.hush = setTimeout(() => { this.parts.told.hidden = true; }, 6000); }

    async dispatch() {
      const row = this.current, worker = row?.workers[this.chosen];
      if (!row) return;
      if (!worker) { this.tell(this.texts.nobody_how); return; }
      const at = this.rows.indexOf(row);
      this.gone.add(row.id); this.rows = this.rows.filter((other) => other !== row);
      this.select(this.rows[at] || this.rows[at - 1]);
      this.tell(fill(this.texts.dispatched, { worker: `${worker.number} ${worker.name}` }));
      this.done.push(row);
      try { await (row.sent = call(`/api/incidents/${row.id}/transitions`, { to: "dispatched", worker_id: worker.id })); } catch (fault) { this.done = this.done.filter((other) => other !== row); this.gone.delete(row.id); this.tell(fill(this.texts.refused, { why: fault.message })); this.refresh(); }
    }
    async undo() {
      const row = this.done.pop();
      if (!row) { this.tell(this.texts.nothing_to_undo); return; }
      try { await row.sent; await call(`/api/incidents/${row.id}/transitions`, { to: "returned", note: this.texts.taken_back }); this.tell(this.texts.undone); } catch (fault) { this.tell(fill(this.texts.refused, { why: fault.message })); }
      this.gone.delete(row.id); this.current = row; this.refresh();
    }
    key(event) {
      if (event.ctrlKey || event.metaKey || event.altKey || !this.root.isConnected || event.target.closest?.("input, textarea, select")) return;
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      const pressed = { j: () => this.step(1), ArrowDown: () => this.step(1), k: () => this.step(-1), ArrowUp: () => this.step(-1), Enter: () => this.dispatch(), z: () => this.undo() }[key];
      if (pressed) { if (event.repeat && ["Enter", "z"].includes(key)) return; event.preventDefault(); pressed(); } else if (/^[1-9]$/.test(key) && this.current?.workers[Number(key) - 1]) { this.chosen = Number(key) - 1; this.draw(); }
    }
  }
  window.unplaced.whenShown("office-dispatch", (root) => new Page(root));
})();
