/**
 * What threads log, as server-sent events, for as long as a page reads them.
 */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Sse from "effect/encoding/Sse"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Stream from "effect/Stream"
import { Supervisor } from "../control/supervisorActor.ts"
import type { LogLine } from "../PostMortem.ts"

/** How many pages may read at a time. */
const maxReaders = 16

const eventOf = (lines: ReadonlyArray<LogLine>): string =>
  Sse.encoder.write({ _tag: "Event", event: "lines", id: undefined, data: JSON.stringify(lines) })

/** Serves the records at `/api/logs`: those that are kept, then those to come, until `closing`. */
export const routes = (closing: Deferred.Deferred<void>) =>
  HttpRouter.use(Effect.fnUntraced(function*(router) {
    const supervisor = Context.getOption(yield* Effect.context<never>(), Supervisor)
    let readers = 0
    const body = Stream.suspend(() => {
      readers++
      const records = supervisor._tag === "Some" ? supervisor.value.Logs() : Stream.never
      return records.pipe(
        Stream.map(eventOf),
        // The page opens it again.
        Stream.catch(() => Stream.empty),
        Stream.interruptWhen(Deferred.await(closing)),
        Stream.ensuring(Effect.sync(() => void readers--)),
        Stream.encodeText
      )
    })
    yield* router.add(
      "GET",
      "/api/logs",
      Effect.sync(() =>
        readers >= maxReaders
          ? HttpServerResponse.text(`${maxReaders} pages read the log already; close one.\n`, { status: 503 })
          : HttpServerResponse.stream(body, {
            contentType: "text/event-stream",
            headers: { "cache-control": "no-store", "x-accel-buffering": "no" }
          })
      )
    )
  }))
