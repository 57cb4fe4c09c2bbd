// What the server tells (/live/<screen>), and how old that is by this browser's own clock. The page never gives up.
(function () {
  "use strict";
  const wall = (window.wall = window.wall || {});
  const SILENT_AFTER_S = 6, LONGEST_WAIT_S = 8, BACK_S = 10;
  wall.parts = { screen: { title: "", scenes: [], seams: [] }, feeds: [], counters: [], alerts: { rows: [] }, resources: { rows: [] }, incidents: { rows: [] }, records: {} };
  const live = (wall.live = { source: null, heard: performance.now(), attempt: 0, retryAt: 0, lastId: "", offset: 0, database: null, backUntil: 0, backCount: null, good: null });

  // the server's time, carried on by our own steady clock between ticks
  wall.now = () => live.offset + performance.now() / 1000;

  wall.health = function () {
    const silence = (performance.now() - live.heard) / 1000, now = wall.now();
    if (silence > SILENT_AFTER_S) return { lost: "server", seconds: silence, frozen: live.good === null ? now - silence : Math.min(live.good, now - silence), attempt: Math.max(1, live.attempt), retry: Math.max(0, (live.retryAt - performance.now()) / 1000), back: null };
    if (live.database) return { lost: "database", seconds: now - live.database.lost_at, frozen: live.database.lost_at, attempt: live.database.attempt, retry: Math.max(0, live.database.retry_at - now), back: null };
    return { lost: null, back: performance.now() < live.backUntil ? live.backCount : null };
  };

  wall.feedSilent = (feed) => feed.expected_every_s !== null && feed.newest_at !== null && wall.now() - feed.newest_at > feed.expected_every_s;
  // how fresh a panel is: the oldest of the feeds it rests on, and of the computing itself
  wall.freshness = function (thing) {
    const feeds = (thing.feeds || []).map((name) => wall.parts.feeds.find((feed) => feed.name === name)).filter(Boolean);
    const times = feeds.map((feed) => feed.newest_at).filter((time) => time !== null);
    if (thing.at !== null && thing.at !== undefined) times.push(thing.at);
    // what is told the moment it changes is as old as the last time the server could ask
    if (thing.live && live.good !== null) times.push(live.good);
    const silent = feeds.filter(wall.feedSilent).sort((one, other) => one.newest_at - other.newest_at)[0];
    const at = times.length ? Math.min(...times) : null;
    if (!silent) return { stale: false, at };
    return { stale: true, at, feed: silent, chip: wall.text("stale.chip", { time: wall.duration(wall.now() - silent.newest_at) }) };
  };

  function heard(event) {
    const wasLost = wall.health().lost;
    live.heard = performance.now();
    live.attempt = 0;
    if (event.lastEventId) live.lastId = event.lastEventId;
    return wasLost;
  }
  live.connect = function () {
    if (live.source) live.source.close();
    live.attempt += 1;
    const url = new URL("/live/" + wall.screen, location.href);
    if (live.lastId) url.searchParams.set("last_event_id", live.lastId);
    for (const [kind, id] of Object.entries(wall.parts.records)) if (id !== null) url.searchParams.set("after_" + kind, id);
    const source = (live.source = new EventSource(url));
    live.openedAt = performance.now();
    source.addEventListener("parts", (event) => {
      const message = JSON.parse(event.data);
      const wasLost = heard(event);
      if (message.ground && wall.ground && message.ground !== wall.ground.version) return location.reload();
      Object.assign(wall.parts, message.parts);
      if (live.good === null || message.at > live.good) live.good = message.at;
      if (message.back !== undefined && wasLost) { live.backCount = message.back; live.backUntil = performance.now() + BACK_S * 1000; }
      wall.arrived(Object.keys(message.parts));
    });
    source.addEventListener("incidents", (event) => { heard(event); wall.incidentsArrived(JSON.parse(event.data)); });
    source.addEventListener("tick", (event) => {
      const message = JSON.parse(event.data);
      heard(event);
      live.offset = message.now - performance.now() / 1000;
      const lost = live.database;
      live.database = message.database;
      if (message.feeds) wall.parts.feeds = message.feeds;
      if (!message.database) live.good = message.now;
      if (Boolean(lost) !== Boolean(message.database)) wall.stateChanged();
      wall.ticked();
    });
    source.addEventListener("again", () => { heard({}); live.connect(); });
    source.onerror = () => {
      source.close();
      if (live.source !== source) return;
      live.source = null;
      live.retryAt = performance.now() + 1000 * Math.min(LONGEST_WAIT_S, live.attempt);
    };
  };
  // Called several times a second: connects again when it is time, and cuts a connection that says nothing.
  live.watch = function (passed) {
    const now = performance.now();
    // while this page itself was held up, silence was ours and not the server's
    if (passed > 2) live.heard += (passed - 0.25) * 1000;
    if (!live.source) { if (now >= live.retryAt) live.connect(); return; }
    if (now - Math.max(live.heard, live.openedAt) > SILENT_AFTER_S * 1000) { live.source.close(); live.source = null; live.retryAt = now + 1000 * Math.min(LONGEST_WAIT_S, live.attempt); }
  };
})();
