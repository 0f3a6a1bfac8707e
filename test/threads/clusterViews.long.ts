/** What people see of two machines, from either of them: by the command, the page's server, and a collector of traces. */
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { join } from "node:path"
import { MachineView } from "../../src/actor/fleet.ts"
import { SystemView } from "../../src/socket/request.ts"
import { world } from "../cli/operating.ts"
import { collecting } from "../guides/collector.ts"
import { freePort, keys } from "./machines.ts"
import * as postgres from "./postgres.ts"

const bin = postgres.binaries()

const decodeView = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.toCodecJson(SystemView)))
const decodeMachines = Schema.decodeUnknownSync(
  Schema.Struct({ machines: Schema.toCodecJson(Schema.Array(MachineView)) })
)
const decodeKey = Schema.decodeUnknownSync(
  Schema.fromJsonString(Schema.Struct({ key: Schema.String, machine: Schema.String, state: Schema.String }))
)

/** A database, and two machines that have joined. */
const two = Effect.fnUntraced(function*(env: Readonly<Record<string, string>> = {}) {
  const database = yield* Effect.acquireRelease(
    Effect.promise(() => postgres.make(bin ?? "")),
    ({ remove }) => Effect.promise(remove)
  )
  const { heddle, path, start } = yield* world
  const machine = Effect.fnUntraced(function*(name: string) {
    const address = `127.0.0.1:${yield* Effect.promise(freePort)}`
    const system = yield* start("cluster/watched.ts", /thread "web" #1 is ready/, {
      env: {
        DATABASE_URL: database.url,
        HEDDLE_ADDRESS: address,
        HEDDLE_CLUSTER_KEY: "the key of this test, which is long enough",
        MACHINE: name,
        JOURNAL: join(path, "journal"),
        PORT: "0",
        ...env
      }
    })
    /** Runs a command against this machine. */
    const run = (...args: ReadonlyArray<string>) =>
      Effect.map(heddle([...args, "--pid", String(system.pid)]), ({ code, err, out }) => {
        assert.strictEqual(code, 0, `${args.join(" ")}: ${err}`)
        return out
      })
    const view = Effect.map(run("ps", "--json"), decodeView)
    const page = yield* Effect.cached(Effect.map(run("call", "Dashboard.Address"), (out) => out.trim()))
    return { address, name, run, system, view, page }
  })
  const a = yield* machine("a")
  const b = yield* machine("b")
  return { a, b }
})

type Machine = Effect.Success<ReturnType<typeof two>>["a"]

/** Sends a message by way of a machine's page, and gives its answer. */
const call = Effect.fnUntraced(function*(
  { page }: Machine,
  actor: string,
  sent: { readonly message: string; readonly key?: string; readonly payload?: object }
) {
  const url = `${yield* page}/api/actors/${actor}/call`
  const body = JSON.stringify(sent)
  return yield* Effect.promise(async () => {
    const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body })
    const text = await response.text()
    if (!response.ok) throw new Error(text)
    const { values }: { readonly values: ReadonlyArray<unknown> } = JSON.parse(text)
    return values[0]
  })
})

/** Sends a message to all keys, until both machines hold some: then who holds which. */
const spread = Effect.fnUntraced(function*({ a, b }: { readonly a: Machine; readonly b: Machine }) {
  const named = new Map([[a.name, a.address], [b.name, b.address]])
  for (;;) {
    const answers = yield* Effect.forEach(
      keys,
      (key) =>
        Effect.map(
          call(a, "Counter", { message: "Add", key, payload: { id: "x" } }),
          (value) => [key, named.get(String(Reflect.get(Object(value), "machine")))] as const
        ),
      { concurrency: "unbounded" }
    )
    const places = new Map(answers)
    if (new Set(places.values()).size === 2) return places
  }
})

/** Looks until it is as it should be. */
const until = <A>(look: Effect.Effect<A>, is: (seen: A) => boolean): Effect.Effect<A> =>
  Effect.repeat(look, { until: is, schedule: Schedule.spaced("100 millis") })

/**
 * Looks until all is as it should be. On a busy computer a machine may be put out for a moment, and a place is nobody's while it moves.
 */
const eventually = <A, E>(look: Effect.Effect<A, E>): Effect.Effect<A, unknown> =>
  Effect.retry(Effect.catchCause(look, (cause) => Effect.fail(Cause.squash(cause))), {
    schedule: Schedule.spaced("200 millis"),
    times: 100
  })

const get = (url: string) => Effect.promise(async () => (await fetch(url)).text())

/** What one machine says of itself and of another one, as JSON. */
const seenFrom = Effect.fnUntraced(function*(one: Machine, other: Machine) {
  const { machines = [], threads } = yield* one.view
  assert.deepStrictEqual(machines.map(({ address, isSelf, state }) => [address, isSelf, state]), [
    [one.address, true, "up"],
    [other.address, false, "up"]
  ])
  assert.strictEqual(machines.reduce((sum, { report }) => sum + (report?.parts ?? 0), 0), 256)
  assert.lengthOf(machines.flatMap(({ report }) => report?.once ?? []), 1)
  assert.deepStrictEqual(
    machines.map(({ report }) => report?.threads.map(({ name }) => name)),
    [threads, threads].map((all) => all.map(({ name }) => name))
  )
  for (const { ageMillis, software } of machines) {
    assert.deepStrictEqual(software, { version: "0.1.0", heddle: "0.1.0", node: process.version })
    assert.isAtMost(ageMillis, 10_000)
  }
})

