// The page to label on: one face, a key for each label, saved at once; what is shown is what the server's file says.
import { labelingState, faceToLabel, saveLabel } from "./api.js";
import { $, element } from "./elements.js";
import { colorOf, onThemeChange, setLooks } from "./palette.js";
import { complain, say } from "./told.js";

let state = null; // of the labeling: count, words, ...
let face = null; // the one that is shown
let busy = true; // until its picture is shown: a key meant for one face must not label the next
const given = []; // labels given here, for undo: number of the face, label before, label after

const address = (picture) => `/labeling/pictures/${picture}`;
const place = (number) => `Face ${(number + 1).toLocaleString("en")} of ${state.count.toLocaleString("en")}`;
const inWords = (label) => (label === state.skipped ? "skipped" : label);

// ---- what is shown ----------------------------------------------------------------------------------------------------------------------

function makeButtons() {
  $("words").replaceChildren(...state.words.map((word, at) => {
    const button = element("button", "button");
    button.type = "button";
    button.dataset.word = word;
    button.setAttribute("aria-keyshortcuts", String(at + 1));
    button.append(element("kbd", "", String(at + 1)), element("span", "", word));
    button.addEventListener("click", () => label(word));
    return button;
  }));
  paint();
}

function paint() {
  for (const button of $("words").children) button.style.setProperty("--color", colorOf(button.dataset.word));
}

function showProgress(done) {
  state.done = done;
  $("progress").max = state.count;
  $("progress").value = done;
  $("so-far").textContent = `${done.toLocaleString("en")} of ${state.count.toLocaleString("en")}`;
  document.title = `${$("so-far").textContent} labeled: asdcfer`;
}

function showMoments({ before, after, picture }) {
  const all = [...before, { picture, seconds: 0 }, ...after];
  $("moments").hidden = all.length === 1;
  $("moments").replaceChildren(...all.map(({ picture: number, seconds }) => {
    const item = element("li", seconds === 0 && number === picture ? "now" : "");
    const image = element("img");
    image.src = address(number);
    image.alt = seconds === 0 ? "this face" : `${Math.abs(seconds).toFixed(1)} seconds ${seconds < 0 ? "earlier" : "later"}`;
    item.append(image, seconds === 0 ? "now" : `${seconds > 0 ? "+" : "−"}${Math.abs(seconds).toFixed(1)} s`);
    return item;
  }));
}

function showLabel() {
  for (const button of $("words").children) button.setAttribute("aria-pressed", String(button.dataset.word === face.label));
  $("skip").setAttribute("aria-pressed", String(face.label === state.skipped));
  $("undo").disabled = !given.length;
  $("back").disabled = face.number === 0;
  $("forward").disabled = face.number === state.count - 1;
}

function setBusy(value) {
  busy = value;
  $("labeling").setAttribute("aria-busy", String(value));
}

// Shows a face; `news` is told first to those who do not see the page.
async function show(number, news = "") {
  setBusy(true);
  face = await faceToLabel(number, $("suggested").checked);
  $("face").src = address(face.picture);
  $("face").alt = place(number);
  $("face-name").textContent = face.id;
  showMoments(face);
  showLabel();
  $("suggestion").hidden = !face.suggestion;
  $("suggestion").textContent = face.suggestion ? `A model says: ${face.suggestion}.` : "";
  await $("face").decode().catch(() => { throw new Error("The picture of this face cannot be shown. Skip it, or go on."); });
  say([news, `${place(number)}${face.label ? `: ${inWords(face.label)}` : ""}.`].filter(Boolean).join(" "));
}

// Runs one action at a time; what goes wrong is told, and the page goes on.
async function act(action) {
  if (busy) return;
  setBusy(true);
  try {
    complain(null);
    await action();
  } catch (error) {
    complain(error);
  }
  setBusy(false);
}

// ---- what a person does -----------------------------------------------------------------------------------------------------------------

async function save(number, word, before) {
  try {
    const saved = await saveLabel(number, word, before);
    showProgress(saved.done);
    return saved;
  } catch (error) {
    // The file says something else, or cannot be written: the page shows what it says.
    await show(number).catch(() => {});
    throw error;
  }
}

const label = (word) => act(async () => {
  const { number, label: before } = face;
  const { next } = await save(number, word, before);
  given.push({ number, before, after: word });
  const told = word === state.skipped ? "Skipped." : `Saved ${word}.`;
  if (next === null) await show(number, `${told} All ${state.count.toLocaleString("en")} faces are done; the labels are in ${state.file}.`);
  else await show(next, told);
});

const undo = () => act(async () => {
  const last = given.at(-1);
  if (!last) return;
  await save(last.number, last.before, last.after);
  given.pop();
  await show(last.number, `Took ${inWords(last.after)} back.`);
});

const move = (step) => act(async () => {
  const number = face.number + step;
  if (number >= 0 && number < state.count) await show(number);
});

$("skip").addEventListener("click", () => label(state.skipped));
$("undo").addEventListener("click", undo);
$("back").addEventListener("click", () => move(-1));
$("forward").addEventListener("click", () => move(1));
$("suggested").addEventListener("change", () => act(() => show(face.number)));
onThemeChange(paint);

window.addEventListener("keydown", (event) => {
  if (!state || event.repeat || event.altKey) return;
  if (event.ctrlKey || event.metaKey) {
    if (event.key === "z") {
      event.preventDefault();
      undo();
    }
    return;
  }
  if (!$("keys").checked) return;
  // By its place too: on some keyboards digits want Shift.
  const digit = /^[0-9]$/.exec(event.key)?.[0] ?? /^(?:Digit|Numpad)([0-9])$/.exec(event.code)?.[1];
  if (digit === "0") label(state.skipped);
  else if (digit && state.words[digit - 1]) label(state.words[digit - 1]);
  else if (event.key === "u" || event.key === "Backspace") undo();
  else if (event.key === "ArrowLeft") move(-1);
  else if (event.key === "ArrowRight") move(1);
  else return;
  event.preventDefault();
});

// ---- beginning --------------------------------------------------------------------------------------------------------------------------

async function begin() {
  state = await labelingState();
  setLooks(state.looks);
  makeButtons();
  $("label-file").textContent = state.file;
  $("suggested-box").hidden = !state.suggestions;
  $("labeling").hidden = false;
  showProgress(state.done);
  if (state.next === null) await show(state.count - 1, `All ${state.count.toLocaleString("en")} faces are done; the labels are in ${state.file}.`);
  else await show(state.next);
}

begin().catch(complain).finally(() => {
  setBusy(false);
  document.body.dataset.ready = "true";
});
