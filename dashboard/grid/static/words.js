// Every text the page writes, and how times and distances are told. The catalogue comes with the page.

const WORDS = JSON.parse(document.getElementById("words").textContent);
export const LANGUAGE = document.documentElement.lang.startsWith("zh") ? "zh" : "en";

/** The text `key`, with {name} filled from `values`. A key that is missing shows itself. */
export function t(key, values = {}) {
  const form = WORDS[key];
  if (form === undefined) return key;
  return form.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

export function hasText(key) {
  return key in WORDS;
}

const dayStart = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate());
const daysFrom = (now, date) => Math.round((dayStart(date) - dayStart(now)) / 86400000);

/** 14:02 on this phone's clock. */
export function clock(date) {
  return `${date.getHours()}:${String(date.getMinutes()).padStart(2, "0")}`;
}

/** 11月28日, of another year 2025年11月28日. */
function calendarDay(date, now) {
  const key = date.getFullYear() === now.getFullYear() ? "when.date" : "when.date_year";
  return t(key, { year: date.getFullYear(), month: date.getMonth() + 1, date: date.getDate() });
}

/** A moment as people say it: 今日 17:00, 明日 9:00, 11月28日 8:00. */
export function moment(when, now = new Date()) {
  const date = new Date(when);
  const days = daysFrom(now, date);
  const key = { "-1": "when.yesterday_at", 0: "when.today_at", 1: "when.tomorrow_at" }[days];
  if (key) return t(key, { time: clock(date) });
  return t("when.at", { day: calendarDay(date, now), time: clock(date) });
}

/** A day as people say it: 今日, 明日, 本周五, 11月28日. `day` is YYYY-MM-DD or a moment. */
export function day(value, now = new Date()) {
  const date = /^\d{4}-\d\d-\d\d$/.test(value) ? new Date(`${value}T12:00:00`) : new Date(value);
  const days = daysFrom(now, date);
  if (days === 0) return t("when.today");
  if (days === 1) return t("when.tomorrow");
  const names = LANGUAGE === "zh" ? [...t("when.days")] : t("when.days").split(" ");
  const weekday = (moment) => (moment.getDay() + 6) % 7;
  if (days > 1 && weekday(now) + days <= 6) return t("when.weekday", { day: names[date.getDay()] });
  return calendarDay(date, now);
}

/** How long: 41分钟, 5小时, 3天. */
export function span(milliseconds) {
  const minutes = Math.max(1, Math.round(milliseconds / 60000));
  if (minutes < 60) return t("span.minutes", { count: minutes });
  if (minutes < 48 * 60) return t("span.hours", { count: Math.round(minutes / 60) });
  return t("span.days", { count: Math.round(minutes / 1440) });
}

/** Metres on the ground between two points (lon, lat), good for a few kilometres. */
export function metresBetween(a, b) {
  const shrink = Math.cos((((a.lat + b.lat) / 2) * Math.PI) / 180);
  return Math.hypot((a.lon - b.lon) * shrink, a.lat - b.lat) * 111195;
}
