// The list beside the picture: one card a face, its answer and a bar for every score.
import { element } from "./elements.js";
import { answerOf, colorOf, percent } from "./palette.js";

function newCard(id, expressions, onChoose) {
  const card = element("li", "face");
  card.dataset.face = id;
  const title = element("h3");
  const button = element("button");
  button.type = "button";
  button.append(element("span", "number"), element("span", "answer"), element("span", "share"));
  button.addEventListener("click", () => onChoose(id));
  title.append(button);
  const table = element("table", "scores");
  const body = element("tbody");
  for (const name of expressions) {
    const row = element("tr");
    row.dataset.expression = name;
    const head = element("th", "", name);
    head.scope = "row";
    const bar = element("td");
    const track = element("div", "track");
    track.setAttribute("aria-hidden", "true");
    track.append(element("div"));
    bar.append(track);
    row.append(head, bar, element("td", "value"));
    body.append(row);
  }
  table.append(body);
  card.append(title, element("p", "remark"), table, element("p", "quality"));
  return card;
}

const degrees = (value, more, less) => `${Math.abs(Math.round(value))}° ${value >= 0 ? more : less}`;

// What could be measured of the picture of a face, in words.
export function qualityOf({ detection_score: detection, yaw, pitch, roll, sharpness, interocular }) {
  const known = (value) => value !== undefined && value !== null;
  return [
    known(detection) && `detector ${percent(detection)}`,
    known(yaw) && `turned ${degrees(yaw, "right", "left")}`,
    known(pitch) && `looking ${degrees(pitch, "up", "down")}`,
    known(roll) && `tilted ${degrees(roll, "clockwise", "counterclockwise")}`,
    known(sharpness) && `sharpness ${sharpness.toFixed(2)}`,
    known(interocular) && `eyes ${Math.round(interocular)} pixels apart`,
  ].filter(Boolean).join(", ");
}

function remarkOf(face, answer, { threshold }) {
  const closest = `closest is ${answer.best} with ${percent(answer.share)}.`;
  return {
    ok: "",
    uncertain: `No expression reaches ${percent(threshold)}; ${closest}`,
    "too small": `This face is too small to be sure; ${closest}`,
    "turned away": `This face is turned away too far to be sure; ${closest}`,
    blurred: `This face is too blurred to be sure; ${closest}`,
  }[answer.status];
}

function fill(card, face, { chosen, name, limits }) {
  const answer = answerOf(face, limits);
  card.classList.toggle("chosen", chosen);
  card.classList.toggle("uncertain", answer.uncertain);
  card.style.setProperty("--color", colorOf(answer.expression));
  card.querySelector(".number").textContent = name;
  card.querySelector(".answer").textContent = answer.expression;
  card.querySelector(".share").textContent = answer.uncertain ? "" : percent(answer.share);
  card.querySelector("button").setAttribute("aria-pressed", String(chosen));
  card.querySelector("table").setAttribute("aria-label", `Scores of ${name}`);
  const remark = card.querySelector(".remark");
  remark.textContent = remarkOf(face, answer, limits);
  remark.hidden = !remark.textContent;
  for (const row of card.querySelectorAll("tr")) {
    const { expression } = row.dataset;
    const share = face.scores[expression] ?? 0;
    row.classList.toggle("leads", expression === answer.best);
    const bar = row.querySelector(".track div");
    bar.style.setProperty("--share", share);
    bar.style.setProperty("--color", colorOf(expression));
    row.querySelector(".value").textContent = percent(share);
  }
  card.querySelector(".quality").textContent = qualityOf(face);
}

// Cards are kept and refilled, so that focus stays where it was while a video plays.
export function showFaces(list, faces, { expressions, chosen, nameOf, limits, onChoose }) {
  const kept = new Map([...list.children].map((card) => [Number(card.dataset.face), card]));
  const wanted = faces.map((face) => {
    const card = kept.get(face.id) ?? newCard(face.id, expressions, onChoose);
    kept.delete(face.id);
    fill(card, face, { chosen: face.id === chosen && faces.length > 1, name: nameOf(face.id), limits });
    return card;
  });
  for (const card of kept.values()) card.remove();
  wanted.forEach((card, index) => {
    if (list.children[index] !== card) list.insertBefore(card, list.children[index] ?? null);
  });
}
