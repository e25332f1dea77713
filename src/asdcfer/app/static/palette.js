// How expressions look. The server tells it (one palette for pictures, charts and files); color is never the only clue: names and dashes go with it.
let looks = {};
const dark = matchMedia("(prefers-color-scheme: dark)");

export const setLooks = (told) => { looks = told; };
export const isDark = () => dark.matches;
export const onThemeChange = (changed) => dark.addEventListener("change", changed);

const lookOf = (expression) => looks[expression] ?? looks.uncertain ?? { light: "#5a5a5a", dark: "#c3c9d0", dash: [5, 4] };
export const colorOf = (expression) => lookOf(expression)[dark.matches ? "dark" : "light"];
export const colorOnPicture = (expression) => lookOf(expression).dark;
export const dashesOf = (expression) => lookOf(expression).dash;
export const percent = (share) => `${Math.round(share * 100)} %`;

// Black or white, whichever has the greater contrast to the color (WCAG 2.2).
export function inkOn(color) {
  const [red, green, blue] = [1, 3, 5]
    .map((at) => parseInt(color.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return (luminance + 0.05) / 0.05 > 1.05 / (luminance + 0.05) ? "#000000" : "#ffffff";
}

const UNREADABLE = ["too small", "turned away", "blurred"];

// What the page says of a face: as the server names it under the limits that the page sends with its sums.
export function answerOf(face, { threshold, maxYaw, minSharpness }) {
  const [best, share] = Object.entries(face.scores).reduce((top, entry) => (entry[1] > top[1] ? entry : top), ["", -1]);
  let status = "ok";
  if (UNREADABLE.includes(face.status)) status = face.status;
  else if (maxYaw !== null && Math.abs(face.yaw ?? 0) > maxYaw) status = "turned away";
  else if (minSharpness !== null && (face.sharpness ?? Infinity) < minSharpness) status = "blurred";
  else if (share < threshold) status = "uncertain";
  const uncertain = status !== "ok";
  return { best, share, status, uncertain, expression: uncertain ? "uncertain" : best };
}
