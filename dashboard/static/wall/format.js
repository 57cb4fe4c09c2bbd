// Ages, durations and times as a wall says them. Texts come from the catalogue (dashboard/texts/wall.yml), times are epoch seconds.
(function () {
  "use strict";
  const wall = (window.wall = window.wall || {});
  wall.texts = {};
  wall.timezone = "Asia/Shanghai";

  wall.text = function (key, values) {
    const form = wall.texts[key];
    if (form === undefined) throw new Error("no text " + key);
    return form.replace(/\{(\w+)\}/g, (_, name) => (values || {})[name]);
  };

  let parts = null;
  function fields(time) {
    parts = parts || new Intl.DateTimeFormat("en-GB", {
      timeZone: wall.timezone, hour12: false, year: "numeric", month: "numeric", day: "numeric",
      hour: "2-digit", minute: "2-digit", second: "2-digit", weekday: "short",
    });
    const found = {};
    for (const part of parts.formatToParts(new Date(time * 1000))) found[part.type] = part.value;
    if (found.hour === "24") found.hour = "00";
    return found;
  }
  wall.setTimezone = function (name) { wall.timezone = name; parts = null; };
  wall.clock = function (time) { const f = fields(time); return f.hour + ":" + f.minute + ":" + f.second; };
  wall.hourMinute = function (time) { const f = fields(time); return Number(f.hour) + ":" + f.minute; };
  wall.hour = function (time) { return Number(fields(time).hour); };
  wall.secondOfHour = function (time) { const f = fields(time); return Number(f.minute) * 60 + Number(f.second); };
  wall.day = function (time) { const f = fields(time); return f.year + "-" + f.month + "-" + f.day; };
  wall.date = function (time) {
    const f = fields(time);
    return wall.text("date", { month: Number(f.month), day: Number(f.day), month_name: wall.text("month." + Number(f.month)), weekday: wall.text("weekday." + f.weekday) });
  };
  // when it happened, seen from `now`: 6秒前, 4分钟前, 今日2:10, 昨日2:10, 11月20日
  wall.age = function (time, now) {
    const seconds = Math.max(0, Math.floor(now - time));
    if (seconds < 60) return wall.text("age.seconds", { n: seconds });
    if (seconds < 3600) return wall.text("age.minutes", { n: Math.floor(seconds / 60) });
    return wall.dayTime(time, now);
  };
  wall.monthDay = function (time) {
    const f = fields(time);
    return wall.text("age.date", { month: Number(f.month), day: Number(f.day), month_name: wall.text("month." + Number(f.month)) });
  };
  // the same without counting: 今日2:10, 昨日2:10, 11月20日
  wall.dayTime = function (time, now) {
    if (wall.day(time) === wall.day(now)) return wall.text("age.today", { time: wall.hourMinute(time) });
    if (wall.day(time) === wall.day(now - 86400)) return wall.text("age.yesterday", { time: wall.hourMinute(time) });
    return wall.monthDay(time);
  };
  // how long: 6秒, 41分钟, 1小时12分, 2天3小时; `exact` keeps the seconds of minutes: 2分12秒
  wall.duration = function (seconds, exact) {
    const whole = Math.max(0, Math.floor(seconds));
    const minutes = Math.floor(whole / 60), hours = Math.floor(minutes / 60), days = Math.floor(hours / 24);
    if (whole < 60) return wall.text("duration.seconds", { n: whole });
    if (whole < 3600 && exact) return wall.text("duration.minutes_seconds", { m: minutes, s: whole % 60 });
    if (whole < 3600) return wall.text("duration.minutes", { n: minutes });
    if (hours < 24) return wall.text("duration.hours", { h: hours, m: String(minutes % 60).padStart(2, "0") });
    return wall.text("duration.days", { d: days, h: hours % 24 });
  };
  wall.countdown = function (seconds) {
    const whole = Math.max(0, Math.ceil(seconds));
    return Math.floor(whole / 60) + ":" + String(whole % 60).padStart(2, "0");
  };
  // one rem in pixels: what the look's measures at 1080 lines are multiplied by is rem / 20
  wall.rem = function () { return parseFloat(getComputedStyle(document.documentElement).fontSize); };
})();
