/** What a change of files means to a system that watches them. */
import { assert, describe, it } from "@effect/vitest"
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import { Actor, System, Thread } from "heddle"
import { compare, planOf } from "../../src/cli/watch/plan.ts"

const loaded = {
  config: "/app/config.ts",
  main: new Set(["/app/config.ts", "/app/Protocol.ts"]),
  threads: new Map([
    ["one", new Set(["/app/config.ts", "/app/Protocol.ts", "/app/One.ts", "/app/shared.ts"])],
    ["two", new Set(["/app/config.ts", "/app/Protocol.ts", "/app/Two.ts", "/app/shared.ts"])]
  ])
}

const plan = (...files: ReadonlyArray<string>) => planOf(new Set(files.map((file) => `/app/${file}`)), loaded)

describe("changed files", () => {
  it("C15: A changed file concerns the threads that have loaded it, and nobody if none has.", () => {
    assert.deepStrictEqual(plan("One.ts"), { _tag: "Threads", threads: ["one"] })
    assert.deepStrictEqual(plan("shared.ts"), { _tag: "Threads", threads: ["one", "two"] })
    assert.deepStrictEqual(plan("Two.ts", "One.ts"), { _tag: "Threads", threads: ["one", "two"] })
    assert.deepStrictEqual(plan("README.md"), { _tag: "Threads", threads: [] })
  })

  it("C15: What main has loaded concerns the system, and the config module alone its declaration.", () => {
    assert.deepStrictEqual(plan("Protocol.ts", "One.ts"), { _tag: "System" })
    assert.deepStrictEqual(plan("config.ts"), { _tag: "Declaration", threads: [] })
    assert.deepStrictEqual(plan("config.ts", "Two.ts"), { _tag: "Declaration", threads: ["two"] })
    assert.deepStrictEqual(plan("config.ts", "Protocol.ts"), { _tag: "System" })
  })
})

class Greeter extends Actor.Service<Greeter>()("Greeter", [
  Rpc.make("Hello", { payload: { name: Schema.String }, success: Schema.String })
]) {}
class LouderGreeter extends Actor.Service<LouderGreeter>()("Greeter", [
  Rpc.make("Hello", { payload: { name: Schema.String, times: Schema.Int }, success: Schema.String })
]) {}
class Other extends Actor.Service<Other>()("Other", []) {}

/** As Node has the text of it; this test's runner writes imports otherwise. */
const elsewhere = Object.assign(() => Promise.resolve({ default: null }), {
  toString: () => `() => import("./GreeterLayer.ts")`
})
const here = () => Promise.resolve({ default: null })

/** Declares a system of two threads. */
const declare = ({ names = ["one", "two"], one = {}, system = {}, greeter = Greeter, load = elsewhere }: {
  readonly names?: readonly [string, string]
  readonly one?: Omit<Thread.Options<[]>, "actors">
  readonly system?: { readonly strategy?: System.Strategy }
  readonly greeter?: Actor.Any
  readonly load?: () => Promise<unknown>
} = {}) => {
  const [first, second] = names
  const { topology } = System.make({
    module: import.meta.url,
    ...system,
    threads: {
      [first]: Thread.make({ ...one, actors: [{ actor: greeter, load }] }),
      [second]: Thread.make({ actors: [{ actor: Other, load: elsewhere }] })
    }
  })
  return topology
}

describe("changed declarations", () => {
  it("C15: A declaration differs in the threads whose options differ, and in none if it says the same.", () => {
    assert.deepStrictEqual(compare(declare(), declare()), { _tag: "Threads", threads: [] })
    assert.deepStrictEqual(compare(declare(), declare({ one: { standby: 1 } })), { _tag: "Threads", threads: ["one"] })
    const never = declare({ one: { restart: { policy: "never" } } })
    assert.deepStrictEqual(compare(never, declare()), { _tag: "Threads", threads: ["one"] })
  })

  it("C15: A thread whose code may stand in the config module differs whenever that has changed.", () => {
    assert.deepStrictEqual(compare(declare({ load: here }), declare({ load: here })), {
      _tag: "Threads",
      threads: ["one"]
    })
  })

  it("C15: Other threads, messages or options of the system are those of another system.", () => {
    const what = (after: ReturnType<typeof declare>) => {
      const difference = compare(declare(), after)
      return difference._tag === "System" ? difference.what : difference.threads
    }
    assert.strictEqual(what(declare({ names: ["one", "three"] })), "the threads")
    assert.strictEqual(what(declare({ system: { strategy: "one-for-all" } })), "the system's options")
    assert.strictEqual(what(declare({ one: { isolation: "inline" } })), "the system's options")
    assert.strictEqual(what(declare({ greeter: LouderGreeter })), "the actors or their messages")
  })
})
