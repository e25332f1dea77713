// When an event begins and ends, and the list of events: each leads to its place in the video.
import { $, element } from "./elements.js";
import { colorOf, percent } from "./palette.js";
import { clock } from "./timeline.js";

const MOST_EVENTS = 500;
const IN_PERCENT = ["begin", "end"];
const FIELDS = ["begin", "end", "shortest", "gap"];

const fieldOf = (name) => $(`event-${name}`);

export function setEventOptions(options) {
  for (const name of FIELDS) fieldOf(name).value = IN_PERCENT.includes(name) ? Math.round(options[name] * 100) : options[name];
}

// The options as the server takes them; fields that hold no number are left to it.
export function eventOptions() {
  const read = FIELDS.map((name) => [name, fieldOf(name).valueAsNumber / (IN_PERCENT.includes(name) ? 100 : 1)]);
  return Object.fromEntries(read.filter(([, value]) => Number.isFinite(value)));
}

// Says beside the fields what is wrong with them; null takes it away.
export function complainOfOptions(text) {
  $("event-error").textContent = text ?? "";
  $("event-error").hidden = !text;
  for (const name of FIELDS) fieldOf(name).setAttribute("aria-invalid", String(Boolean(text)));
}

function rowOf(event, onSeek) {
  const row = element("tr");
  const when = element("td", "when");
  const button = element("button", "seek", clock(event.start));
  button.type = "button";
  button.setAttribute("aria-label", `Go to ${clock(event.start)}: ${event.person}, ${event.expression}`);
  button.addEventListener("click", () => onSeek(event));
  when.append(button);
  const expression = element("td");
  const swatch = element("span", "swatch");
  swatch.setAttribute("aria-hidden", "true");
  swatch.style.setProperty("--color", colorOf(event.expression));
  expression.append(swatch, event.expression);
  row.append(when, element("td", "until", clock(event.end)), element("td", "who", event.person), expression, element("td", "mean", percent(event.mean)));
  return row;
}

// The focus stays in the table: on the same event, or on the one that took its place.
function refill(rows) {
  const before = [...document.querySelectorAll("#event-rows .seek")];
  const at = before.indexOf(document.activeElement);
  const label = document.activeElement?.getAttribute("aria-label");
  $("event-rows").replaceChildren(...rows);
  if (at < 0) return;
  const buttons = [...document.querySelectorAll("#event-rows .seek")];
  const same = buttons.find((button) => button.getAttribute("aria-label") === label);
  (same ?? buttons[Math.min(at, buttons.length - 1)] ?? $("event-begin")).focus();
}

// Lists events; null where they are not known yet.
export function showEvents(found, onSeek) {
  const events = found ?? [];
  const shown = [...events].sort((one, other) => one.start - other.start).slice(0, MOST_EVENTS);
  refill(shown.map((event) => rowOf(event, onSeek)));
  $("event-table").hidden = !events.length;
  const more = events.length > MOST_EVENTS ? ` The first ${MOST_EVENTS} are listed; the downloads hold all.` : "";
  const count = events.length === 1 ? "One event" : `${events.length || "No"} events`;
  $("event-count").textContent = found ? `${count}.${more}` : "Events are found when the video has been read.";
}
