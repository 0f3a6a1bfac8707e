/**
 * What a thread is about to do, done once with an actor of no importance: it is built, gets a message over a port, answers,
 * and is closed. The engine compiles functions when they are first called, and so it has done that before a crash has to
 * be answered: that takes a third less time.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import { MessageChannel } from "node:worker_threads"
import * as Actor from "../Actor.ts"
import * as actors from "../host/actors.ts"
import * as endpoint from "../host/endpoint.ts"
import * as inFlight from "../host/inFlight.ts"
import { overPort } from "../link/endpoint.ts"
import { onTimer } from "../loop/timeouts.ts"
import * as ledger from "../shared/ledger.ts"
import * as statusBlock from "../shared/statusBlock.ts"

class Understudy extends Actor.Service<Understudy>()("heddle.Understudy", [
  Rpc.make("Play", { payload: { line: Schema.String }, success: Schema.String })
]) {}

const layer = Understudy.toLayer({ Play: ({ line }) => Effect.succeed(line) })

/** The two ends of a link, of one who hosts the actor and one who asks it. */
const link = () => {
  const places = [{ thread: "stage", actors: [Understudy] }, { thread: "hall", actors: [] }]
  const [stageBlock, hallBlock] = [statusBlock.allocate(1), statusBlock.allocate(0)]
  const [forth, back] = [ledger.allocate(), ledger.allocate()]
  const { port1, port2 } = new MessageChannel()
  const make = (self: string, memory: SharedArrayBuffer) =>
    endpoint.make({ places, self, block: memory, after: onTimer, onDeadLetter: () => {} })
  const [stage, hall] = [make("stage", stageBlock), make("hall", hallBlock)]
  const end = { incarnation: 1, connect: overPort(port1), sends: forth, receives: back, block: hallBlock }
  stage.connect({ ...end, peer: "hall" })
  hall.connect({
    ...end,
    peer: "stage",
    connect: overPort(port2),
    sends: back,
    receives: forth,
    block: stageBlock
  })
  return { stage, hall }
}

/** Completes with what was asked, when it was answered. */
export const rehearsal = Effect.gen(function*() {
  const { hall, stage } = yield* Effect.acquireRelease(
    Effect.sync(link),
    ({ hall, stage }) => Effect.sync(() => [hall, stage].forEach((end) => end.close()))
  )
  const hosted = actors.make({
    thread: "stage",
    instance: { index: 0, count: 1 },
    incarnation: 1,
    endpoint: stage,
    services: Context.empty(),
    memoMap: Layer.makeMemoMapUnsafe(),
    inFlight: inFlight.make(stage.block),
    kept: new Map(),
    closeMillis: 1000,
    scope: yield* Effect.scope,
    onKept: () => {},
    publish: () => {}
  }, [{ actor: Understudy, layer }])
  hall.ready("stage", 1, yield* hosted.start)
  const line = yield* Effect.provideContext(
    Effect.flatMap(Understudy, (understudy) => understudy.Play({ line: "to be" })),
    Context.makeUnsafe<Understudy>(hall.clients)
  )
  yield* hosted.stop({ drainMillis: 0, comesBack: false })
  return line
}).pipe(Effect.scoped)
