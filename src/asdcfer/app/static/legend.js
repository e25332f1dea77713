// What the lines of the timeline mean.
import { $, element } from "./elements.js";
import { colorOf, dashesOf } from "./palette.js";

export function showLegend(list, expressions) {
  list.replaceChildren(...expressions.map((name) => {
    const item = element("li");
    const sample = $("line-sample").content.cloneNode(true);
    const line = sample.querySelector("line");
    line.setAttribute("stroke", colorOf(name));
    line.setAttribute("stroke-dasharray", dashesOf(name).join(" "));
    item.append(sample, name);
    return item;
  }));
}
