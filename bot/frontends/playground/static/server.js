// Asking the server. Whoever sends something gives it an id, so that sending it again is safe.

const pauses = [0, 1000, 2500, 5000];

async function ask(path, options) {
  const answer = await fetch(path, { ...options, signal: AbortSignal.timeout(30_000) });
  if (answer.status === 401) location.reload(); // our cookie is gone: begin anew, what is being typed is kept
  return answer;
}

export async function get(path) {
  const answer = await ask(path);
  if (!answer.ok) throw new Error(answer.statusText);
  return answer.json();
}

// What the server answers, with `ok`; null when it never did, or the answer is not wanted any more.
export async function post(path, content, wanted = () => true) {
  const headers = { "Content-Type": "application/json" };
  const body = JSON.stringify(content);
  for (const pause of pauses) {
    if (pause) await new Promise((resolve) => setTimeout(resolve, pause));
    if (!wanted()) return null;
    try {
      const answer = await ask(path, { method: "POST", headers, body });
      if (answer.status < 500) return { ...(await answer.json().catch(() => ({}))), ok: answer.ok };
    } catch {
      // nothing came back: the same again
    }
  }
  return null;
}

export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
