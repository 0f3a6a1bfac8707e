/** Talks to the server over real sockets, as a browser or a probe would. */
import * as Effect from "effect/Effect"
import { request } from "node:http"

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
  readonly text: string
  readonly millis: number
}

export interface Sent {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** Sends one request on a connection of its own; any header may be set, `Host` included. */
export const send = (url: string, { body, headers = {}, method = "GET" }: Sent = {}): Effect.Effect<Answer> =>
  Effect.callback<Answer>((resume) => {
    const started = performance.now()
    const sent = request(url, { method, headers, agent: false, timeout: 5000 }, (response) => {
      const chunks: Array<Buffer> = []
      response.on("data", (chunk: Buffer) => chunks.push(chunk))
      response.on("end", () =>
        resume(Effect.succeed({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString(),
          millis: performance.now() - started
        })))
    })
    sent.on("error", (error) => resume(Effect.die(error)))
    sent.end(body)
    return Effect.sync(() => sent.destroy())
  })

/** Sends JSON by POST. */
export const post = (url: string, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  send(url, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json", ...headers } })

/** A frame of `/api/events`, as far as the tests look at it. */
export interface Frame {
  readonly kind: string
  readonly threads: ReadonlyArray<{ readonly name: string; readonly state: string }>
  readonly log: ReadonlyArray<{ readonly text: string }>
  readonly chat: ReadonlyArray<{ readonly content: string }>
  readonly notReady: ReadonlyArray<string>
  readonly crawls: ReadonlyArray<{ readonly seed: string; readonly fetched: number; readonly failed: number }>
  readonly problem: string | null
  readonly sandbox: string | null
}

/**
 * Opens `/api/events` until the scope ends.
 *
 * `until` waits for the first frame that fits, from the oldest not yet looked at; `ended` for the end of the stream.
 */
export const follow = Effect.fnUntraced(function*(url: string, headers: Readonly<Record<string, string>> = {}) {
  const frames: Array<Frame> = []
  let open = true
  let notify = () => {}
  const sent = yield* Effect.acquireRelease(
    Effect.sync(() => request(`${url}/api/events`, { headers, agent: false })),
    (sent) => Effect.sync(() => sent.destroy())
  )
  sent.on("response", (response) => {
    let rest = ""
    response.setEncoding("utf8")
    response.on("data", (chunk: string) => {
      const blocks = (rest + chunk).split("\n\n")
      rest = blocks.pop() ?? ""
      for (const block of blocks) {
        const found = /^event: (\w+)\ndata: (.*)$/.exec(block)
        if (found !== null) frames.push({ kind: found[1], ...JSON.parse(found[2] ?? "{}") })
      }
      notify()
    })
    response.on("close", () => {
      open = false
      notify()
    })
  })
  sent.on("error", () => {
    open = false
    notify()
  })
  sent.end()
  const next = <A>(look: () => A | undefined): Effect.Effect<A> =>
    Effect.callback<A>((resume) => {
      notify = () => {
        const found = look()
        if (found !== undefined) resume(Effect.succeed(found))
      }
      notify()
    })
  return {
    until: (fits: (frame: Frame) => boolean): Effect.Effect<Frame> =>
      next(() => {
        while (frames.length > 0) {
          const frame = frames.shift()
          if (frame !== undefined && fits(frame)) return frame
        }
        return open ? undefined : { ...end }
      }),
    ended: next(() => open ? undefined : true)
  }
})

const end: Frame = {
  kind: "end",
  threads: [],
  log: [],
  chat: [],
  notReady: [],
  crawls: [],
  problem: null,
  sandbox: null
}
