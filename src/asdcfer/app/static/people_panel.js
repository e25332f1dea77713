// The list of persons: portrait, name to be changed, what they showed, and whom they are joined with.
import { element } from "./elements.js";
import { colorOf, percent } from "./palette.js";

export const MOST_PERSONS = 200; // as index.html says

function newRow(key, handlers) {
  const row = element("li", "person");
  row.dataset.key = key;
  const portrait = element("canvas", "portrait");
  [portrait.width, portrait.height] = [112, 112];
  portrait.setAttribute("aria-hidden", "true");
  const name = element("input", "name");
  Object.assign(name, { type: "text", maxLength: 100, id: `name-${key}`, autocomplete: "off", spellcheck: false });
  name.addEventListener("change", () => handlers.onRename(key, name.value, name));
  const label = element("label", "name-label", "Name ");
  label.append(name);
  const same = element("select", "button same");
  same.addEventListener("change", () => handlers.onMerge(key, Number(same.value)));
  const sameLabel = element("label", "same-label", "Same person as ");
  sameLabel.append(same);
  const separate = element("button", "button separate", "Separate the faces");
  separate.type = "button";
  separate.addEventListener("click", () => handlers.onSeparate(key));
  const stack = element("div", "stack");
  stack.setAttribute("aria-hidden", "true");
  const words = element("div", "words");
  words.append(element("p", "facts"), stack, element("p", "shares"));
  const controls = element("div", "controls");
  controls.append(label, sameLabel, separate);
  row.append(portrait, controls, words);
  return row;
}

const facesInWords = (faces) => (faces.length === 1 ? `face ${faces[0]}` : `faces ${[...faces].sort((one, other) => one - other).join(", ")}`);

// The faces of a person, and how many of their frames count; of a photo there is one.
function factsOf({ faces, frames }, counts, moving) {
  const said = [facesInWords(faces)];
  if (!moving) return said[0];
  if (!counts) return `${said[0]}, ${frames === 1 ? "one frame" : `${frames} frames`}`;
  said.push(`${counts.seconds.toFixed(1)} s usable`);
  const rest = [[counts.uncertain, "uncertain"], [counts.other, "too small, turned away or blurred"]].filter(([number]) => number);
  if (rest.length) said.push(`${rest.map(([number, word]) => `${number} ${word}`).join(", ")} frames`);
  return said.join("; ");
}

function fill(row, group, groups, counts, moving) {
  const name = row.querySelector(".name");
  if (document.activeElement !== name) name.value = group.name;
  name.setAttribute("aria-label", `Name of ${facesInWords(group.faces)}`);
  const same = row.querySelector(".same");
  same.setAttribute("aria-label", `${group.name} is the same person as`);
  const others = groups.filter((one) => one.key !== group.key);
  const wanted = ["–", ...others.map((one) => one.name)].join("\n");
  if (same.dataset.names !== wanted) {
    same.dataset.names = wanted;
    same.replaceChildren(new Option("–", -1), ...others.map((one) => new Option(one.name, one.key)));
  }
  same.value = "-1";
  row.querySelector(".same-label").hidden = !moving || !others.length; // two faces of one photo are two persons
  const separate = row.querySelector(".separate");
  separate.hidden = group.faces.length < 2;
  separate.setAttribute("aria-label", `Separate the faces of ${group.name}`);
  row.querySelector(".facts").textContent = factsOf(group, counts, moving);
  const shares = Object.entries((moving && counts?.share) || {}).filter(([, share]) => share > 0).sort((one, other) => other[1] - one[1]);
  row.querySelector(".stack").replaceChildren(...shares.map(([expression, share]) => {
    const part = element("div");
    part.style.setProperty("--share", share);
    part.style.setProperty("--color", colorOf(expression));
    return part;
  }));
  row.querySelector(".stack").hidden = !shares.length;
  row.querySelector(".shares").textContent = shares.slice(0, 4).map(([expression, share]) => `${expression} ${percent(share)}`).join(", ");
}

// Rows are kept and refilled, so that focus stays where it was. Returns the rows by key.
export function showPeople(list, groups, { summary, moving, ...handlers }) {
  const kept = new Map([...list.children].map((row) => [Number(row.dataset.key), row]));
  const rows = new Map();
  groups.slice(0, MOST_PERSONS).forEach((group, index) => {
    const row = kept.get(group.key) ?? newRow(group.key, handlers);
    kept.delete(group.key);
    fill(row, group, groups, summary?.people.find((one) => one.person === group.name), moving);
    if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null);
    rows.set(group.key, row);
  });
  for (const row of kept.values()) row.remove();
  return rows;
}
