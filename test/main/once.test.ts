import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Rpc from "effect/rpc/Rpc"
import { Actor, Cluster, Storage, Thread } from "heddle"
import * as topology from "../../src/control/topology.ts"
import { boom, make } from "./machine.ts"

class Bot extends Actor.Service<Bot>()("Bot", [Rpc.make("Say")]) {}
class Web extends Actor.Service<Web>()("Web", [Rpc.make("Get")]) {}

const declared = topology.make({
  module: import.meta.url,
  threads: {
    bot: Thread.make({
      actors: [Actor.lazy(Bot, () => Promise.resolve({ default: Bot.toLayer({ Say: () => Effect.void }) }))]
    }),
    web: Thread.make({
      actors: [Actor.lazy(Web, () => Promise.resolve({ default: Web.toLayer({ Get: () => Effect.void }) }))]
    })
  },
  storage: Storage.postgres({ url: "postgres://127.0.0.1/test" }),
  cluster: Cluster.make({ address: "127.0.0.1:1", key: "a key for this test", once: ["bot"] })
})

/** The system as it is on the machine that has the bot. */
const running = () => {
  const machine = make(declared)
  machine.boot()
  assert.strictEqual(machine.thread("bot").phase, "idle")
  machine.start("bot")
  machine.ready("bot")
  assert.strictEqual(machine.thread("bot").phase, "running")
  return machine
}

describe("threads that run on one machine", () => {
  it("N2: When the thread of the cluster crashes, they are terminated, and nothing but the cluster starts them again.", () => {
    const machine = running()
    assert.include(machine.ends("heddle.cluster", boom), "Kill bot#1")
    const commands = machine.ends("bot")
    assert.notInclude(commands.join(), "Spawn bot")
    assert.deepStrictEqual([machine.thread("bot").phase, machine.thread("bot").wanted], ["idle", false])
    assert.strictEqual(machine.thread("web").phase, "running")
    machine.start("bot")
    assert.strictEqual(machine.thread("bot").phase, "starting")
  })

  it("N2: When the thread of the cluster is restarted by an order, they stop in order.", () => {
    const machine = running()
    machine.restart("heddle.cluster")
    assert.include(machine.stops("heddle.cluster"), "AskStop bot#1")
    machine.stops("bot")
    assert.deepStrictEqual([machine.thread("bot").phase, machine.thread("bot").wanted], ["idle", false])
  })

  it("N2: A bot that crashes while the cluster's thread does is not restarted here.", () => {
    const machine = running()
    machine.ends("bot", boom)
    assert.isTrue(machine.thread("bot").wanted)
    machine.ends("heddle.cluster", boom)
    assert.isFalse(machine.thread("bot").wanted)
  })
})
