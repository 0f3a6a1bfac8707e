/** Effect's own RPC over its worker protocol: one worker, up to 1000 calls on it. */
import * as NodeWorker from "@effect/platform-node/NodeWorker"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as RpcClient from "effect/rpc/RpcClient"
import * as Scope from "effect/Scope"
import { Worker } from "node:worker_threads"
import type { Measurements } from "../../contestant.ts"
import { small, timed } from "../drive.ts"
import { Echoes } from "./effectRpcProtocol.ts"

const protocol = Layer.provide(
  RpcClient.layerProtocolWorker({ size: 1, concurrency: 1000 }),
  NodeWorker.layer(() => new Worker(new URL("./effectRpcWorker.ts", import.meta.url)))
)

export default async (): Promise<Measurements> => {
  const scoped = ManagedRuntime.make(protocol)
  const client = await scoped.runPromise(Effect.provideService(RpcClient.make(Echoes), Scope.Scope, Scope.makeUnsafe()))
  await scoped.runPromise(client.Echo(small(0)))
  return {
    latencies: (count = 0) =>
      scoped.runPromise(Effect.gen(function*() {
        const micros: Array<number> = []
        for (let id = 0; id < count; id++) {
          const began = performance.now()
          yield* client.Echo(small(id))
          micros.push((performance.now() - began) * 1000)
        }
        return micros
      })),
    asks: async (count = 0, window = 1) => {
      const ids = Array.from({ length: count }, (_, id) => id)
      const all = Effect.forEach(ids, (id) => client.Echo(small(id)), { concurrency: window, discard: true })
      return [await timed(() => scoped.runPromise(all))]
    }
  }
}
