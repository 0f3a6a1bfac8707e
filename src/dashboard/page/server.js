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

/** Fetches a file and has the browser keep it. Throws as `post` does. */
export const download = async (path) => {
  const response = await fetch(path, { headers: headers() }).catch(() => {
    throw new Error("The server did not answer.")
  })
  if (!response.ok) throw new Error(explain(response, await response.text()))
  const [, name = "file"] = /filename="([^"]+)"/.exec(response.headers.get("content-disposition") ?? "") ?? []
  const href = URL.createObjectURL(await response.blob())
  Object.assign(document.createElement("a"), { href, download: name }).click()
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(href), 60_000)
  return name
}

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
    return error.detail ?? error.message ?? `The server answered ${response.status}.`
  } catch {
    // A proxy answers with a page of its own.
    const isText = (response.headers.get("content-type") ?? "").startsWith("text/plain")
    return (isText && text.trim()) || `The server answered ${response.status} ${response.statusText}`.trim() + "."
  }
}

/** Without even a ping (they come every 2 s) for this long, the connection is taken for dead. */
const silenceMillis = 10_000

/**
 * Follows `/api/events` for ever, connecting again when the stream ends.
 *
 * `on.heard()` is called for each sign of life, a ping too.
 * `on.frame(kind, data)` gets each event. `on.link` gets how the connection is: `{ is }` is "live"; "lost" when nothing
 * answers; "token" when the server wants another token; "refused" for any other answer. `why` is what the server said.
 */
export const follow = (on) => {
  let failures = 0
  const ended = new AbortController()
  let current = new AbortController()
  const read = async (body, heard) => {
    for await (const block of blocks(body)) {
      heard()
      on.heard()
      const event = parse(block)
      if (event) on.frame(event.kind, JSON.parse(event.data))
    }
  }
  /** Connects once; gives what the connection is when it is over. */
  const once = async () => {
    current = new AbortController()
    let silence
    const heard = () => {
      clearTimeout(silence)
      silence = setTimeout(() => current.abort(), silenceMillis)
    }
    heard()
    try {
      const response = await fetch("api/events", { headers: headers(), signal: current.signal })
      if (!response.ok) return await refusal(response)
      failures = 0
      on.link({ is: "live" })
      await read(response.body, heard)
    } catch {
      // The connection broke, or was silent for too long.
    } finally {
      clearTimeout(silence)
    }
    return { is: "lost" }
  }
  const loop = async () => {
    while (!ended.signal.aborted) {
      const link = await once()
      if (ended.signal.aborted) return
      on.link(link)
      if (link.is === "token") return
      const millis = link.retryAfterMillis ?? Math.min(5000, 400 * 1.6 ** failures++)
      await new Promise((resolve) => setTimeout(resolve, millis))
    }
  }
  void loop()
  return () => {
    ended.abort()
    current.abort()
  }
}

/**
 * Reads a stream of lists, such as `/api/logs`, until the result is called; connects again when it ends.
 *
 * `on.data(list)` gets each list. `on.lost(why)` is called when the stream has ended.
 */
export const read = (path, on) => {
  const ended = new AbortController()
  const once = async () => {
    const response = await fetch(path, { headers: headers(), signal: ended.signal })
    if (!response.ok) throw new Error(explain(response, await response.text()))
    for await (const block of blocks(response.body)) {
      const event = parse(block)
      if (event) on.data(JSON.parse(event.data))
    }
    throw new Error("The server is not there. This page connects again by itself.")
  }
  const loop = async () => {
    while (!ended.signal.aborted) {
      await once().catch((error) => ended.signal.aborted || on.lost(error.message))
      await new Promise((resolve) => setTimeout(resolve, 2000))
    }
  }
  void loop()
  return () => ended.abort()
}

/** What an answer other than the stream means for the connection. */
const refusal = async (response) => {
  const why = explain(response, await response.text())
  // Too many wrong tokens are answered with 429: then another token helps, and waiting does not.
  if (response.status === 401 || response.status === 429) return { is: "token", why }
  return { is: "refused", why, retryAfterMillis: retryAfterMillis(response) }
}

/** How long the server asks to wait, a minute at most; undefined when it doesn't say. */
const retryAfterMillis = (response) => {
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN)
  return seconds >= 0 ? Math.min(60, seconds) * 1000 : undefined
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
