/**
 * What the page shows of one actor and one thread: messages, settings, and files for DevTools.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Option from "effect/Option"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import type { ActorError } from "../ActorError.ts"
import type { ActorView, NotSeen } from "../control/inspection.ts"
import type { Settings } from "../control/settings.ts"
import { Supervisor } from "../control/supervisorActor.ts"
import { Unavailable, within } from "./asking.ts"

/** Looks at actors, threads and settings. */
export interface Looking {
  /** An actor, on each thread that hosts it. */
  readonly inspect: (actor: string) => Effect.Effect<ReadonlyArray<ActorView>, Unavailable>
  readonly settings: Effect.Effect<Settings, Unavailable>
}

/** Where the supervisor is not an actor of the system, nothing is seen. */
const nobody = Effect.fail(new Unavailable({ detail: "the supervisor is not there" }))

/** Looks by way of the supervisor. A hung thread takes it 3 s. */
export const make: Effect.Effect<Looking> = Effect.map(Effect.serviceOption(Supervisor), (supervisor) => {
  if (supervisor._tag === "None") return { inspect: () => nobody, settings: nobody }
  const { Inspect, Settings } = supervisor.value
  return {
    inspect: (actor) => within("the supervisor", "5 seconds")(Inspect({ actor })),
    settings: within("the supervisor", "1 second")(Settings())
  }
})

/** How long a profile is, by default and at most, in seconds. */
const [usualSeconds, mostSeconds] = [10, 60]

const sorry = (status: number, message: string) => HttpServerResponse.text(`${message}\n`, { status })

/** Sends the parts of a file as they come; what goes wrong before the first one is an answer of its own. */
const download = Effect.fnUntraced(function*(
  name: string,
  parts: Stream.Stream<string, NotSeen | ActorError>
) {
  const [first, rest] = yield* Stream.peel(parts, Sink.head())
  // A connection that is cut short is all that can be said of what fails later.
  const body = Stream.concat(Stream.fromIterable(Option.toArray(first)), Stream.orDie(rest))
  return HttpServerResponse.stream(Stream.encodeText(body), {
    contentType: "application/json",
    headers: { "cache-control": "no-store", "content-disposition": `attachment; filename="${name}"` }
  })
}, Effect.catch((error) => Effect.succeed(sorry(isUnknown(error) ? 404 : 409, error.message))))

const isUnknown = (error: NotSeen | ActorError): boolean => error._tag === "NotSeen" && error.kind === "wrong"

/** `bot-2026-11-28T12-00-00.cpuprofile` */
const fileName = (thread: string, extension: string): string =>
  `${thread.replaceAll(/[^\w.-]/g, "_")}-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}.${extension}`

/** Serves profiles and heaps of threads as files. */
export const routes = HttpRouter.use(Effect.fnUntraced(function*(router) {
  const supervisor = Context.getOption(yield* Effect.context<never>(), Supervisor)
  const thread = Effect.map(HttpRouter.params, ({ name = "" }) => name)
  if (supervisor._tag === "None") return
  const { Heap, Profile } = supervisor.value
  yield* router.add(
    "GET",
    "/api/threads/:name/profile",
    Effect.gen(function*() {
      const name = yield* thread
      const { url } = yield* HttpServerRequest
      const seconds = Number(new URL(url, "http://localhost").searchParams.get("seconds") ?? usualSeconds)
      if (!(seconds >= 1 && seconds <= mostSeconds)) {
        return sorry(400, `seconds: take a number from 1 to ${mostSeconds}`)
      }
      const parts = Profile({ thread: name, millis: seconds * 1000 }, { timeout: "Infinity" })
      return yield* download(fileName(name, "cpuprofile"), parts)
    })
  )
  yield* router.add(
    "GET",
    "/api/threads/:name/heap",
    Effect.flatMap(
      thread,
      (name) => download(fileName(name, "heapsnapshot"), Heap({ thread: name }, { timeout: "Infinity" }))
    )
  )
}))
