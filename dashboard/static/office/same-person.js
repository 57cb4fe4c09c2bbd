// 疑似同一人 by keyboard: J and K walk the list, 1, 2 and Z press the buttons; after a decision the next pair is chosen.
(function () {
  "use strict";
  const ROWS = "same-person-rows";
  const BUTTONS = { 1: "same-person-one", 2: "same-person-two", z: "same-person-back", Z: "same-person-back" };
  const grid = () => (document.getElementById(ROWS) && window.dash_ag_grid ? dash_ag_grid.getApi(ROWS) : null);

  function move(step) {
    const api = grid();
    const count = api?.getDisplayedRowCount() || 0;
    if (!count) return;
    const [chosen] = api.getSelectedNodes();
    const place = chosen ? Math.min(count - 1, Math.max(0, chosen.rowIndex + step)) : 0;
    const node = api.getDisplayedRowAtIndex(place);
    node.setSelected(true, true);
    api.ensureNodeVisible(node);
  }

  document.addEventListener("keydown", (event) => {
    if (!document.getElementById(ROWS) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) && event.target.type !== "radio") return;
    if (event.key === "j" || event.key === "J") move(1);
    else if (event.key === "k" || event.key === "K") move(-1);
    else if (BUTTONS[event.key]) {
      const button = document.getElementById(BUTTONS[event.key]);
      if (button && !button.disabled) button.click();
    } else return;
    event.preventDefault();
  });

  // a pair that was decided leaves the list; the one that took its place is chosen
  let place = 0;
  setInterval(() => {
    const api = grid();
    if (!api) return;
    const [chosen] = api.getSelectedNodes();
    if (chosen) place = chosen.rowIndex;
    else if (api.getDisplayedRowCount()) api.getDisplayedRowAtIndex(Math.min(place, api.getDisplayedRowCount() - 1)).setSelected(true, true);
  }, 150);
})();
