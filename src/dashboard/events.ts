/**
 * Live data for the page, as server-sent events: a snapshot, then what changed, at most four times a second.
 *
 * A client holds nothing here but how far it has read. The next frame is made when the client has taken the last one,
 * from what is newest then; so a slow client skips, and costs no memory.
 */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Sse from "effect/encoding/Sse"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Stream from "effect/Stream"
import * as Actor from "../Actor.ts"
import * as monotonic from "../loop/monotonic.ts"
import type { Board } from "./board.ts"
import { ready } from "./health.ts"
import type { Panel } from "./panel.ts"

const frameEvery = "250 millis"
/** Pages take what they show for old after 3 s without a sign of life. */
const pingEveryMillis = 2000
const maxClients = 64

/** How far a client has read. */
interface Cursor {
  readonly log: number
  /** How far it has read each list of the panels. */
  readonly lines: ReadonlyMap<string, number>
  readonly threads: ReadonlyMap<string, string>
  /** Everything else of the last frame, encoded. */
  readonly rest: string
  readonly sentAt: monotonic.Moment
  readonly first: boolean
}

const start: Cursor = { log: 0, lines: new Map(), threads: new Map(), rest: "", sentAt: monotonic.past, first: true }

/** Makes one frame: what is new since the cursor, or undefined when nothing is. */
const frame = Effect.fnUntraced(function*(board: Board, thread: string, cursor: Cursor) {
  const snapshot = yield* Effect.result(board.threads)
  const known = snapshot._tag === "Success" ? { threads: snapshot.success, problem: null } : noThreads(snapshot.failure)
  const checks = yield* ready(board)
  const atMillis = yield* Clock.currentTimeMillis
  const sentAt = yield* monotonic.now
  const encoded = new Map(known.threads.map((status) => [status.name, JSON.stringify(status)]))
  const changed = known.threads.filter(({ name }) => cursor.threads.get(name) !== encoded.get(name))
  const log = board.log.since(cursor.log)
  const fields = fieldsOf(board)
  const lines = fields.flatMap(([name, field]) =>
    field._tag === "Lines" ? [[name, field.since(cursor.lines.get(name) ?? 0)] as const] : []
  )
  const rest = {
    thread,
    problem: known.problem,
    notReady: checks.filter(({ ok }) => !ok).map(({ name }) => name),
    hung: board.hung(),
    panels: board.panels.map(described),
    ...Object.fromEntries(fields.flatMap(([name, field]) => field._tag === "State" ? [[name, field.read()]] : []))
  }
  const next: Cursor = {
    log: log.next,
    lines: new Map(lines.map(([name, { next }]) => [name, next])),
    threads: known.problem === null ? encoded : cursor.threads,
    rest: JSON.stringify(rest),
    sentAt,
    first: false
  }
  const news = changed.length + log.items.length > 0 || lines.some(([, { items }]) => items.length > 0) ||
    next.rest !== cursor.rest
  if (!news && sentAt - cursor.sentAt < pingEveryMillis) return undefined
  const data = JSON.stringify({
    ...rest,
    ...Object.fromEntries(lines.map(([name, { items }]) => [name, items])),
    threads: changed,
    log: log.items,
    atMillis
  })
  const event = cursor.first ? "snapshot" : "delta"
  const text = news ? Sse.encoder.write({ _tag: "Event", event, id: undefined, data }) : ": ping\n\n"
  return [text, next] as const
})

/** What is known of the threads while the supervisor does not answer. */
const noThreads = ({ detail }: { readonly detail: string }) => ({ threads: [], problem: detail })

const fieldsOf = ({ panels }: Board) => panels.flatMap(({ fields = {} }) => Object.entries(fields))

/** What a page has to know to show a panel; `lists` says how many items of each list it keeps. */
const described = ({ fields = {}, name, script, styles = [] }: Panel) => ({
  name,
  script: script ?? null,
  styles,
  lists: Object.fromEntries(
    Object.entries(fields).flatMap(([field, kind]) => kind._tag === "Lines" ? [[field, kind.capacity]] : [])
  )
})

/** The frames of one client, without end. */
export const frames = (board: Board, thread: string): Stream.Stream<string> =>
  Stream.unfold(start, (cursor) => {
    const attempt: Effect.Effect<readonly [string, Cursor]> = Effect.flatMap(
      frame(board, thread, cursor),
      (made) => made === undefined ? Effect.andThen(Effect.sleep(frameEvery), attempt) : Effect.succeed(made)
    )
    return cursor.first ? attempt : Effect.andThen(Effect.sleep(frameEvery), attempt)
  })

/** Serves the frames at `/api/events`, until `closing`. */
export const routes = (board: Board, closing: Deferred.Deferred<void>) =>
  HttpRouter.use(Effect.fnUntraced(function*(router) {
    const { thread } = yield* Actor.Current
    let clients = 0
    const body = Stream.suspend(() => {
      clients++
      return frames(board, thread).pipe(
        Stream.interruptWhen(Deferred.await(closing)),
        Stream.ensuring(Effect.sync(() => void clients--)),
        Stream.encodeText
      )
    })
    yield* router.add(
      "GET",
      "/api/events",
      Effect.sync(() => {
        if (clients >= maxClients) {
          return HttpServerResponse.text(`${maxClients} pages are open already; close one.\n`, { status: 503 })
        }
        return HttpServerResponse.stream(body, {
          contentType: "text/event-stream",
          headers: { "cache-control": "no-store", "x-accel-buffering": "no" }
        })
      })
    )
  }))
