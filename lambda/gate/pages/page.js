"use strict";
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  const label = button.textContent;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = label; }, 2000);
  });
}
const waiting = document.querySelector("[data-state-url]");
if (waiting) {
  const { stateUrl, openUrl, state } = waiting.dataset;
  const seen = Date.now() - Number(waiting.dataset.elapsed) * 1000;
  const bar = waiting.querySelector("progress");
  const text = waiting.querySelector("time");
  const tick = () => {
    const seconds = Math.round((Date.now() - seen) / 1000);
    if (bar) bar.value = seconds;
    if (text) text.textContent = seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  };
  tick();
  setInterval(tick, 1000);
  let pause = 2000;
  const look = async () => {
    try {
      const answer = await fetch(stateUrl, { headers: { Accept: "application/json" }, cache: "no-store" });
      const changed = answer.ok && (await answer.json()).state !== state;
      if (changed || answer.status === 401) return location.replace(openUrl);
    } catch { /* the network is away for a moment */ }
    pause = Math.min(pause * 1.3, 20000);
    setTimeout(look, pause * (0.8 + Math.random() * 0.4));
  };
  setTimeout(look, pause);
}
