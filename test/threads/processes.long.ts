import { afterAll, assert, describe, it, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type ExitCause, System } from "heddle"
import { createSecretKey } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import config from "../fixtures/processes/config.ts"
import { type Death, Local, Sibling, Subject } from "../fixtures/processes/Subject.ts"
import { journal, quietly, reason, thread, watch } from "./watching.ts"

const paper = journal()
afterAll(paper.remove)

const now = { startImmediately: true }
/** A process that starts on a busy machine takes a while. */
const patient = { timeout: "30 seconds" } as const
/** Whether a process runs. One whose exit nobody has asked for does not. */
const lives = (pid: number): boolean => {
  try {
    return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, "latin1"))
  } catch {
    return false
  }
}

/** Why a thread ends that a subject ends so. */
const deaths: ReadonlyArray<readonly [Death, (cause: ExitCause.ExitCause) => boolean]> = [
  [
    "throw",
    (cause) => cause._tag === "Thrown" && cause.name === "RangeError" && cause.stack.includes("redo from start")
  ],
  ["reject", (cause) => cause._tag === "Thrown" && cause.message === "nobody listens"],
  ["exit", (cause) => cause._tag === "Exited" && cause.code === 0 && cause.how === "process.exit"],
  ["kill", (cause) => cause._tag === "Killed" && cause.signal === "SIGKILL"],
  ["segv", (cause) => cause._tag === "Killed" && cause.signal === "SIGSEGV"],
  ["abort", (cause) => cause._tag === "Killed" && cause.signal === "SIGABRT"],
  ["array", (cause) => cause._tag === "OutOfMemory" && cause.message.includes("heap out of memory")],
  ["heap", (cause) => cause._tag === "OutOfMemory" && cause.message.includes("heap out of memory")],
  // What was sent to it is never read, so its sockets end with an error.
  ["stop", (cause) => cause._tag === "Stalled" && cause.handling === "Subject.Die" && cause.native === true],
  ["execSync", (cause) => cause._tag === "Stalled" && cause.handling === "Subject.Die" && cause.native === true],
  [
    "spin",
    (cause) =>
      cause._tag === "Stalled" && cause.handling === "Subject.Die" && cause.at?.function === "die" &&
      cause.at.file.endsWith("behavior.ts")
  ]
]

