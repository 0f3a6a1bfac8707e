/**
 * Talks to the server: one stream of frames, and orders by POST. Events come by fetch, because an EventSource can't
 * send the token.
 */

const tokenKey = "heddle-token"

/** Keeps the token for this tab only. */
export const setToken = (token) => sessionStorage.setItem(tokenKey, token)

const headers = (more = {}) => {
  const token = sessionStorage.getItem(tokenKey)
  return token ? { ...more, authorization: `Bearer ${token}` } : more
}

/** Sends an order. Throws an Error whose message can be shown. */
export const post = (path, body) =>
  ask(path, {
    method: "POST",
    headers: headers({ "content-type": "application/json" }),
    body: body === undefined ? undefined : JSON.stringify(body)
  })

/** Fetches a document. Throws as `post` does. */
export const get = (path) => ask(path, { headers: headers() })

const ask = async (path, options) => {
  const response = await fetch(path, options).catch(() => {
    throw new Error("The server did not answer. It may be restarting; this page connects again by itself.")
  })
  const text = await response.text()
  if (!response.ok) throw new Error(explain(response, text))
  return text === "" ? undefined : JSON.parse(text)
}

const explain = (response, text) => {
  try {
    const error = JSON.parse(text)
    if (error._tag === "UnknownThread") return `No thread is named "${error.name}".`
    return error.detail ?? error.message ?? `The server refused (${response.status}).`
  } catch {
    return text.trim() || `The server refused (${response.status}).`
  }
}

/** Without even a ping (they come every 15 s) for this long, the connection is taken for dead. */
const silenceMillis = 25_000

/**
 * Follows `/api/events` for ever, connecting again when the stream ends.
 * `on.frame(kind, data)` gets each event; `on.state` gets "live", "lost" or "token".
 */
export const follow = (on) => {
  let failures = 0
  const ended = new AbortController()
  let current = new AbortController()
  const once = async () => {
    current = new AbortController()
    let silence = setTimeout(() => current.abort(), silenceMillis)
    try {
      const response = await fetch("api/events", { headers: headers(), signal: current.signal })
      if (response.status === 401) {
        ended.abort()
        on.state("token")
        return
      }
      if (!response.ok) throw new Error(`status ${response.status}`)
      failures = 0
      on.state("live")
      for await (const block of blocks(response.body)) {
        clearTimeout(silence)
        silence = setTimeout(() => current.abort(), silenceMillis)
        const event = parse(block)
        if (event) on.frame(event.kind, JSON.parse(event.data))
      }
    } finally {
      clearTimeout(silence)
    }
  }
  const loop = async () => {
    while (!ended.signal.aborted) {
      await once().catch(() => undefined)
      if (ended.signal.aborted) return
      on.state("lost")
      await new Promise((resolve) => setTimeout(resolve, Math.min(5000, 400 * 1.6 ** failures++)))
    }
  }
  void loop()
  return () => {
    ended.abort()
    current.abort()
  }
}

async function* blocks(body) {
  let rest = ""
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + chunk).split("\n\n")
    rest = parts.pop()
    yield* parts
  }
}

const parse = (block) => {
  const event = { kind: "message", data: "" }
  for (const line of block.split("\n")) {
    if (line.startsWith("event: ")) event.kind = line.slice(7)
    if (line.startsWith("data: ")) event.data += line.slice(6)
  }
  return event.data === "" ? undefined : event
}
