// Draws what is open: picture, cards, timeline, persons and events.
import { $ } from "./elements.js";
import { showEvents } from "./events_panel.js";
import { showFaces } from "./faces.js";
import { MOST_PERSONS, showPeople } from "./people_panel.js";
import { Player } from "./player.js";
import { Portraits } from "./portraits.js";
import { clear, draw, fit } from "./stage.js";
import { currentFaces, currentRecord, limitsOfFaces, people, state, wantsAttention } from "./state.js";
import { changePeople } from "./sums.js";
import { Timeline } from "./timeline.js";

const [stage, photo, video, overlay] = ["stage", "photo", "video", "overlay"].map($);
const portraits = new Portraits();
const timeline = new Timeline($("timeline"), seek);
let explain = () => {};

// Sets what is done when a video comes to a stand.
export const onStill = (handler) => { explain = handler; };

export const player = new Player(video, {
  onTime(time) {
    state.open.time = time;
    show();
  },
  onStill: () => explain(),
  onUnplayable() {
    state.open.playable = false;
    stage.dataset.state = "unshowable";
    video.hidden = true;
  },
});

export function show() {
  const { open } = state;
  const faces = currentFaces();
  if (open.chosen === null && faces.length) open.chosen = faces[0].id;
  const { width, height } = { ...open, ...currentRecord() }; // a video's frames may change their size
  const shared = { chosen: open.chosen, nameOf: (id) => people.nameOf(id), limits: limitsOfFaces() };
  const medium = open.kind === "photo" ? photo : video;
  if (open.kind !== "empty" && open.playable) {
    fit(medium);
    draw(overlay, medium, { ...shared, width, height, faces, attention: wantsAttention(), mirrored: open.kind === "camera" });
  } else {
    clear(overlay);
  }
  showFaces($("faces"), faces, { ...shared, expressions: state.server.expressions, onChoose: choose });
  if (open.kind === "video") showTimeline();
}

function showTimeline() {
  const { open } = state;
  const groups = people.groups();
  const last = open.records.at(-1)?.time ?? 0;
  timeline.show({
    records: open.records, groups, time: open.time, expressions: state.server.expressions, limits: limitsOfFaces(),
    person: groups.find((group) => group.ids.has(open.chosen)) ?? groups[0] ?? null,
    events: open.summary?.events ?? [], version: open.summary?.version ?? 0, duration: Math.max(0.1, open.duration || 0, last),
  });
}

export function choose(id) {
  state.open.chosen = id;
  show();
  if (state.open.kind === "video") $("track").value = String(people.groupOf(id)?.key ?? "");
}

export function seek(time) {
  const { open } = state;
  Object.assign(open, { time, explained: null });
  if (open.playable) player.seek(time);
  show();
}

// Persons, the choice of one beside the timeline, events and downloads; drawn anew when one of them changes.
export function showSummary() {
  const { open } = state;
  const groups = people.groups();
  $("summary").hidden = !open.records.length;
  $("people-panel").hidden = open.kind === "camera" || !groups.length;
  $("events-panel").hidden = open.kind !== "video" || !groups.length;
  const rows = showPeople($("people"), groups, {
    summary: open.summary, moving: open.kind === "video",
    onRename: (key, text) => changePeople(key, (group) => people.rename(group, text)),
    onMerge: (key, other) => changePeople(key, (group) => people.merge(group, people.groupOf(other))),
    onSeparate: (key) => changePeople(key, (group) => people.separate(group)),
  });
  showEvents(open.summary?.events ?? null, (event) => {
    seek(event.start);
    choose(groups.find((group) => group.name === event.person)?.key ?? open.chosen);
  });
  $("people-more").hidden = groups.length <= MOST_PERSONS;
  const chosen = groups.find((group) => group.ids.has(open.chosen));
  $("track").replaceChildren(...groups.map((group) => new Option(group.name, group.key, false, group === chosen)));
  $("track-box").hidden = groups.length < 2;
  for (const button of $("downloads").children) {
    const { file } = button.dataset;
    button.disabled = open.reading || (!groups.length && file !== "scores.csv");
    button.hidden = open.kind === "photo" && file.startsWith("events");
  }
  showPortraits(groups, rows);
}

function showPortraits(groups, rows) {
  const { open, work } = state;
  if (open.reading || !open.playable) return;
  const wanted = groups.flatMap(({ key, portrait }) => {
    const canvas = rows.get(key)?.querySelector("canvas");
    const place = JSON.stringify([open.address, portrait]);
    if (!canvas || canvas.dataset.place === place) return [];
    return [{ canvas, portrait, place }];
  });
  if (open.kind === "photo") portraits.fromPhoto(photo, wanted);
  else if (open.kind === "video") portraits.fromVideo(open.address, wanted, work.signal);
}
