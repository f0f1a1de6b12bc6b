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
const left = (seconds) => {
  const [size, unit] = [[86400, "day"], [3600, "hour"], [60, "minute"]].find(([size]) => seconds >= size) || [0, ""];
  const number = Math.floor(seconds / size);
  return unit ? `${number} ${unit}${number === 1 ? "" : "s"} left` : "less than a minute left";
};
const showTimes = () => {
  for (const time of document.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    const seconds = (moment - Date.now()) / 1000;
    const local = moment.toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
    time.title ||= time.textContent;
    time.textContent = "end" in time.dataset && seconds > 0 ? `${local} (${left(seconds)})` : local;
  }
};
showTimes();
setInterval(showTimes, 30000);
const waiting = document.querySelector("[data-state-url]");
if (waiting) {
  const { stateUrl, openUrl, state, status } = waiting.dataset;
  const startedAt = Date.now() - Number(waiting.dataset.elapsed) * 1000;
  const bar = waiting.querySelector("progress");
  const time = waiting.querySelector("time:not([datetime])");
  const slow = waiting.querySelector("[data-slow]");
  const showElapsed = () => {
    const seconds = Math.round((Date.now() - startedAt) / 1000);
    if (bar) bar.value = seconds;
    if (slow) slow.hidden = seconds < Number(slow.dataset.slow);
    if (time) time.textContent = seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  };
  showElapsed();
  setInterval(showElapsed, 1000);
  let delay = 2000;
  const poll = async () => {
    try {
      const response = await fetch(stateUrl, { headers: { Accept: "application/json" }, cache: "no-store" });
      const found = response.ok ? await response.json() : { state };
      if (status === "starting" && found.status === "stopped") {
        // Opening it would start it again, and again after that.
        const ended = document.querySelector("[data-ended]");
        document.title = document.querySelector("h1").textContent = ended.dataset.ended;
        waiting.hidden = true;
        ended.hidden = false;
        return;
      }
      if (found.state !== state || [401, 404].includes(response.status)) return location.replace(openUrl);
    } catch { /* the network is unavailable: try again */ }
    delay = Math.min(delay * 1.3, 20000);
    setTimeout(poll, delay * (0.8 + Math.random() * 0.4));
  };
  setTimeout(poll, delay);
}
