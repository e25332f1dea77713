// The list beside the picture: one card a face, its answer and a bar for every score.
import { answerOf, colorOf, percent } from "./palette.js";

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

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
    track.firstChild.style.setProperty("--color", colorOf(name));
    bar.append(track);
    row.append(head, bar, element("td", "value"));
    body.append(row);
  }
  table.append(body);
  card.append(title, element("p", "remark"), table);
  return card;
}

function fill(card, face, chosen, threshold) {
  const answer = answerOf(face, threshold);
  card.classList.toggle("chosen", chosen);
  card.classList.toggle("uncertain", answer.uncertain);
  card.style.setProperty("--color", answer.color);
  card.querySelector(".number").textContent = `Face ${face.id + 1}`;
  card.querySelector(".answer").textContent = answer.expression;
  card.querySelector(".share").textContent = answer.uncertain ? "" : percent(answer.share);
  card.querySelector("button").setAttribute("aria-pressed", String(chosen));
  const remark = card.querySelector(".remark");
  const closest = `closest is ${answer.best} with ${percent(answer.share)}.`;
  const small = face.status === "too small";
  remark.textContent = small ? `This face is too small to be sure; ${closest}` : answer.uncertain ? `No expression reaches ${percent(threshold)}; ${closest}` : "";
  remark.hidden = !remark.textContent;
  for (const row of card.querySelectorAll("tr")) {
    const share = face.scores[row.dataset.expression] ?? 0;
    row.classList.toggle("leads", row.dataset.expression === answer.best);
    row.querySelector(".track div").style.setProperty("--share", share);
    row.querySelector(".value").textContent = percent(share);
  }
}

// Cards are kept and refilled, so that focus stays where it was while a video plays.
export function showFaces(list, faces, { expressions, chosen, threshold, onChoose }) {
  const kept = new Map([...list.children].map((card) => [Number(card.dataset.face), card]));
  const wanted = faces.map((face) => {
    const card = kept.get(face.id) ?? newCard(face.id, expressions, onChoose);
    kept.delete(face.id);
    fill(card, face, face.id === chosen && faces.length > 1, threshold);
    return card;
  });
  for (const card of kept.values()) card.remove();
  wanted.forEach((card, index) => {
    if (list.children[index] !== card) list.insertBefore(card, list.children[index] ?? null);
  });
}
