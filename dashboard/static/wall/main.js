// The wall's own clock: starts the page, turns the scenes, and draws what arrived.
(function () {
  "use strict";
  const wall = (window.wall = window.wall || {});
  const asked = new URLSearchParams(location.search);
  wall.screen = decodeURIComponent(location.pathname.replace(/^.*\/wall\/?/, "").split("/")[0] || "main");
  wall.pinned = asked.get("scene");
  wall.scene = wall.pinned;
  wall.language = "zh";
  wall.named = (thing) => (wall.language === "en" && thing.name_en ? thing.name_en : thing.name);
  let shownFor = 0, before = performance.now(), drawnSecond = "", drawnOnce = false;

  const sceneNow = () => wall.parts["scene:" + wall.scene];
  const root = () => document.getElementById("wall");
  const mark = (name, on) => root().classList.toggle(name, Boolean(on));

  function draw() {
    const scene = sceneNow();
    if (!scene || !wall.ground) return;
    mark("loading", false);
    mark("with-out", scene.out);
    mark("exercise", wall.parts.screen.exercise || wall.parts.alerts.drill);
    root().dataset.scene = scene.key;
    wall.drawLegend(scene); wall.drawRegister(scene); wall.drawAlerts(scene); wall.drawCounters(); wall.drawPanel(scene); wall.drawSmall(scene); wall.drawOut(scene);
    if (wall.taken) wall.drawTakeover();
    // the page was served before anything was loaded: its map has no ground yet
    const plot = document.querySelector("#wall-map .js-plotly-plot");
    if (plot && plot.layout && !plot.layout.map) return location.reload();
    if (!drawnOnce) { drawnOnce = true; wall.map.drawFirst(scene); wall.map.whenDrawn(drawMap); root().dataset.first = String(Math.round(performance.now())); return; }
    requestAnimationFrame(drawMap);
  }
  function drawMap() {
    const scene = sceneNow();
    if (!scene) return;
    if (wall.map.ready) wall.map.drawCells(scene);
    wall.map.drawAbove(scene);
    wall.map.drawScale();
  }
  function turn(to) {
    wall.scene = to; shownFor = 0;
    const column = document.querySelector(".map .legend");
    if (column) { column.classList.remove("scene-fade"); void column.offsetWidth; column.classList.add("scene-fade"); }
    draw();
  }
  wall.turn = turn;
  wall.version = 0;
  wall.arrived = function () {
    wall.version += 1;
    if (!wall.scene || !sceneNow()) wall.scene = wall.parts.screen.scenes[0] && wall.parts.screen.scenes[0].key;
    wall.stateChanged();
  };
  wall.incidentsArrived = function (message) {
    for (const [lon, lat, id, open] of message.rows) {
      const others = wall.parts.incidents.rows.filter((one) => one[2] !== id);
      wall.parts.incidents.rows = open ? others.concat([[lon, lat, id]]) : others;
      wall.parts.records.incident = Math.max(wall.parts.records.incident || 0, id);
    }
    if (message.counters) wall.parts.counters = message.counters;
    if (message.rows.length) { root().dataset.newest = String(message.rows[message.rows.length - 1][2]); wall.version += 1; }
    wall.drawCounters(); drawMap();
  };
  wall.ticked = function () { root().dataset.ticked = String(Math.round(wall.now())); };
  wall.stateChanged = function () { wall.map.shown = ""; drawnSecond = ""; };

  function beat() {
    requestAnimationFrame(() => {
      const now = performance.now(), passed = (now - before) / 1000;
      before = now;
      wall.live.watch(passed);
      if (!wall.parts.screen.scenes.length) return;
      const health = wall.health(), changed = root().classList.contains("lost") !== Boolean(health.lost);
      mark("lost", health.lost); mark("back", !health.lost && health.back !== null);
      if (changed) wall.stateChanged();
      if (drawnOnce && wall.judgeTakeover(passed)) { mark("taken", wall.taken); wall.map.shown = ""; wall.map.flying = true; draw(); wall.map.fly(() => draw()); }
      const order = wall.parts.screen.scenes, place = order.findIndex((scene) => scene.key === wall.scene), current = order[Math.max(0, place)];
      if (!health.lost && !wall.taken && !wall.pinned && order.length > 1) shownFor += Math.min(passed, 5);
      if (shownFor >= current.seconds) turn(order[(place + 1) % order.length].key);
      const second = Math.floor(wall.now()) + "|" + wall.scene;
      if (second !== drawnSecond) { drawnSecond = second; wall.map.steady(); wall.drawHeader(current.seconds - shownFor); draw(); }
      const progress = document.getElementById("wall-progress");
      if (progress) progress.style.transform = `scaleX(${wall.pinned ? 1 : Math.min(1, shownFor / current.seconds)})`;
    });
  }
  async function ground() {
    for (;;) {
      try {
        const answer = await fetch("/live/" + wall.screen + "/ground");
        if (answer.status === 404) { document.title = wall.screen + "?"; return null; }
        if (answer.ok) return await answer.json();
      } catch (fault) { console.warn("ground", fault); }
      await new Promise((done) => setTimeout(done, 2000));
    }
  }
  async function start() {
    // asked for while Dash is still being read
    const asking = ground();
    while (!document.getElementById("wall-counters") || !window.dash_clientside || !window.dash_clientside.set_props) await new Promise((done) => setTimeout(done, 20));
    const told = await asking;
    if (!told) return;
    wall.texts = told.texts; wall.language = told.language; wall.setTimezone(told.ground.timezone);
    wall.ground = told.ground; wall.ground.version = told.version;
    document.documentElement.lang = told.language === "en" ? "en" : "zh-CN";
    for (const word of document.querySelectorAll(".exercise-strip span")) word.textContent = wall.text("drill");
    document.documentElement.style.setProperty("--type-factor", told.type_factor);
    wall.live.offset = told.now - performance.now() / 1000;
    wall.live.heard = performance.now();
    await document.fonts.ready;
    wall.live.connect();
    setInterval(beat, 250);
    window.addEventListener("resize", () => { if (wall.map.ready) { wall.map.frame(); draw(); } });
  }
  start();
})();
