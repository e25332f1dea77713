// Colors of Okabe and Ito: told apart with every common kind of color blindness. Color is never the only clue: names and dashes go with it.
const COLORS = {
  angry: "#d55e00", disgust: "#009e73", fear: "#cc79a7", happy: "#e69f00",
  sad: "#0072b2", surprise: "#56b4e9", neutral: "#5b626b", contempt: "#f0e442",
};
const DASHES = {
  angry: [], disgust: [7, 3], fear: [2, 3], happy: [], sad: [7, 3], surprise: [2, 3], neutral: [10, 3, 2, 3], contempt: [4, 2],
};
const UNCERTAIN = "#c3c9d0";

export const colorOf = (expression) => COLORS[expression] ?? UNCERTAIN;
export const dashesOf = (expression) => DASHES[expression] ?? [5, 4];
export const percent = (share) => `${Math.round(share * 100)} %`;

// Black or white, whichever reads better on the color.
export function inkOn(color) {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16) / 255);
  return 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 ? "#10151b" : "#ffffff";
}

// What the page says of a face: the server's best guess, or "uncertain" under the slider's threshold.
export function answerOf(face, threshold) {
  const [best, share] = Object.entries(face.scores).reduce((top, entry) => (entry[1] > top[1] ? entry : top), ["", -1]);
  const uncertain = face.confidence < threshold || face.expression === "uncertain"; // the server says so of faces that are too small
  return { best, share, uncertain, expression: uncertain ? "uncertain" : best, color: uncertain ? UNCERTAIN : colorOf(best) };
}
