// Small parts that every view builds from.

import { t } from "./words.js";

/** Make an element: h("button", {class: "x", onclick: f}, "text", child). Nothing is ever parsed as HTML. */
export function h(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** The number of a list's row: a disc for a task, a square for an alert. */
export function numberMark(item) {
  return h("span", { class: item.level ? `number alert level-${item.level}` : "number" }, String(item.number));
}

/** A page above the tabs: a bar with a way back, and its content. */
export function sheet(title, onBack, ...content) {
  return h("section", { class: "sheet" },
    h("header", { class: "bar" },
      h("button", { class: "back", "aria-label": t("back"), onclick: onBack }, "‹"),
      h("h1", {}, title)),
    h("div", { class: "scroll" }, ...content));
}

/** A row of facts: name at the left, value at the right. */
export function fact(name, value) {
  return h("div", { class: "fact" }, h("span", { class: "second" }, name), h("span", {}, value));
}

export function heading(title, right = "") {
  return h("div", { class: "heading" }, h("h2", {}, title), right ? h("span", { class: "second" }, right) : null);
}
