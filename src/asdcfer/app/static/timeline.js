// Scores over time for one face, below it a ribbon of the answer for every face, and a cursor; moved by pointer or keys.
import { answerOf, colorOf, dashesOf, percent } from "./palette.js";

const EDGE = { left: 52, right: 12, top: 12, ribbon: 11, bottom: 22 };
const MOST_RIBBONS = 5;

export const clock = (seconds) => {
  const minutes = Math.floor(seconds / 60);
  const rest = (seconds - minutes * 60).toFixed(1);
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

function tickStep(duration) {
  return [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600].find((step) => duration / step <= 8) ?? 1200;
}

export class Timeline {
  // `onSeek(seconds)` is called when the reader moves the cursor.
  constructor(holder, onSeek) {
    this.holder = holder;
    this.canvas = holder.querySelector("canvas");
    this.onSeek = onSeek;
    Object.assign(this, { records: [], tracks: [], duration: 1, time: 0, face: 0, expressions: [], threshold: 0 });
    holder.addEventListener("pointerdown", (event) => {
      holder.setPointerCapture(event.pointerId);
      this.seekTo(event);
    });
    holder.addEventListener("pointermove", (event) => event.buttons && this.seekTo(event));
    holder.addEventListener("keydown", (event) => this.key(event));
  }

  seekTo(event) {
    const box = this.canvas.getBoundingClientRect();
    const share = (event.clientX - box.left - EDGE.left) / (box.width - EDGE.left - EDGE.right);
    this.onSeek(Math.min(1, Math.max(0, share)) * this.duration);
  }

  key(event) {
    if (!this.records.length) return;
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
    this.describe();
  }

  describe() {
    const face = this.records[recordAt(this.records, this.time)]?.faces.find((one) => one.id === this.face);
    const answer = face && answerOf(face, this.threshold);
    const said = !answer ? "this face is not in the picture" : answer.uncertain ? "uncertain" : `${answer.best} ${percent(answer.share)}`;
    this.holder.setAttribute("aria-valuemax", this.duration.toFixed(1));
    this.holder.setAttribute("aria-valuenow", this.time.toFixed(1));
    this.holder.setAttribute("aria-valuetext", `${clock(this.time)}: ${said}`);
  }

  // The chart is drawn anew only when it changes; while a video plays only the cursor moves.
  draw() {
    const density = window.devicePixelRatio || 1;
    const [wide, high] = [this.canvas.clientWidth, this.canvas.clientHeight];
    if (!wide) return;
    const style = getComputedStyle(this.holder);
    const [ink, quiet, line] = ["--ink", "--quiet", "--line"].map((name) => style.getPropertyValue(name));
    const across = (time) => EDGE.left + (time / this.duration) * (wide - EDGE.left - EDGE.right);
    const state = [wide, high, density, ink, this.duration, this.face, this.threshold, this.tracks.length, this.records.length, this.records[0]?.file].join();
    if (state !== this.drawn) {
      this.drawn = state;
      this.chart = document.createElement("canvas");
      [this.chart.width, this.chart.height] = [Math.round(wide * density), Math.round(high * density)];
      const pen = this.chart.getContext("2d");
      pen.scale(density, density);
      this.drawChart(pen, { wide, high, across, ink, quiet, line });
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

  drawChart(pen, { wide, high, across, ink, quiet, line }) {
    const ribbons = this.ribbons();
    const floor = high - EDGE.bottom - EDGE.ribbon * ribbons.length - 8;
    const up = (share) => floor - share * (floor - EDGE.top);
    this.axes(pen, { wide, high, across, up, quiet, line });
    const pointsOf = (id) => this.records.map((record) => [record.time, record.faces.find((face) => face.id === id)]);
    ribbons.forEach((id, row) => this.ribbon(pen, id, pointsOf(id), across, floor + 8 + row * EDGE.ribbon, id === this.face ? ink : quiet));
    const points = pointsOf(this.face);
    for (const name of this.expressions) this.curve(pen, points, name, across, up);
  }

  axes(pen, { wide, high, across, up, quiet, line }) {
    pen.font = '11px system-ui, "Liberation Sans", sans-serif';
    pen.fillStyle = quiet;
    pen.strokeStyle = line;
    pen.lineWidth = 1;
    pen.textBaseline = "middle";
    pen.textAlign = "right";
    for (const share of [0, 0.5, 1]) {
      pen.fillText(percent(share), EDGE.left - 6, up(share));
      pen.beginPath();
      pen.moveTo(EDGE.left, up(share));
      pen.lineTo(wide - EDGE.right, up(share));
      pen.stroke();
    }
    pen.textAlign = "center";
    pen.textBaseline = "top";
    const step = tickStep(this.duration);
    for (let tick = 0; tick <= this.duration + 1e-6; tick += step) {
      pen.textAlign = across(tick) > wide - 30 ? "right" : "center";
      pen.fillText(clock(tick), across(tick), high - EDGE.bottom + 6);
    }
  }

  // The first few faces, and the chosen one in any case.
  ribbons() {
    const first = this.tracks.slice(0, MOST_RIBBONS);
    return first.includes(this.face) || !this.tracks.includes(this.face) ? first : [...first.slice(0, -1), this.face];
  }

  ribbon(pen, id, points, across, top, ink) {
    pen.font = `${id === this.face ? "bold " : ""}10px system-ui, "Liberation Sans", sans-serif`;
    [pen.fillStyle, pen.textAlign, pen.textBaseline] = [ink, "right", "middle"];
    pen.fillText(`Face ${id + 1}`, EDGE.left - 6, top + EDGE.ribbon / 2);
    const usual = points.length > 1 ? points[1][0] - points[0][0] : 0.04;
    let run = null; // neighbors of one color are one bar: no seams
    const end = () => {
      if (!run) return;
      pen.fillStyle = run.color;
      pen.fillRect(across(run.from), top, Math.max(1, across(Math.min(run.to, this.duration)) - across(run.from)), EDGE.ribbon - 2);
      run = null;
    };
    points.forEach(([time, face], index) => {
      const color = face && answerOf(face, this.threshold).color;
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
