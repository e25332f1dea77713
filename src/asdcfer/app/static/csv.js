// One row a face and frame, as `asdcfer predict --out results.csv` writes them.

function cell(value) {
  const text = value === null || value === undefined ? "" : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function toCsv(records, expressions, threshold) {
  const before = ["file", "frame", "time", "face", "x", "y", "width", "height"];
  const after = ["expression", "confidence", "status"];
  const taken = new Set([...before, ...after]);
  const named = expressions.map((name) => (taken.has(name) ? `${name} (score)` : name));
  const head = [...before, ...named, ...after];
  const rows = [head];
  for (const { file, frame, time, faces } of records) {
    if (!faces.length) rows.push([file, frame, time, ...Array(head.length - 4).fill(""), "no face"]);
    for (const face of faces) {
      const { x, y, width, height } = face.box;
      const small = face.status === "too small";
      const uncertain = small || face.confidence < threshold;
      const best = Object.keys(face.scores).reduce((top, name) => (face.scores[name] > face.scores[top] ? name : top));
      const status = small ? "too small" : uncertain ? "uncertain" : "ok";
      const scores = expressions.map((name) => face.scores[name]);
      rows.push([file, frame, time, face.id, x, y, width, height, ...scores, uncertain ? "uncertain" : best, face.confidence, status]);
    }
  }
  return rows.map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

export function download(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