layer(quietly(System.layer(config)), { excludeTestServices: true, timeout: "60 seconds" })("a process", (it) => {
  it.effect("F32: A thread with isolation \"process\" is a child process, whose modules see a thread that is not main.", () =>
    Effect.gen(function*() {
      const subject = yield* (yield* Subject).Where(undefined, patient)
      const sibling = yield* (yield* Sibling).Where(undefined, patient)
      assert.deepStrictEqual([subject.ppid, sibling.ppid], [process.pid, process.pid])
      assert.notStrictEqual(subject.pid, sibling.pid)
      assert.isFalse(subject.isMain)
      assert.strictEqual((yield* (yield* Local).Where(undefined, patient)).pid, process.pid)
    }))

  it.effect("F32: Processes and threads ask each other directly, in both directions.", () =>
    Effect.gen(function*() {
      // Each asks the next one: a process, another process, a thread, and so on.
      assert.strictEqual(yield* (yield* Subject).Ask({ number: 9 }), 45)
      assert.strictEqual(yield* (yield* Local).Ask({ number: 9 }), 45)
    }))

  it.effect("F15, F32: What a module does to `process` reaches neither orders nor links of its thread.", () =>
    Effect.gen(function*() {
      const subject = yield* Subject
      const sibling = yield* Sibling
      const system = yield* System.System
      const before = yield* subject.Where(undefined, patient)
      yield* subject.Meddle()
      // Its link to the next incarnation of another process comes over the channel, and so does the order to stop.
      yield* system.restart("sibling")
      assert.strictEqual(yield* subject.Ask({ number: 9 }, patient), 45)
      assert.strictEqual((yield* subject.Where(undefined, patient)).pid, before.pid)
      const events = yield* watch
      yield* system.restart("subject")
      assert.notStrictEqual((yield* subject.Where(undefined, patient)).pid, before.pid)
      yield* events.next("ThreadExited", ({ thread }) => thread === "subject")
      assert.strictEqual(yield* sibling.Ask({ number: 9 }, patient), 45)
    }))

  it.effect("F32: A thousand asks at a time are answered, each once, and a stream of ten thousand in order.", () =>
    Effect.gen(function*() {
      const subject = yield* Subject
      const answers = yield* Effect.forEach(
        Array.from({ length: 1000 }, (_, index) => index),
        (value) => subject.Back({ value }),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(answers, Array.from({ length: 1000 }, (_, index) => index))
      const counted = yield* Stream.runCollect(subject.Count({ to: 10_000 }))
      assert.deepStrictEqual(counted, Array.from({ length: 10_000 }, (_, index) => index + 1))
    }))

  it.effect("F32, D14: Values arrive in a process as sent.", () =>
    Effect.gen(function*() {
      const subject = yield* Subject
      const value = {
        zero: -0,
        nan: Number.NaN,
        nothing: undefined,
        none: null,
        big: 2n ** 70n,
        at: new Date(7),
        map: new Map([["a", new Set([1])]]),
        bytes: new Uint8Array([1, 2, 3]),
        floats: new Float64Array([0.5, -0]),
        text: "\u0000\ud83d\ude00 \ud800",
        holes: [1, undefined, 3]
      }
      const back = yield* subject.Back({ value })
      assert.deepStrictEqual(back, value)
      assert.isTrue(typeof back === "object" && back !== null && "zero" in back && Object.is(back.zero, -0))
    }))

  it.effect("F32, D15: Bytes of any size arrive, and those that are sent stay.", () =>
    Effect.gen(function*() {
      const subject = yield* Subject
      for (const length of [0, 1, 65_535, 65_536, 1 << 20, 20 << 20]) {
        const bytes = new Uint8Array(length).fill(7)
        const back = yield* subject.Bytes({ bytes })
        assert.isTrue(Buffer.compare(back, bytes) === 0 && bytes.length === length)
        assert.strictEqual(back.buffer.byteLength, length)
      }
    }))

  it.effect("F32: What can't leave a process is a typed error for its asker alone.", () =>
    Effect.gen(function*() {
      const subject = yield* Subject
      assert.strictEqual((yield* reason(subject.Share()))._tag, "NotSendable")
      assert.strictEqual((yield* reason(subject.Back({ value: () => 1 })))._tag, "NotSendable")
      const { Module } = Reflect.get(globalThis, "WebAssembly")
      const empty = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])
      for (
        const [name, value] of [
          ["SharedArrayBuffer", new SharedArrayBuffer(1)],
          ["Blob", new Blob(["b"])],
          ["File", new File(["f"], "f.txt")],
          // V8 writes one down, and what it writes can't be read.
          ["Module", new Module(empty)],
          ["Module", new Map([["key", { of: [new Module(empty)] }]])],
          ["SecretKeyObject", createSecretKey(empty)]
        ] as const
      ) {
        const why = yield* reason(subject.Back({ value }))
        assert(why._tag === "NotSendable")
        assert.include(why.detail, `an instance of ${name} can't leave its process`)
        assert.strictEqual(why.handled, "no")
      }
      assert.strictEqual(yield* subject.Back({ value: "well" }), "well")
    }))

  for (const [how, isCause] of deaths) {
    it.effect(`F32: ${how}: what ran is Crashed, what waited runs once in the next process, a sibling notices nothing.`, () =>
      Effect.gen(function*() {
        const subject = yield* Subject
        const sibling = yield* Sibling
        const { pid } = yield* subject.Where(undefined, patient)
        const events = yield* watch
        paper.clear()
        const beside = yield* Effect.forkChild(sibling.Note({ label: "sibling", millis: 500 }), now)
        const running = yield* Effect.forEach(
          ["r1", "r2", "r3"],
          (label) => Effect.forkChild(reason(subject.Note({ label, millis: 50_000 }, { timeout: "60 seconds" })), now)
        )
        const dying = yield* Effect.forkChild(reason(subject.Die({ how }, { timeout: "60 seconds" })), now)
        const labels = Array.from({ length: 20 }, (_, index) => `waits ${index}`)
        const waiting = yield* Effect.forEach(
          labels,
          (label) => Effect.forkChild(subject.Note({ label }, { timeout: "60 seconds" }), now)
        )
        const ended = [...yield* Effect.forEach(running, (fiber) => Fiber.join(fiber)), yield* Fiber.join(dying)]
        assert.deepStrictEqual(ended.map(({ _tag, handled }) => `${_tag} ${handled}`), Array(4).fill("Crashed maybe"))
        for (const fiber of waiting) yield* Fiber.join(fiber)
        assert.strictEqual(yield* Fiber.join(beside), "sibling")
        const { cause } = yield* events.next("ThreadExited", ({ thread }) => thread === "subject")
        assert.isTrue(isCause(cause), JSON.stringify(cause))
        assert.sameMembers([...paper.lines()], [...labels, "sibling"])
        assert.isFalse(lives(pid))
      }))
  }

  it.effect("F32: Each fault can be injected into a process, and nothing but the process ends.", () =>
    Effect.gen(function*() {
      const system = yield* System.System
      const subject = yield* Subject
      const causes = []
      for (const fault of ["throw", "exit", "segv", "abort", "kill"] as const) {
        yield* subject.Where(undefined, patient)
        const events = yield* watch
        yield* system.inject("subject", fault)
        const { cause } = yield* events.next("ThreadExited")
        causes.push(cause._tag === "Killed" ? cause.signal : cause._tag)
        yield* events.next("ThreadStarted")
      }
      assert.deepStrictEqual(causes, ["Thrown", "Exited", "SIGSEGV", "SIGABRT", "SIGKILL"])
      for (const fault of ["segv", "abort", "kill"] as const) {
        assert.strictEqual((yield* Effect.flip(system.inject("local", fault)))._tag, "NotContained")
      }
    }))

  it.effect("F32: The child processes of a process that crashes end before its successor begins.", () =>
    Effect.gen(function*() {
      const subject = yield* Subject
      const pid = yield* subject.Spawn(undefined, patient)
      assert.isTrue(lives(pid))
      yield* reason(subject.Die({ how: "kill" }))
      yield* subject.Where(undefined, patient)
      assert.isFalse(lives(pid))
    }))

  it.effect("F32: A process stops, starts and restarts when asked to, and shows heap, processor time and counters.", () =>
    Effect.gen(function*() {
      const system = yield* System.System
      const subject = yield* Subject
      const { pid } = yield* subject.Where(undefined, patient)
      yield* system.restart("subject")
      assert.isFalse(lives(pid))
      const next = yield* subject.Where(undefined, patient)
      assert.notStrictEqual(next.pid, pid)
      yield* system.stop("subject")
      assert.isFalse(lives(next.pid))
      assert.strictEqual((yield* reason(subject.Where(undefined, patient)))._tag, "NotRunning")
      yield* system.start("subject")
      yield* subject.Where(undefined, patient)
      const status = yield* thread("subject").pipe(
        Effect.delay(20),
        Effect.repeat({ until: ({ heapUsedBytes }) => heapUsedBytes > 0 }),
        Effect.timeout("10 seconds")
      )
      assert.strictEqual(status.state, "running")
      assert.isAbove(status.actors[0]?.handled ?? 0, 0)
    }))
})

describe("the end of a system with processes", () => {
  it("F32: After the end of its system no process, descriptor or file of it is left.", async () => {
    const open = (): ReadonlyArray<string> => readdirSync("/proc/self/fd")
    const scope = Effect.runSync(Scope.make())
    const before = open()
    const context = await Effect.runPromise(Scope.provide(Layer.build(quietly(System.layer(config))), scope))
    const pids = await Effect.runPromise(Effect.provideContext(
      Effect.gen(function*() {
        const subject = yield* Subject
        const first = yield* subject.Where(undefined, patient)
        yield* reason(subject.Die({ how: "kill" }))
        return [first, yield* subject.Where(undefined, patient), yield* (yield* Sibling).Where(undefined, patient)].map(
          ({ pid }) => pid
        )
      }),
      context
    ))
    await Effect.runPromise(Scope.close(scope, Exit.void))
    assert.deepStrictEqual(pids.filter(lives), [])
    // Sockets are closed in the turn that follows.
    await new Promise((resolve) => setImmediate(resolve))
    assert.deepStrictEqual(open().filter((fd) => !before.includes(fd)), [])
  })
})
