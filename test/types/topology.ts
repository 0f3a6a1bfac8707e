import * as Effect from "effect/Effect"
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Actor, System, Thread } from "heddle"

class A extends Actor.Service<A>()("A", [
  Rpc.make("Hello", { payload: { name: Schema.String }, success: Schema.String }),
  Rpc.make("Ticks", { success: Schema.Int, stream: true })
]) {}
class B extends Actor.Service<B>()("B", [
  Rpc.make("Bye", { success: Schema.String })
]) {}

const aLayer = A.toLayer(Effect.gen(function*() {
  const b = yield* B
  return A.of({
    Hello: ({ name }) => b.Bye().pipe(Effect.orDie, Effect.map((x) => x + name)),
    Ticks: () => Stream.make(1)
  })
}))
const bLayer = B.toLayer(B.of({ Bye: () => Effect.succeed("") }))

const a = Actor.lazy(A, () => Promise.resolve({ default: aLayer }))
const b = Actor.lazy(B, () => Promise.resolve({ default: bLayer }))

export const ok = System.make({
  module: import.meta.url,
  threads: { a: Thread.make({ actors: [a] }), b: Thread.make({ actors: [b] }) }
})
export const ok2 = System.make({ module: import.meta.url, threads: { a: Thread.make({ actors: [b, a] }) } })
export const missing = System.make({ module: import.meta.url, threads: { a: Thread.make({ actors: [a] }) } })
export const wrong = Actor.lazy(A, () => Promise.resolve({ default: bLayer }))
export const program = Effect.gen(function*() {
  const a = yield* A
  const s: string = yield* a.Hello({ name: "x" }, { timeout: "1 second" })
  const v: void = yield* a.Hello({ name: "x" }, { discard: true })
  yield* a.Hello({ nam: "x" })
  yield* a.Ticks().pipe(Stream.runDrain)
  return [s, v]
}).pipe(Effect.provide(System.layer(ok)), Effect.runPromise)
