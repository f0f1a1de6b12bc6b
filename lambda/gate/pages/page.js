"use strict";
const list = document.querySelector("[data-list-url]");
// The rows as the server wrote them, before the script changes times and buttons.
const asWritten = new Map([...(list?.children ?? [])].map((row) => [row, row.outerHTML]));
const tell = (words) => { document.querySelector(".unseen[role=status]").textContent = words; };
const showCopying = () => {
  document.body.classList.toggle("copies", "clipboard" in navigator);
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = !("clipboard" in navigator);
};
showCopying();
document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy]");
  if (!button) return;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    document.body.classList.remove("copies"); // denied: the addresses are shown instead
    return;
  }
  const words = button.firstChild;
  button.dataset.label ??= words.data;
  button.style.minWidth = `${button.offsetWidth}px`;
  words.data = "Copied";
  tell(button.dataset.copied);
  setTimeout(() => { words.data = button.dataset.label; }, 2000);
});
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
// The pauses between polls, in milliseconds.
const longer = (delay) => Math.min(delay * 1.3, 20000);
const jittered = (delay) => delay * (0.8 + Math.random() * 0.4);
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
  // A notebook that runs is noticed within two seconds. Decisions, slow starts and services that refuse can wait longer.
  const SOON = 1500;
  let delay = SOON;
  let wasRefused = false;
  const poll = async () => {
    try {
      const response = await fetch(stateUrl, { headers: { Accept: "application/json" }, cache: "no-store" });
      wasRefused ||= !response.ok;
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
    } catch {
      wasRefused = true; // the network is unavailable: try again
    }
    const isSoon = status === "starting" && slow.hidden && !wasRefused && !document.hidden;
    delay = isSoon ? SOON : longer(delay);
    setTimeout(poll, jittered(delay));
  };
  setTimeout(poll, delay);
}
if (list) {
  const SOON = 5000;
  const RARELY = 300000;
  let delay = SOON;
  let timer;
  let shownAt = Date.now();
  const get = (url, type) => fetch(url, { headers: { Accept: type }, cache: "no-store", redirect: "manual" });
  const show = (fresh) => {
    const before = new Map([...list.children].map((row) => [row.dataset.notebook, row]));
    const news = [];
    const rows = fresh.map((row) => {
      const old = before.get(row.dataset.notebook);
      // A state that could not be found out this time does not replace one that is known.
      if (old && (asWritten.get(old) === row.outerHTML || "unknown" in row.dataset)) return old;
      asWritten.set(row, row.outerHTML);
      if (old?.dataset.news !== row.dataset.news) news.push(row.dataset.news);
      return row;
    });
    const { act } = document.activeElement.dataset;
    const place = document.activeElement.closest("[data-notebook]")?.dataset.notebook;
    for (const row of [...list.children]) if (!rows.includes(row)) row.remove();
    rows.forEach((row, index) => { if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null); });
    showCopying();
    showTimes();
    if (news.length) {
      tell(`${news.join(". ")}.`);
      delay = SOON;
    }
    if (!place || list.contains(document.activeElement)) return;
    // Another action must not come under the finger: if the old one is gone, the row has the focus.
    const row = rows.find((each) => each.dataset.notebook === place);
    const next = row?.querySelector(`[data-act="${act}"]`) ?? row;
    if (next === row) row?.setAttribute("tabindex", "-1");
    next?.focus({ preventScroll: true });
  };
  const refresh = async () => {
    const response = await get(list.dataset.listUrl, "text/html");
    if (response.type === "opaqueredirect" || response.status === 401) return location.reload(); // to the sign-in
    if (!response.ok) return;
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    const found = fresh.querySelector("[data-list-url]");
    const who = (of) => of.querySelector(".who")?.textContent;
    // The last notebook is gone, or somebody else has signed in, whose notebooks these are.
    if (!found || who(fresh) !== who(document)) return location.reload();
    shownAt = Date.now();
    show([...found.children]);
  };
  const hasChanged = async (row) => {
    const response = await get(row.dataset.pollUrl, "application/json");
    if (response.status >= 400 && response.status < 500) return true;
    return response.ok && (await response.json()).status !== row.dataset.status;
  };
  const follow = async () => {
    const changing = [...list.querySelectorAll("[data-poll-url]")];
    try {
      const isOld = !changing.length || Date.now() - shownAt >= RARELY;
      if (isOld || (await Promise.all(changing.map(hasChanged))).includes(true)) await refresh();
    } catch { /* the network is unavailable: try again */ }
    delay = longer(delay);
    plan();
  };
  const plan = () => {
    clearTimeout(timer);
    if (document.hidden) return;
    const changing = list.querySelector("[data-poll-url], [data-unknown]");
    timer = setTimeout(follow, changing ? jittered(delay) : RARELY);
  };
  document.addEventListener("visibilitychange", async () => {
    delay = SOON;
    try {
      if (!document.hidden && Date.now() - shownAt >= SOON) await refresh();
    } catch { /* the network is unavailable: try again */ }
    plan();
  });
  plan();
}
