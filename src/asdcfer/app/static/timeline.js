// Scores over time of one person, below it a lane for each person with the events and, thin, the answer of every frame; a cursor moved by pointer or keys.
import { answerOf, colorOf, dashesOf, inkOn, isDark, percent } from "./palette.js";

const EDGE = { right: 12, top: 12, bottom: 22 };
const LANE = { high: 22, event: 14, ribbon: 3 };
const CHART = 130;
const TELLING = 500; // milliseconds
const MOST_LANES = 6;
const FONT = 'system-ui, "Liberation Sans", sans-serif';

export const clock = (seconds) => {
  const minutes = Math.floor(seconds / 60 + 1e-9);
  const rest = Math.max(0, seconds - minutes * 60).toFixed(1);
  return minutes ? `${minutes}:${rest.padStart(4, "0")}` : `${rest} s`;
};

// Index of the last record at or before `time`, or 0.
export function recordAt(records, time) {
  let low = 0;
  let high = records.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (records[middle].time <= time + 1e-3) low = middle;
    else high = middle - 1;
  }
  return low;
}

function tickStep(duration, wide) {
  const most = Math.max(2, Math.floor(wide / 70));
  return [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600].find((step) => duration / step <= most) ?? 1200;
}

function shortened(pen, text, wide) {
  if (pen.measureText(text).width <= wide) return text;
  let length = text.length;
  while (length > 1 && pen.measureText(`${text.slice(0, length)}…`).width > wide) length -= 1;
  return `${text.slice(0, length)}…`;
}

export class Timeline {
  // `onSeek(seconds)` is called when the reader moves the cursor.
  constructor(holder, onSeek) {
    this.holder = holder;
    this.canvas = holder.querySelector("canvas");
    this.onSeek = onSeek;
    Object.assign(this, { told: -TELLING, records: [], groups: [], events: [], duration: 1, time: 0, person: null, expressions: [], limits: { threshold: 0, maxYaw: null, minSharpness: null } });
    holder.addEventListener("pointerdown", (event) => {
      holder.setPointerCapture(event.pointerId);
      this.seekTo(event);
    });
    holder.addEventListener("pointermove", (event) => event.buttons && this.seekTo(event));
    holder.addEventListener("keydown", (event) => this.key(event));
  }

  left(wide) {
    return wide < 480 ? 64 : 92;
  }

  seekTo(event) {
    const box = this.canvas.getBoundingClientRect();
    const left = this.left(box.width);
    const share = (event.clientX - box.left - left) / (box.width - left - EDGE.right);
    this.onSeek(Math.min(1, Math.max(0, share)) * this.duration);
  }

  key(event) {
    if (!this.records.length || event.ctrlKey || event.altKey || event.metaKey) return;
    const at = recordAt(this.records, this.time);
    const frame = (index) => this.records[Math.min(this.records.length - 1, Math.max(0, index))].time;
    const moves = {
      ArrowLeft: () => frame(at - 1), ArrowDown: () => frame(at - 1), ArrowRight: () => frame(at + 1), ArrowUp: () => frame(at + 1),
      PageDown: () => frame(recordAt(this.records, this.time - 1)), PageUp: () => frame(recordAt(this.records, this.time + 1)),
      Home: () => frame(0), End: () => frame(this.records.length - 1),
    };
    if (!(event.key in moves)) return;
    event.preventDefault();
    this.onSeek(moves[event.key]());
  }

  show(changes) {
    Object.assign(this, changes);
    this.draw();
    // While a video plays, some hear every change: twice a second is enough.
    this.telling ??= setTimeout(() => {
      this.telling = null;
      this.describe();
    }, performance.now() - this.told < TELLING ? TELLING : 0);
  }

  faceOf(record, group) {
    return record?.faces.find((face) => group.ids.has(face.id));
  }

  describe() {
    this.told = performance.now();
    const face = this.person && this.faceOf(this.records[recordAt(this.records, this.time)], this.person);
    const answer = face && answerOf(face, this.limits);
    const said = !answer ? "not in the picture" : answer.uncertain ? answer.status : `${answer.best} ${percent(answer.share)}`;
    const running = this.events.find((event) => event.person === this.person?.name && event.start <= this.time + 1e-3 && this.time < event.end);
    this.holder.setAttribute("aria-valuemax", this.duration.toFixed(1));
    this.holder.setAttribute("aria-valuenow", this.time.toFixed(1));
    this.holder.setAttribute("aria-valuetext", `${clock(this.time)}${this.person ? `: ${this.person.name} ${said}` : ""}${running ? `, in an event of ${running.expression}` : ""}`);
  }

