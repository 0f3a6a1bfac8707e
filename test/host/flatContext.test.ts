/** Adding services to the contexts of actors and handlers costs the same, however many actors a system has. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Rpc from "effect/rpc/Rpc"
import { Actor, System, Thread } from "heddle"
import * as Testing from "heddle/Testing"
import { flatten, flattenerFor, inFlatContext } from "../../src/host/flatContext.ts"

/** A context as an actor has it: with the clients of many actors, and overlays on top of them. */
const ofActor = (overlays: number): Context.Context<never> => {
  let context = Context.makeUnsafe<never>(new Map(Array.from({ length: 300 }, (_, n) => [`actor ${n}`, n])))
  for (let n = 0; n < overlays; n++) context = Context.addUnsafe(context, `own ${n}`, n)
  return context
}

/** What one request adds. */
const withRequest = (context: Context.Context<never>): Context.Context<never> =>
  Array.from({ length: 16 }).reduce<Context.Context<never>>(
    (context, _, n) => Context.addUnsafe(context, `of the request ${n}`, n),
    context
  )

/** The map under the overlays; adding a service shares it unless Effect has copied it. */
const base = (context: Context.Context<never>): unknown => Reflect.get(context, "base")

describe("a flattened context", () => {
  for (const overlays of [0, 1, 6, 8]) {
    it(`A flattened context is not copied when a request adds services, whether it had ${overlays} overlays or more.`, () => {
      const flat = flatten(ofActor(overlays))
      assert.strictEqual(base(withRequest(flat)), base(flat))
      assert.strictEqual(flat.mapUnsafe.size, 300 + overlays)
      assert.strictEqual(withRequest(flat).mapUnsafe.size, 316 + overlays)
    })
  }

  it("A flattened context would have been copied otherwise, else flattening it buys nothing.", () => {
    const context = ofActor(6)
    assert.notStrictEqual(base(withRequest(context)), base(context))
  })

  it("A flattened context is that of an effect which runs in it, with all services.", () => {
    const context = Effect.runSync(Effect.provideContext(inFlatContext(Effect.context<never>()), ofActor(6)))
    assert.strictEqual(base(withRequest(context)), base(context))
    assert.isTrue(context.mapUnsafe.has("own 5"))
  })
})

describe("the contexts of a large system's actors", () => {
  const services = (count: number) =>
    flatten(Context.makeUnsafe<never>(new Map(upTo(count).map((n) => [`actor ${n}`, n]))))
  const upTo = (count: number) => Array.from({ length: count }, (_, n) => n)

  it("The contexts of a large system's actors share one map, where copies for each actor would grow with the square of their number.", () => {
    const [small, large] = [services(300), services(3000)]
    const ofActor = (shared: Context.Context<never>) =>
      flattenerFor(shared)(Context.addUnsafe<never, never, number>(shared, "own", 1))
    assert.notStrictEqual(base(ofActor(small)), base(small))
    assert.strictEqual(base(ofActor(large)), base(large))
    assert.strictEqual(base(withRequest(ofActor(large))), base(large), "nor do requests copy it")
  })
})

class Probe extends Actor.Service<Probe>()("Probe", [Rpc.make("Look")]) {}
class Cache extends Context.Service<Cache, string>()("flatContext/Cache") {}

/** Where a context was seen, and whether a request that adds services would copy it. */
const seen = new Map<string, boolean>()
const see = (where: string): Effect.Effect<void> =>
  Effect.map(Effect.context<never>(), (context) => void seen.set(where, base(withRequest(context)) !== base(context)))

const probe = Probe.toLayer(
  Effect.gen(function*() {
    yield* Cache
    yield* see("the actor's layer")
    return Probe.of({ Look: () => see("a handler") })
  })
).pipe(Layer.provide(Layer.effect(Cache, Effect.as(see("a layer that it provides"), "cache"))))

const config = System.make({
  module: import.meta.url,
  layer: () => Promise.resolve({ default: Layer.effectDiscard(see("the system's layer")) }),
  threads: {
    probe: Thread.make({
      layer: () => Promise.resolve({ default: Layer.effectDiscard(see("the thread's layer")) }),
      actors: [Actor.lazy(Probe, () => Promise.resolve({ default: probe }))]
    })
  }
})

describe("a system", () => {
  it("A system flattens the contexts of its layers, actors and handlers.", () =>
    Effect.runPromise(
      Effect.flatMap(Probe, (probe) => probe.Look()).pipe(
        Effect.provide(Layer.provide(Testing.layer(config), Logger.layer([]))),
        Effect.andThen(Effect.sync(() =>
          assert.deepStrictEqual(
            Object.fromEntries(seen),
            {
              "the system's layer": false,
              "the thread's layer": false,
              "a layer that it provides": false,
              "the actor's layer": false,
              "a handler": false
            }
          )
        ))
      )
    ))
})
