// What a designer would send back: text boxes that overlap, text that is cut, text under one rem. Returns sentences.
() => {
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const found = [], boxes = [];
  const visible = (element) => { const style = getComputedStyle(element); return style.visibility !== "hidden" && style.display !== "none" && Number(style.opacity) > 0; };
  const walker = document.createTreeWalker(document.getElementById("wall"), NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const text = node.textContent.trim(), element = node.parentElement;
    if (!text || !element || !element.getClientRects().length || !visible(element)) continue;
    if (element.closest("script, style, .maplibregl-ctrl, .modebar")) continue;
    const size = parseFloat(getComputedStyle(element).fontSize);
    if (size < rem - 0.05) found.push(`small: ${text} (${(size / rem).toFixed(2)} rem)`);
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const rect of range.getClientRects()) {
      if (rect.width < 1) continue;
      // line boxes are taller than their characters: keep the middle three fifths
      const pad = rect.height * 0.2;
      boxes.push({ text, left: rect.left + 0.5, right: rect.right - 0.5, top: rect.top + pad, bottom: rect.bottom - pad });
      if (rect.left < -1 || rect.right > innerWidth + 1 || rect.top < -1 || rect.bottom > innerHeight + 1) found.push(`off screen: ${text}`);
      for (let holder = element; holder && holder.id !== "wall"; holder = holder.parentElement) {
        if (holder instanceof SVGElement) { if (holder.tagName !== "svg") continue; }
        const style = getComputedStyle(holder);
        if (style.overflowX === "visible" && style.overflowY === "visible") continue;
        const frame = holder.getBoundingClientRect();
        if (rect.right > frame.right + 1 || rect.left < frame.left - 1 || rect.top + pad < frame.top - 1 || rect.bottom - pad > frame.bottom + 1) { found.push(`cut: ${text}`); break; }
      }
    }
  }
  for (let one = 0; one < boxes.length; one++) for (let other = one + 1; other < boxes.length; other++) {
    const a = boxes[one], b = boxes[other];
    if (a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom) found.push(`overlap: ${a.text} / ${b.text}`);
  }
  return [...new Set(found)];
}