/** What it prints of both. */
const printedFor = Effect.fnUntraced(function*(one: Machine, other: Machine) {
  const text = yield* one.run("ps")
  assert.match(text, /^MACHINE +STATE +VERSION +NEWS +PARTS +KEYS +ONCE$/m)
  assert.match(text, new RegExp(`^${one.address} +up +0\\.1\\.0 +this one +\\d+/256 +\\d+`, "m"))
  assert.match(text, new RegExp(`^on ${other.address}\\nheddle\\.storage +running`, "m"))
  // Where the bot is not, it says where it is; and that is healthy.
  assert.match(text, new RegExp(`^bot +stopped.*\\n +on (${one.address}|${other.address})$`, "m"))
  assert.deepStrictEqual(text.split("\n").slice(1).filter((line) => line.length > 80), [])
  for (const machine of [one, other]) assert.strictEqual(yield* machine.run("ps", "--health"), "healthy\n")
})

/** Which keys it lists, and where. */
const listedFrom = Effect.fnUntraced(function*(one: Machine, other: Machine) {
  const places = yield* spread({ a: one, b: other })
  const listed = yield* one.run("keys", "Counter", "--json")
  const found = listed.trimEnd().split("\n").map((line) => decodeKey(line))
  assert.deepStrictEqual(new Map(found.map(({ key, machine }) => [key, machine])), places)
})

/** What its page's server says of both. */
const servedBy = Effect.fnUntraced(function*(one: Machine, other: Machine) {
  const url = yield* one.page
  const { machines } = decodeMachines(JSON.parse(yield* get(`${url}/api/machines`)))
  assert.deepStrictEqual(machines.map(({ address }) => address), [one.address, other.address])
  const metrics = yield* get(`${url}/metrics`)
  assert.include(metrics, `heddle_machine_up{machine="${other.address}"} 1`)
  assert.match(metrics, new RegExp(`^heddle_machine_actor_keys_awake\\{.*machine="${other.address}".*\\} [1-9]`, "m"))
  // A sum over what each machine says of itself counts nothing twice.
  assert.notMatch(metrics, /^heddle_(thread|actor).*machine=/m)
  const all = yield* get(`${url}/metrics?machines=all`)
  for (const { address } of [one, other]) {
    assert.match(all, new RegExp(`^heddle_thread_up\\{.*machine="${address}".*\\} 1$`, "m"))
    assert.match(all, new RegExp(`^heddle_process_resident_memory_bytes\\{machine="${address}"\\}`, "m"))
  }
})

/** Has an errand go over to the machine that has the bot, and from there back to a key. */
const errandOver = Effect.fnUntraced(function*(a: Machine, b: Machine) {
  const places = yield* spread({ a, b })
  const holder = (yield* a.view).machines?.find(({ report }) => report?.once.length === 1)?.address
  assert.isDefined(holder)
  const other = holder === a.address ? b : a
  const key = keys.find((key) => places.get(key) === other.address) ?? ""
  const answer = yield* call(other, "Errands", { message: "Count", payload: { key } })
  assert.strictEqual(Reflect.get(Object(answer), "machine"), other.name)
})

describe.skipIf(bin === undefined)("the machines of a cluster", { timeout: 240_000 }, () => {
  it.live("N9: Command, page and metrics show all machines from any of them, and one that is gone with its age.", () =>
    Effect.gen(function*() {
      const { a, b } = yield* two()
      for (const [one, other] of [[a, b], [b, a]] as const) yield* eventually(seenFrom(one, other))
      yield* eventually(printedFor(b, a))
      yield* eventually(listedFrom(b, a))
      yield* eventually(servedBy(a, b))

      yield* b.system.signal("SIGSTOP")
      const silent = yield* until(a.view, ({ machines = [] }) => machines[1]?.report === null)
      assert.match(silent.machines?.[1]?.problem ?? "", /^it /)
      yield* b.system.signal("SIGKILL")
      yield* b.system.exited
      const gone = yield* until(a.view, ({ machines = [] }) => machines[1]?.state === "gone")
      assert.strictEqual(gone.machines?.[1]?.address, b.address)
      assert.isAbove(gone.machines?.[1]?.ageMillis ?? 0, 0)
      assert.match(yield* a.run("ps"), new RegExp(`^${b.address} +gone +0\\.1\\.0 +\\d.* ago +- +-`, "m"))
      assert.include(yield* get(`${yield* a.page}/metrics`), `heddle_machine_up{machine="${b.address}"} 0`)
    }).pipe(Effect.scoped))

  it.live("N9: An ask that crosses machines is one trace.", () =>
    Effect.gen(function*() {
      const collector = yield* Effect.acquireRelease(
        Effect.promise(collecting),
        (collector) => Effect.promise(() => collector[Symbol.asyncDispose]())
      )
      const { a, b } = yield* two({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url })
      // Places still move when a machine has just come.
      yield* eventually(errandOver(a, b))
      const spans = Effect.sync(() => collector.spans())
      const errands = yield* until(spans, (all) => {
        const isIn = ({ traceId }: (typeof all)[number], wanted: Partial<(typeof all)[number]>) =>
          all.some((span) =>
            Object.entries({ ...wanted, traceId }).every(([field, value]) => Reflect.get(span, field) === value)
          )
        const errands = all.filter(({ name }) => name === "errand")
        return errands.length > 0 && errands.every((errand) =>
          isIn(errand, { name: "Errands.Count", spanId: errand.parentSpanId ?? "" }) &&
          isIn(errand, { name: "Counter.Add", parentSpanId: errand.spanId })
        )
      })
      assert.isAbove(errands.length, 2)
    }).pipe(Effect.scoped))
})
