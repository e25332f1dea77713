// Requests to this very server; every failure becomes an Error whose message is one line for the reader.

const SILENT = "The server does not answer. Is `asdcfer app` still running?";

async function failure(response) {
  try {
    return new Error((await response.json()).error);
  } catch {
    return new Error(`The server answered ${response.status}.`);
  }
}

async function send(address, body, type, signal) {
  let response;
  try {
    response = await fetch(address, { method: "POST", body, headers: { "content-type": type }, signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error(SILENT);
  }
  if (!response.ok) throw await failure(response);
  return response;
}

function post(path, file, name, query, signal) {
  const address = `${path}?${new URLSearchParams({ ...query, ...(name ? { name: name.slice(-255) } : {}) })}`;
  return send(address, file, "application/octet-stream", signal);
}

async function get(address) {
  let response;
  try {
    response = await fetch(address);
  } catch {
    throw new Error(SILENT);
  }
  if (!response.ok) throw await failure(response);
  return response.json();
}

export const health = () => get("/health");

// How far the labeling is; a server that was started without faces to label has no such answer.
export async function labelingState() {
  const { labeling } = await health();
  if (!labeling) throw new Error("There are no faces to label: start with `asdcfer app --label PACK`.");
  return get("/labeling");
}

export const faceToLabel = (number, suggestion) => get(`/labeling/${number}?suggestion=${suggestion}`);

// Saves a label, null to take it back; refused where the file has another one than `before` by now.
export async function saveLabel(number, label, before) {
  return (await send(`/labeling/${number}`, JSON.stringify({ label, before }), "application/json")).json();
}

export async function recognize(file, name, { attention = false, signal } = {}) {
  return (await post("/recognize", file, name, attention ? { attention: "true" } : {}, signal)).json();
}

// The picture in a form that every browser shows.
export async function shownPicture(file, name, signal) {
  return (await post("/shown", file, name, {}, signal)).blob();
}

// Persons and events of the answers in `request`.
export async function summarize(request, signal) {
  return (await send("/summarize", JSON.stringify(request), "application/json", signal)).json();
}

// The same as one of the server's files.
export async function summaryFile(name, request) {
  return (await send(`/summarize/${name}`, JSON.stringify(request), "application/json")).blob();
}

// Calls `online` with every line of the answer while it comes in.
export async function recognizeVideo(file, name, online, signal) {
  const response = await post("/recognize/video", file, name, {}, signal);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let ended = false;
  const take = (text) => {
    if (!text) return;
    const line = JSON.parse(text);
    ended ||= line.type === "end" || line.type === "error";
    online(line);
  };
  for (;;) {
    let part;
    try {
      part = await reader.read();
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Error("The connection to the server broke off; the frames so far are kept.");
    }
    if (part.done) break;
    const lines = (rest + part.value).split("\n");
    rest = lines.pop();
    lines.forEach(take);
  }
  if (!ended) throw new Error("The server stopped in the middle of the video; the frames so far are kept.");
}
