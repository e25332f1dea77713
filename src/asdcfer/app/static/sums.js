// Persons and events as the server finds them, asked for anew when the reader changes what they depend on.
import { summarize } from "./api.js";
import { $ } from "./elements.js";
import { complainOfOptions, eventOptions } from "./events_panel.js";
import { limitsOfFaces, people, state } from "./state.js";
import { requestOf } from "./summary.js";
import { complain, tell } from "./told.js";

const PATIENCE = 150; // milliseconds without a further change
let asked = { timer: 0, work: new AbortController(), version: 0 };

export function currentRequest() {
  const { name, records } = state.open;
  return requestOf({ name, records, names: people.toNames(), limits: limitsOfFaces(), events: eventOptions() });
}

export function stopSums() {
  clearTimeout(asked.timer);
  asked.work.abort();
}

export function sumUp() {
  stopSums();
  const { kind, reading } = state.open;
  if (!["photo", "video"].includes(kind) || reading || !people.seen.size) return;
  asked = { timer: setTimeout(sumUpNow, PATIENCE), work: new AbortController(), version: asked.version + 1 };
}

async function sumUpNow() {
  const { version, work: { signal } } = asked;
  const summed = state.open;
  try {
    const found = await summarize(currentRequest(), signal);
    if (state.open !== summed || signal.aborted) return;
    summed.summary = { ...found, version };
    complainOfOptions(null);
  } catch (error) {
    if (error.name === "AbortError" || state.open !== summed) return;
    complainOfOptions(error.message);
  }
  state.refresh();
}

// Renames, joins or separates a person; what cannot be is said beside the list, and nothing changes.
export function changePeople(key, change) {
  const before = people.groups();
  const used = document.activeElement;
  complain(null, "people-error");
  try {
    change(before.find((group) => group.key === key));
    const now = people.groups();
    const group = now.find((one) => one.ids.has(key));
    if (now.length < before.length) tell(`${group.name} is now ${group.faces.length} faces.`);
    else if (now.length > before.length) tell("The faces are separate persons again.");
    else tell(`This person is called ${group.name}.`);
  } catch (error) {
    complain(error, "people-error");
  }
  for (const input of $("people").querySelectorAll("input")) {
    const group = people.groups().find((one) => one.key === Number(input.closest(".person").dataset.key));
    if (group) input.value = group.name;
  }
  state.refresh();
  sumUp();
  // What was used may be gone, with the row of a person who is another one now.
  if (used !== document.body && !used.checkVisibility()) $(`name-${people.groupOf(key).key}`)?.focus();
}
