// Who is who: the faces of a file, the names that the reader gives them, and faces that are one person.

const area = ({ width, height }) => width * height;
const pair = (one, other) => (one < other ? `${one},${other}` : `${other},${one}`);

export class People {
  constructor() {
    this.clear();
  }

  clear() {
    this.names = new Map(); // number of a face -> name, where the reader gave one
    this.seen = new Map(); // number of a face -> frames, and where it is largest
    this.together = new Map(); // two numbers -> frames that show both
  }

  // Counts the faces of one more frame.
  see({ time, width, height, faces }) {
    for (const face of faces) {
      const entry = this.seen.get(face.id) ?? { frames: 0, first: time, best: -1 };
      entry.frames += 1;
      const worth = area(face.box) * (face.status === "ok" ? 1 : 0.2);
      if (worth > entry.best) Object.assign(entry, { best: worth, portrait: { time, width, height, box: face.box } });
      this.seen.set(face.id, entry);
      for (const other of faces) {
        if (other.id > face.id) this.together.set(pair(face.id, other.id), (this.together.get(pair(face.id, other.id)) ?? 0) + 1);
      }
    }
  }

  nameOf(face) {
    return this.names.get(face) ?? `face ${face}`;
  }

  // Persons in the order in which they were first seen; `key` is the smallest number of their faces.
  groups() {
    const found = new Map();
    for (const [face, entry] of this.seen) {
      const name = this.nameOf(face);
      const group = found.get(name) ?? { name, faces: [], frames: 0, first: entry.first, best: -1 };
      group.faces.push(face);
      group.frames += entry.frames;
      if (entry.best > group.best) Object.assign(group, { best: entry.best, portrait: entry.portrait });
      found.set(name, group);
    }
    return [...found.values()].map((group) => ({ ...group, key: Math.min(...group.faces), ids: new Set(group.faces) }));
  }

  groupOf(face) {
    return this.groups().find((group) => group.ids.has(face));
  }

  // Throws where the two are seen in one frame: then they cannot be one person.
  merge(group, other) {
    const frames = Math.max(...group.faces.flatMap((one) => other.faces.map((two) => this.together.get(pair(one, two)) ?? 0)));
    if (frames) throw new Error(`${group.name} and ${other.name} are seen together in ${frames === 1 ? "one frame" : `${frames} frames`}, so they are two persons.`);
    for (const face of group.faces) this.names.set(face, other.name);
  }

  // Names a person; a name that another one has makes them one, an empty one takes the name away.
  rename(group, text) {
    const name = text.trim() || `face ${group.key}`;
    if (name === group.name) return;
    const other = this.groups().find((one) => one.name === name);
    const asNameless = /^face (\d+)$/.exec(name);
    if (other && other.key !== group.key) this.merge(group, other);
    else if (asNameless && !group.ids.has(Number(asNameless[1]))) throw new Error(`Only faces without a name are called “${name}”.`);
    else for (const face of group.faces) this.names.set(face, name);
  }

  // Every face of a person is one again; the first keeps the name, unless it is a face's own.
  separate(group) {
    const own = group.faces.some((face) => group.name === `face ${face}`);
    for (const face of group.faces) if (own || face !== group.key) this.names.delete(face);
  }

  // What the server is told: only names that it would not give by itself.
  toNames() {
    return Object.fromEntries([...this.names].filter(([face, name]) => name !== `face ${face}`));
  }
}
