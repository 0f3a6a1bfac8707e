import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import { Actor, Thread } from "heddle"
import { make as makeTopology } from "../../src/control/topology.ts"
import * as postMortems from "../../src/main/postMortems.ts"
import { handling, type Living } from "../../src/main/status.ts"
import * as recorder from "../../src/shared/recorder.ts"
import { allocate as allocateRemains } from "../../src/shared/remains.ts"
import * as statusBlock from "../../src/shared/statusBlock.ts"
import * as SystemEvent from "../../src/SystemEvent.ts"
import { boom, declare, three } from "./machine.ts"

class Room extends Actor.Keyed<Room>()("Room", { key: Schema.String }, [Rpc.make("Say")]) {}

const topology = declare(three)
const [spec] = topology.threads

const make = () => postMortems.make({ topology, folder: undefined, onProblem: (problem) => assert.fail(problem) })

/** An incarnation of a thread, as far as its shared memory is concerned. */
const alive = (incarnation: number) => {
  const [memory, kept] = [statusBlock.allocate(1), recorder.allocate()]
  const fail = () => Promise.reject(new Error("not in this test"))
  const living: Living = {
    incarnation,
    utilization: 0.5,
    thread: {
      block: statusBlock.make(memory),
      memory,
      remains: allocateRemains(),
      recorder: recorder.make(kept),
      post: () => {},
      terminate: () => {},
      measureLoop: () => ({ idleMillis: 0, activeMillis: 0, utilization: 0 }),
      cpuMicros: () => Promise.resolve(undefined),
      find: (found) => found({}),
      profile: fail,
      heap: fail
    }
  }
  return { living, own: statusBlock.make(memory), log: recorder.make(kept) }
}

const exited = (incarnation: number, asked = false) =>
  SystemEvent.ThreadExited.make({ atMillis: incarnation, thread: "a", incarnation, cause: boom, asked })

describe("post-mortems", () => {
  it("F30: Records are kept of the last twenty deaths, each with the last fifty events before it.", () => {
    assert(spec !== undefined)
    const records = make()
    for (let incarnation = 1; incarnation <= 60; incarnation++) {
      records.ended(spec, alive(incarnation).living, 10)
      const event = records.complete(exited(incarnation))
      assert(event._tag === "ThreadExited")
      assert.deepStrictEqual(event.postMortem, records.all().at(-1))
    }
    assert.deepStrictEqual(
      records.all().map(({ incarnation }) => incarnation),
      Array.from({ length: 20 }, (_, index) => index + 41)
    )
    assert.deepStrictEqual(records.all().at(-1)?.events.length, 50)
  })

  it("F30: A thread that was asked to end leaves no record.", () => {
    assert(spec !== undefined)
    const records = make()
    records.ended(spec, alive(1).living, 10)
    const event = exited(1, true)
    assert.strictEqual(records.complete(event), event)
    assert.deepStrictEqual(records.all(), [])
  })

  it("F30: What a thread was doing is that of the time when it failed, not of its end.", () => {
    assert(spec !== undefined)
    const records = make()
    const { living, log, own } = alive(3)
    const entry = own.handling.enter(0, 0, 2, () => 0)
    own.addDepth(0, 4)
    log.write(JSON.stringify({ time: "now", level: "INFO", thread: "a", message: "one" }))
    records.failing(spec, living)
    own.handling.leave(entry)
    own.addDepth(0, -4)
    log.write(JSON.stringify({ time: "now", level: "INFO", thread: "a", message: "two" }))
    log.write("{ what is cut is no record")
    records.ended(spec, living, null)
    records.complete(exited(3))
    const [record] = records.all()
    assert.deepStrictEqual(record?.handling.map(({ actor, message, sender }) => [actor, message, sender]), [
      ["Idle-a", "Rest", "b"]
    ])
    assert.deepStrictEqual(record?.mailboxes, [{ actor: "Idle-a", depth: 4 }])
    assert.deepStrictEqual(record?.logs.map(({ message }) => message), ["one", "two"])
  })

  it("F30: A record has the keys of what a keyed actor handled, and of a long one its beginning.", () => {
    const { living, own } = alive(1)
    const layer = Room.toLayer(() => ({ Say: () => Effect.void }))
    const a = Thread.make({ actors: [Actor.lazy(Room, async () => ({ default: layer }))] })
    const [rooms] = makeTopology({ module: import.meta.url, threads: { a } }).threads
    assert(rooms !== undefined)
    const keys = ["lobby", "", "\ud800 🎩", "x".repeat(100)]
    for (const [index, key] of keys.entries()) own.handling.enter(0, 0, 0, () => index, key)
    own.noteHandling(0, 0)
    own.noteSender(0)
    own.handling.noteKey("runs")
    const records = make()
    records.ended(rooms, living, null)
    records.complete(exited(1))
    const [record] = records.all()
    assert.deepStrictEqual(
      record?.handling.map(({ key }) => key),
      ["lobby", "", "\ud800 🎩", `${"x".repeat(64)}…`, "runs"]
    )
    assert.strictEqual(handling(rooms, own), "Room(\"runs\").Say")
  })
})
