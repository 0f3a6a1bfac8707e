/**
 * Warms up the JIT compiler: runs the life of an actor of no importance once, while nobody waits. The actor is built, gets a message
 * over a port, answers, and is closed. The engine compiles functions when they are first called, so it has done that before a
 * crash has to be answered, which then takes a third less time.
 *
 * ```text
 *   host (endpoint, actor) <--- a port, two ledgers ---> caller (endpoint)
 * ```
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
import { serve } from "../host/serving.ts"
import { overPort } from "../link/peer.ts"
import { onTimer } from "../loop/timeouts.ts"
import * as ledger from "../shared/ledger.ts"
import * as statusBlock from "../shared/statusBlock.ts"

/** An actor that answers with what it was sent. Its name is heddle's own, so no program has one of that name. */
class Echo extends Actor.Service<Echo>()("heddle.Echo", [
  Rpc.make("Echo", { payload: { text: Schema.String }, success: Schema.String })
]) {}

const layer = Echo.toLayer({ Echo: ({ text }) => Effect.succeed(text) })

/** Two endpoints in this thread, linked by a port: one hosts the actor, the other one asks it. */
const link = () => {
  const places = [{ thread: "host", actors: [Echo] }, { thread: "caller", actors: [] }]
  const [hostBlock, callerBlock] = [statusBlock.allocate(1), statusBlock.allocate(0)]
  const [forth, back] = [ledger.allocate(), ledger.allocate()]
  const { port1, port2 } = new MessageChannel()
  const make = (self: string, memory: SharedArrayBuffer) =>
    endpoint.make({ places, self, block: memory, after: onTimer, onDeadLetter: () => {} })
  const [host, caller] = [make("host", hostBlock), make("caller", callerBlock)]
  const end = { incarnation: 1, connect: overPort(port1), sends: forth, receives: back, block: callerBlock }
  host.connect({ ...end, peer: "caller" })
  caller.connect({
    ...end,
    peer: "host",
    connect: overPort(port2),
    sends: back,
    receives: forth,
    block: hostBlock
  })
  return { host, caller }
}

/**
 * Runs the actor's life. Completes with the answer that the actor gave.
 *
 * **Details**
 * - Everything that it opens is closed when it completes: ports, scopes, fibers.
 * - Nothing depends on its success; who starts it ignores its failure.
 */
export const warmUp = Effect.gen(function*() {
  const { caller, host } = yield* Effect.acquireRelease(
    Effect.sync(link),
    ({ caller, host }) => Effect.sync(() => [caller, host].forEach((end) => end.close()))
  )
  const hosted = actors.make({
    thread: "host",
    instance: { index: 0, count: 1 },
    incarnation: 1,
    endpoint: host,
    services: Context.empty(),
    memoMap: Layer.makeMemoMapUnsafe(),
    inFlight: inFlight.make(host.block),
    kept: new Map(),
    closeMillis: 1000,
    scope: yield* Effect.scope,
    onKept: () => {},
    publish: () => {}
  }, [{ actor: Echo, layer, serve }])
  caller.ready("host", 1, yield* hosted.start)
  const answer = yield* Effect.provideContext(
    Effect.flatMap(Echo, (echo) => echo.Echo({ text: "warm" })),
    Context.makeUnsafe<Echo>(caller.clients)
  )
  yield* hosted.stop({ drainMillis: 0, comesBack: false })
  return answer
}).pipe(Effect.scoped)