  // The chart is drawn anew only when it changes; while a video plays only the cursor moves.
  draw() {
    const lanes = this.lanes();
    this.holder.style.setProperty("--high", `${CHART + LANE.high * Math.max(1, lanes.length) + EDGE.bottom}px`);
    const density = window.devicePixelRatio || 1;
    const [wide, high] = [this.canvas.clientWidth, this.canvas.clientHeight];
    if (!wide) return;
    const style = getComputedStyle(this.holder);
    const [ink, quiet, line] = ["--ink", "--quiet", "--line"].map((name) => style.getPropertyValue(name));
    const left = this.left(wide);
    const across = (time) => left + (time / this.duration) * (wide - left - EDGE.right);
    const { threshold, maxYaw, minSharpness } = this.limits;
    const told = this.groups.map(({ name, faces }) => `${name}:${faces}`).join("|");
    const state = [wide, high, density, isDark(), this.duration, this.person?.key, threshold, maxYaw, minSharpness, told, this.records.length, this.records[0]?.file, this.version].join();
    if (state !== this.drawn) {
      this.drawn = state;
      this.chart = document.createElement("canvas");
      [this.chart.width, this.chart.height] = [Math.round(wide * density), Math.round(high * density)];
      const pen = this.chart.getContext("2d");
      pen.scale(density, density);
      this.drawChart(pen, { wide, high, left, across, ink, quiet, line, lanes });
    }
    [this.canvas.width, this.canvas.height] = [this.chart.width, this.chart.height];
    const pen = this.canvas.getContext("2d");
    pen.drawImage(this.chart, 0, 0);
    pen.scale(density, density);
    pen.strokeStyle = ink;
    pen.lineWidth = 1.5;
    const cursor = across(Math.min(this.time, this.duration));
    pen.beginPath();
    pen.moveTo(cursor, EDGE.top - 6);
    pen.lineTo(cursor, high - EDGE.bottom);
    pen.stroke();
  }

  drawChart(pen, { wide, high, left, across, ink, quiet, line, lanes }) {
    const floor = CHART - 12;
    const up = (share) => floor - share * (floor - EDGE.top);
    this.axes(pen, { wide, high, left, across, up, quiet, line });
    lanes.forEach((group, row) => this.lane(pen, group, { top: CHART + row * LANE.high, left, across, ink, quiet, line }));
    if (!this.person) return;
    const points = this.records.map((record) => [record.time, this.faceOf(record, this.person)]);
    for (const name of this.expressions) this.curve(pen, points, name, across, up);
  }

  axes(pen, { wide, high, left, across, up, quiet, line }) {
    pen.font = `11px ${FONT}`;
    [pen.fillStyle, pen.strokeStyle, pen.lineWidth] = [quiet, line, 1];
    [pen.textAlign, pen.textBaseline] = ["right", "middle"];
    for (const share of [0, 0.5, 1]) {
      pen.fillText(percent(share), left - 6, up(share));
      pen.beginPath();
      pen.moveTo(left, up(share));
      pen.lineTo(wide - EDGE.right, up(share));
      pen.stroke();
    }
    pen.textBaseline = "top";
    const step = tickStep(this.duration, wide - left);
    for (let tick = 0; tick <= this.duration + 1e-6; tick += step) {
      pen.textAlign = across(tick) > wide - 30 ? "right" : "center";
      pen.fillText(clock(tick), Math.min(across(tick), wide - 4), high - EDGE.bottom + 6);
    }
  }

  // The first few persons, and the chosen one in any case.
  lanes() {
    const first = this.groups.slice(0, MOST_LANES);
    if (!this.person || first.some((group) => group.key === this.person.key)) return first;
    return [...first.slice(0, -1), this.person];
  }

  lane(pen, group, { top, left, across, ink, quiet, line }) {
    const chosen = group.key === this.person?.key;
    pen.font = `${chosen ? "bold " : ""}11px ${FONT}`;
    [pen.fillStyle, pen.textAlign, pen.textBaseline] = [chosen ? ink : quiet, "right", "middle"];
    pen.fillText(shortened(pen, group.name, left - 12), left - 6, top + LANE.event / 2 + 1);
    pen.fillStyle = line;
    pen.fillRect(left, top + LANE.event + LANE.ribbon + 2, across(this.duration) - left, 1);
    for (const event of this.events) if (event.person === group.name) this.event(pen, event, top, across);
    this.ribbon(pen, group, top + LANE.event + 1, across);
  }

  event(pen, { start, end, expression }, top, across) {
    const [from, long] = [across(start), Math.max(2, across(Math.min(end, this.duration)) - across(start))];
    const color = colorOf(expression);
    pen.fillStyle = color;
    pen.beginPath();
    pen.roundRect(from, top, Math.max(1, long - 1), LANE.event - 1, 3);
    pen.fill();
    pen.font = `10px ${FONT}`;
    if (pen.measureText(expression).width > long - 6) return;
    [pen.fillStyle, pen.textAlign] = [inkOn(color), "left"];
    pen.fillText(expression, from + 3, top + LANE.event / 2);
  }

  ribbon(pen, group, top, across) {
    const points = this.records.map((record) => [record.time, this.faceOf(record, group)]);
    const usual = points.length > 1 ? points[1][0] - points[0][0] : 0.04;
    let run = null; // neighbors of one color are one bar: no seams
    const end = () => {
      if (!run) return;
      pen.fillStyle = run.color;
      pen.fillRect(across(run.from), top, Math.max(1, across(Math.min(run.to, this.duration)) - across(run.from)), LANE.ribbon);
      run = null;
    };
    points.forEach(([time, face], index) => {
      const color = face && colorOf(answerOf(face, this.limits).expression);
      if (run && run.color !== color) end();
      if (!face) return;
      run ??= { from: time, color };
      run.to = points[index + 1]?.[0] ?? time + usual;
    });
    end();
  }

  curve(pen, points, name, across, up) {
    pen.strokeStyle = colorOf(name);
    pen.setLineDash(dashesOf(name));
    pen.lineWidth = 2;
    pen.beginPath();
    let drawing = false;
    for (const [time, face] of points) {
      // A gap stays a gap: nothing is drawn where the face was away.
      if (face) drawing ? pen.lineTo(across(time), up(face.scores[name] ?? 0)) : pen.moveTo(across(time), up(face.scores[name] ?? 0));
      drawing = Boolean(face);
    }
    pen.stroke();
    pen.setLineDash([]);
  }
}
