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
import * as hands from "../host/hands.ts"
import { onTimer } from "../link/after.ts"
import * as board from "../link/board.ts"
import * as ledger from "../link/ledger.ts"
import * as node from "../link/node.ts"

class Understudy extends Actor.Service<Understudy>()("heddle.Understudy", [
  Rpc.make("Play", { payload: { line: Schema.String }, success: Schema.String })
]) {}

const layer = Understudy.toLayer({ Play: ({ line }) => Effect.succeed(line) })

/** The two ends of a link, of one who hosts the actor and one who asks it. */
const link = () => {
  const places = [{ thread: "stage", actors: [Understudy] }, { thread: "hall", actors: [] }]
  const [stageBoard, hallBoard] = [board.allocate(1), board.allocate(0)]
  const [forth, back] = [ledger.allocate(), ledger.allocate()]
  const { port1, port2 } = new MessageChannel()
  const make = (self: string, memory: SharedArrayBuffer) =>
    node.make({ places, self, board: memory, after: onTimer, onDeadLetter: () => {} })
  const [stage, hall] = [make("stage", stageBoard), make("hall", hallBoard)]
  const end = { incarnation: 1, connect: node.overPort(port1), sends: forth, receives: back, board: hallBoard }
  stage.connect({ ...end, peer: "hall" })
  hall.connect({
    ...end,
    peer: "stage",
    connect: node.overPort(port2),
    sends: back,
    receives: forth,
    board: stageBoard
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
    incarnation: 1,
    node: stage,
    services: Context.empty(),
    memoMap: Layer.makeMemoMapUnsafe(),
    hands: hands.make(stage.board),
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
