import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Rpc from "effect/rpc/Rpc"
import { Actor, Thread } from "heddle"
import { inspect } from "node:util"
import { cores } from "../../src/base/cores.ts"
import { problemOf } from "../../src/control/permissions.ts"
import { actorOptions, make } from "../../src/control/topology.ts"
import * as libc from "../../src/shared/libc.ts"
import { InvalidSystem } from "../../src/SystemError.ts"

class Porter extends Actor.Service<Porter>()("Porter", [Rpc.make("Open")]) {}
class Cook extends Actor.Service<Cook>()("Cook", [Rpc.make("Boil")]) {}

const porter = Actor.lazy(Porter, () => Promise.resolve({ default: Porter.toLayer({ Open: () => Effect.void }) }))
const cook = Actor.lazy(Cook, () => Promise.resolve({ default: Cook.toLayer({ Boil: () => Effect.void }) }))
const module = import.meta.url

/** The lines of the complaint, or none. */
const problems = (declare: () => unknown): ReadonlyArray<string> => {
  try {
    declare()
  } catch (error) {
    if (error instanceof InvalidSystem) return error.problems
    throw error
  }
  return []
}

/** Reads options as a program in JavaScript would write them, unchecked. */
const untyped = JSON.parse

const ofThread = (options: object) =>
  problems(() => make({ module, threads: { bot: Thread.make({ actors: [porter], ...options }) } }))

describe("a declaration", () => {
  it("A declaration that names its actors only gets every default.", () => {
    assert.deepStrictEqual(make({ module, threads: { bot: Thread.make({ actors: [porter] }) } }), {
      module,
      control: undefined,
      cluster: undefined,
      storage: undefined,
      strategy: "one-for-one",
      startup: "sequential",
      shutdownTimeoutMillis: 25_000,
      threads: [{
        name: "bot",
        actors: [porter],
        restart: {
          policy: "on-failure",
          minMillis: 100,
          maxMillis: 30_000,
          factor: 2,
          jitter: 0.2,
          failures: 5,
          resetAfterMillis: 30_000
        },
        startTimeoutMillis: 30_000,
        shutdownTimeoutMillis: 5000,
        stallAfterMillis: 5000,
        onStall: "restart",
        debugger: "pause",
        resourceLimits: undefined,
        onGiveUp: "escalate",
        onUnkillable: "wait",
        standby: 0,
        isolation: "thread",
        childProcesses: "end",
        permissions: "all",
        layer: undefined,
        recycle: undefined,
        group: { name: "bot", index: 0, count: 1 }
      }],
      layer: undefined
    })
  })

  it.runIf(libc.problem() === undefined)(
    "Permissions other than none are refused, and none where nothing could take them away.",
    () => {
      assert.deepStrictEqual(ofThread({ permissions: "none" }), [])
      assert.deepStrictEqual(ofThread({ permissions: "none", isolation: "process" }), [])
      assert.deepStrictEqual(ofThread(untyped(`{ "permissions": "net" }`)), [
        `threads.bot.permissions: "net" is not known; take "none", or leave it out`
      ])
      assert.deepStrictEqual(ofThread({ permissions: "none", isolation: "inline" }), [
        `threads.bot.permissions: "none" is for what runs apart from main, and this runs on it: take isolation "thread" or "process"`
      ])
      assert.match(String(problemOf("thread", "24.21.0")), /^needs Node 26 or later, .* and this is Node 24\.21\.0$/)
    }
  )

  it("An isolation that does not exist is refused.", () => {
    assert.deepStrictEqual(ofThread(untyped(`{ "isolation": "container" }`)), [
      `threads.bot.isolation: "container" is none of "thread", "process", "inline"`
    ])
  })

  it("A declaration keeps its threads in order and its options as they are.", () => {
    const { strategy, threads } = make({
      module,
      strategy: "rest-for-one",
      threads: {
        web: Thread.make({ actors: [porter], shutdownTimeout: 0, watchdog: { stallAfter: 100, action: "report" } }),
        bot: Thread.make({
          actors: [cook],
          restart: { policy: "never", backoff: { min: "1 second", max: "1 second" }, limit: { failures: 0 } },
          resourceLimits: { maxOldGenerationSizeMb: 64 },
          standby: 2
        })
      }
    })
    assert.strictEqual(strategy, "rest-for-one")
    assert.deepStrictEqual(threads.map(({ name }) => name), ["web", "bot"])
    assert.deepStrictEqual(threads.map(({ onStall }) => onStall), ["report", "restart"])
    assert.deepStrictEqual(threads.map(({ shutdownTimeoutMillis }) => shutdownTimeoutMillis), [0, 5000])
    assert.deepStrictEqual(threads[1]?.restart, {
      policy: "never",
      minMillis: 1000,
      maxMillis: 1000,
      factor: 2,
      jitter: 0.2,
      failures: 0,
      resetAfterMillis: 30_000
    })
    assert.deepStrictEqual(threads[1]?.resourceLimits, { maxOldGenerationSizeMb: 64 })
    assert.deepStrictEqual(threads.map(({ standby }) => standby), [0, 2])
  })

  it("A declaration with a first wait longer than 30 seconds is not capped below it.", () => {
    const { threads } = make({
      module,
      threads: { bot: Thread.make({ actors: [porter], restart: { backoff: { min: "1 minute" } } }) }
    })
    assert.deepStrictEqual([threads[0]?.restart.minMillis, threads[0]?.restart.maxMillis], [60_000, 60_000])
  })
})

describe("one faulty option is one line with its path and value", () => {
  for (
    const [options, line] of [
      [
        `{ "startTimeout": 0 }`,
        /^threads\.bot\.startTimeout: 0 is not a duration of at least 1 millis; write it as "5/
      ],
      [`{ "startTimeout": "soon" }`, /^threads\.bot\.startTimeout: "soon" is not a duration/],
      [`{ "startTimeout": null }`, /^threads\.bot\.startTimeout: null is not a duration/],
      [`{ "startTimeout": true }`, /^threads\.bot\.startTimeout: true is not a duration/],
      [`{ "startTimeout": "Infinity" }`, /^threads\.bot\.startTimeout: "Infinity" is not a duration/],
      [`{ "shutdownTimeout": -1 }`, /^threads\.bot\.shutdownTimeout: -1 is not a duration of 0 or more/],
      [`{ "shutdownTimeout": "-5 seconds" }`, /^threads\.bot\.shutdownTimeout: "-5 seconds" is not a duration/],
      [`{ "watchdog": { "stallAfter": 99 } }`, /^threads\.bot\.watchdog\.stallAfter: 99 is not .* at least 100 millis/],
      [
        `{ "watchdog": { "action": "kill" } }`,
        /^threads\.bot\.watchdog\.action: "kill" is none of "restart", "report"$/
      ],
      [`{ "onGiveUp": "retry" }`, /^threads\.bot\.onGiveUp: "retry" is none of "escalate", "quarantine"$/],
      [`{ "onUnkillable": 1 }`, /^threads\.bot\.onUnkillable: 1 is none of "wait", "exit"$/],
      [
        `{ "layer": "./Layer.ts" }`,
        /^threads\.bot\.layer: "\.\/Layer\.ts" is not a function that imports a module; write/
      ],
      [`{ "standby": 9 }`, /^threads\.bot\.standby: 9 is not a whole number from 0 to 8$/],
      [`{ "standby": 0.5 }`, /^threads\.bot\.standby: 0\.5 is not a whole number from 0 to 8$/],
      [`{ "childProcesses": "kill" }`, /^threads\.bot\.childProcesses: "kill" is none of "end", "keep"$/],
      [`{ "childProcesses": true }`, /^threads\.bot\.childProcesses: true is none of "end", "keep"$/],
      [`{ "standby": true }`, /^threads\.bot\.standby: true is not a whole number from 0 to 8$/],
      [`{ "resourceLimits": { "stackSizeMb": 0 } }`, /^threads\.bot\.resourceLimits\.stackSizeMb: 0 is not a number/],
      [`{ "restart": { "policy": "sometimes" } }`, /^threads\.bot\.restart\.policy: "sometimes" is none of/],
      [`{ "restart": { "backoff": { "min": -1 } } }`, /^threads\.bot\.restart\.backoff\.min: -1 is not a duration/],
      [
        `{ "restart": { "backoff": { "min": 200, "max": 100 } } }`,
        /^threads\.bot\.restart\.backoff\.max: 100 is not a duration of at least 200 millis/
      ],
      [`{ "restart": { "backoff": { "factor": 0.5 } } }`, /^threads\.bot\.restart\.backoff\.factor: 0\.5 is not/],
      [`{ "restart": { "backoff": { "factor": "2" } } }`, /^threads\.bot\.restart\.backoff\.factor: "2" is not/],
      [`{ "restart": { "backoff": { "jitter": 1.1 } } }`, /^threads\.bot\.restart\.backoff\.jitter: 1\.1 .* 0 to 1$/],
      [
        `{ "restart": { "limit": { "failures": 1.5 } } }`,
        /^threads\.bot\.restart\.limit\.failures: 1\.5 is not a whole/
      ],
      [`{ "restart": { "limit": { "failures": -1 } } }`, /^threads\.bot\.restart\.limit\.failures: -1 is not a whole/],
      [`{ "restart": { "limit": { "resetAfter": 0 } } }`, /^threads\.bot\.restart\.limit\.resetAfter: 0 is not/],
      [`{ "actors": [] }`, /^threads\.bot\.actors: at least one actor is needed$/],
      [`{ "actors": "Porter" }`, /^threads\.bot\.actors: "Porter" is not a list/],
      [`{ "actors": [{ "load": null }] }`, /^threads\.bot\.actors\[0\]: .* is not an actor; write Actor\.lazy\(/],
      [`{ "actors": [null] }`, /^threads\.bot\.actors\[0\]: null is not an actor; write Actor\.lazy\(/]
    ] as const
  ) {
    it(options, () => {
      const found = ofThread(untyped(options))
      assert.lengthOf(found, 1)
      assert.match(found[0] ?? "", line)
    })
  }

  for (
    const [what, options, path] of [
      ["NaN milliseconds", { startTimeout: Number.NaN }, "threads.bot.startTimeout: NaN is"],
      ["a stop of NaN milliseconds", { shutdownTimeout: Number.NaN }, "threads.bot.shutdownTimeout: NaN is"],
      ["Infinity milliseconds", { startTimeout: Infinity }, "threads.bot.startTimeout: Infinity is"],
      [
        "a factor of NaN",
        { restart: { backoff: { factor: Number.NaN } } },
        "threads.bot.restart.backoff.factor: NaN is"
      ],
      ["a limit of Infinity", { restart: { limit: { failures: Infinity } } }, "threads.bot.restart.limit.failures: Inf"]
    ] as const
  ) {
    it(what, () => {
      const found = ofThread(options)
      assert.lengthOf(found, 1)
      assert.include(found[0], path)
    })
  }

  for (
    const [options, line] of [
      [`{ "strategy": "all" }`, /^strategy: "all" is none of "one-for-one", "rest-for-one", "one-for-all"$/],
      [`{ "startup": "fast" }`, /^startup: "fast" is none of "sequential", "parallel"$/],
      [`{ "shutdownTimeout": -1 }`, /^shutdownTimeout: -1 is not a duration of 0 or more/],
      [
        `{ "module": "config.ts" }`,
        /^module: "config.ts" is not a URL and not an absolute path; write module: import\.meta\.url,/
      ],
      [`{ "module": null }`, /^module: null is not a URL/],
      [`{ "threads": {} }`, /^threads: at least one thread is needed$/],
      [`{ "threads": null }`, /^threads: null is not/],
      [`{ "threads": { "bot": {} } }`, /^threads\.bot: .* is not a thread; write Thread\.make\(/],
      [`{ "threads": { "bot": null } }`, /^threads\.bot: null is not a thread; write Thread\.make\(/]
    ] as const
  ) {
    it(options, () => {
      const found = problems(() =>
        make({ module, threads: { bot: Thread.make({ actors: [porter] }) }, ...untyped(options) })
      )
      assert.lengthOf(found, 1)
      assert.match(found[0] ?? "", line)
    })
  }

  for (
    const [timeout, shown] of [[0, "0"], [-1, "-1"], [Number.NaN, "NaN"], ["-5 seconds", `"-5 seconds"`]] as const
  ) {
    it(`The default time-out ${shown} of an actor is refused, with its path.`, () => {
      class Late extends Actor.Service<Late>()("Late", [], { timeout }) {}
      const late = Actor.lazy(Late, () => Promise.resolve({ default: Late.toLayer({}) }))
      const found = problems(() => make({ module, threads: { bot: Thread.make({ actors: [late] }) } }))
      assert.lengthOf(found, 1)
      assert.include(
        found[0] ?? "",
        `threads.bot.actors: the timeout of "Late": ${shown} is not a duration of at least 1 millis`
      )
    })
  }

  it("The interval of a health check is refused if it is faulty.", () => {
    const found = problems(() => actorOptions("Porter", { health: { check: Effect.void, every: 0 } }))
    assert.lengthOf(found, 1)
    assert.match(found[0] ?? "", /^Porter\.toLayer: health\.every: 0 is not a duration of at least 1 millis/)
  })

  it("A faulty option of an actor's layer is one line with its path and value.", () => {
    for (
      const [options, line] of [
        [`{ "concurrency": 0 }`, /^Porter\.toLayer: concurrency: 0 is not a whole number of at least 1$/],
        [`{ "concurrency": "many" }`, /^Porter\.toLayer: concurrency: "many" is not/],
        [`{ "mailbox": { "capacity": 0 } }`, /^Porter\.toLayer: mailbox\.capacity: 0 is not a whole number/],
        [`{ "mailbox": { "overflow": "drop" } }`, /^Porter\.toLayer: mailbox\.overflow: "drop" is none of "suspend", /],
        [
          `{ "health": { "every": 1 } }`,
          /^Porter\.toLayer: health: \{ every: 1 \} is not a health check; write health: \{/
        ],
        [`{ "health": "well" }`, /^Porter\.toLayer: health: "well" is not a health check/],
        [
          `{ "every": 5 }`,
          /^Porter\.toLayer: "every" is not an option; the options are concurrency, mailbox, restart, health$/
        ],
        [`{ "mailbx": {} }`, /^Porter\.toLayer: "mailbx" is not an option/],
        [`{ "restart": { "limit": { "failures": -1 } } }`, /^Porter\.toLayer: restart\.limit\.failures: -1 is not/]
      ] as const
    ) {
      const found = problems(() => actorOptions("Porter", untyped(options)))
      assert.lengthOf(found, 1)
      assert.match(found[0] ?? "", line)
    }
  })
})

describe("F7: a limit of a thread's resources", () => {
  const limited = (resourceLimits: object) => ofThread({ resourceLimits })
  const smallest = { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 1, codeRangeSizeMb: 8, stackSizeMb: 1 }

  it("F7: A limit of a thread's resources may be the smallest that works, or absent.", () => {
    assert.deepStrictEqual(limited(smallest), [])
    assert.deepStrictEqual(limited({}), [])
    assert.deepStrictEqual(limited({ maxOldGenerationSizeMb: undefined }), [])
  })

  for (const [field, min] of Object.entries(smallest)) {
    for (const value of [0, -1, 0.5, min - 0.1, Number.NaN, Infinity, 1e300, null, "64", true]) {
      it(`F7: ${field} of ${String(value)} is refused, and the smallest that works is named.`, () => {
        const found = limited({ [field]: value })
        assert.lengthOf(found, 1)
        assert.match(
          found[0] ?? "",
          new RegExp(`^threads\\.bot\\.resourceLimits\\.${field}: .* is not a number from ${min} to`)
        )
      })
    }
  }

  it("F7: A limit that no thread has is refused, as is a value that is no object.", () => {
    assert.match(
      limited({ maxOldGenerationSize: 64 }).join(),
      /resourceLimits\.maxOldGenerationSize is not a limit; take max/
    )
    for (const value of ["64", "null", "true", "\"64\""]) {
      assert.match(
        ofThread(untyped(`{ "resourceLimits": ${value} }`)).join(),
        /resourceLimits: .* is not an object such as/
      )
    }
  })
})

describe("F25: instances of a thread", () => {
  const instancesOf = (options: object) =>
    make({ module, threads: { bot: Thread.make({ actors: [porter], ...options }) } }).threads

  it("F25: Instances of a thread are threads of their own, numbered from 1.", () => {
    assert.deepStrictEqual(
      instancesOf({ instances: 3 }).map(({ group, name }) => [name, group]),
      [0, 1, 2].map((index) => [`bot.${index + 1}`, { name: "bot", index, count: 3 }])
    )
    assert.deepStrictEqual(instancesOf({ instances: 1 }).map(({ name }) => name), ["bot"])
  })

  it("F25: Instances of a thread may be as many as the process has cores.", () => {
    assert.strictEqual(instancesOf({ instances: "cores" }).length, Math.min(64, cores()))
  })

  for (const instances of [0, -1, 1.5, Number.NaN, Infinity, 65, "core", "2", null, true, {}]) {
    it(`F25: ${inspect(instances)} is refused.`, () => {
      assert.deepStrictEqual(
        problems(() => instancesOf({ instances })).map((line) => line.replace(/: .* is/, ": … is")),
        [
          `threads.bot.instances: … is not a whole number from 1 to 64, or "cores"`
        ]
      )
    })
  }

  it("F25: Instances of a thread are reported by the watchdog and not restarted, unless it is declared how long a task may take.", () => {
    const watchdogOf = (options: object) => {
      const [first] = instancesOf(options)
      return [first?.stallAfterMillis, first?.onStall]
    }
    assert.deepStrictEqual(watchdogOf({ instances: 2 }), [5000, "report"])
    assert.deepStrictEqual(watchdogOf({ instances: 2, taskTimeout: "1 minute" }), [60_000, "restart"])
    assert.deepStrictEqual(watchdogOf({ instances: 2, watchdog: { action: "restart" } }), [5000, "restart"])
    assert.deepStrictEqual(watchdogOf({ taskTimeout: "1 minute" }), [60_000, "restart"])
    assert.deepStrictEqual(watchdogOf({ taskTimeout: "1 minute", watchdog: { stallAfter: "1 second" } }), [
      1000,
      "restart"
    ])
  })

  it("F25: Instances of a thread share their actors' names, which no other thread may have.", () => {
    const lines = problems(() =>
      make({
        module,
        threads: {
          a: Thread.make({ actors: [porter], instances: 2 }),
          b: Thread.make({ actors: [porter], instances: 2 })
        }
      })
    )
    assert.include(lines[0] ?? "", `is taken by an actor of thread "a"`)
    assert.include(
      problems(() => make({ module, threads: { a: Thread.make({ actors: [porter, porter], instances: 2 }) } }))[0] ??
        "",
      `is taken by an actor of thread "a"`
    )
  })
})

describe("names", () => {
  const named = (name: string) =>
    problems(() => make({ module, threads: { [name]: Thread.make({ actors: [porter] }) } }))

  it("A name may have 64 letters, digits, _ and -, a letter first.", () => {
    for (const name of ["a", "Bot", "bot-2", "bot_2", "a".repeat(64)]) assert.deepStrictEqual(named(name), [])
  })

  for (const name of ["", "2bot", "-bot", "bot 2", "bot/2", "böt", "a".repeat(65), "bot\n"]) {
    it(`The name ${JSON.stringify(name)} is refused.`, () => {
      const found = named(name)
      assert.lengthOf(found, 1)
      assert.include(found[0], `${JSON.stringify(name)} is not a usable name; take 1-64 letters`)
    })
  }

  it("The name of the supervisor's own thread is reserved.", () => {
    assert.match(named("main").join(), /^threads\.main: "main" is the supervisor's own thread$/)
  })

  for (const name of ["bot.2", "hash.1", ".bot", "bot.", "a.b.c", "heddle.storage", "heddle.Supervisor"]) {
    it(`F7: ${name} is refused, for a thread as for an actor, because names with a dot are heddle's own.`, () => {
      class Dotted extends Actor.Service<Dotted>()(name, [Rpc.make("Open")]) {}
      const lazy = Actor.lazy(Dotted, () => Promise.resolve({ default: Dotted.toLayer({ Open: () => Effect.void }) }))
      const found = problems(() => make({ module, threads: { [name]: Thread.make({ actors: [lazy] }) } }))
      assert.deepStrictEqual(found.map((line) => line.slice(0, line.indexOf(`: "`))), [
        `threads.${name}`,
        `threads.${name}.actors`
      ])
      for (const line of found) {
        assert.include(line, `${JSON.stringify(name)} is not a usable name`)
        assert.include(line, "names with \".\" are heddle's own")
      }
    })
  }

  it("The names of actors are unique in the system.", () => {
    const twice = problems(() =>
      make({ module, threads: { a: Thread.make({ actors: [porter] }), b: Thread.make({ actors: [cook, porter] }) } })
    )
    assert.deepStrictEqual(twice, [
      "threads.b.actors: the name \"Porter\" is taken by an actor of thread \"a\"; actor names are unique in a system"
    ])
    assert.lengthOf(problems(() => make({ module, threads: { a: Thread.make({ actors: [cook, cook] }) } })), 1)
  })

  it("The names of actors are checked like those of threads.", () => {
    class Odd extends Actor.Service<Odd>()("odd name", [Rpc.make("Open")]) {}
    const lazy = Actor.lazy(Odd, () => Promise.resolve({ default: Odd.toLayer({ Open: () => Effect.void }) }))
    const found = problems(() => make({ module, threads: { bot: Thread.make({ actors: [lazy] }) } }))
    assert.lengthOf(found, 1)
    assert.include(found[0], "threads.bot.actors: \"odd name\" is not a usable name")
  })
})

describe("several faults", () => {
  it("Several faults are reported together, in one error, which says that nothing was started.", () => {
    const declare = () =>
      make({
        module: "here",
        threads: {
          "1": Thread.make({
            actors: [porter],
            startTimeout: untyped("\"never\""),
            restart: { limit: { failures: -1 } }
          }),
          b: Thread.make({ actors: [porter], shutdownTimeout: -1 })
        }
      })
    const found = problems(declare)
    assert.deepStrictEqual(found.map((line) => line.split(":")[0]).sort(), [
      "module",
      "threads.1",
      "threads.1.restart.limit.failures",
      "threads.1.startTimeout",
      "threads.b.actors",
      "threads.b.shutdownTimeout"
    ])
    assert.throws(declare, /declared wrongly, nothing was started:\n {2}- threads\.1/)
  })

  it("The faults of a system without any options are reported, too.", () => {
    assert.sameMembers(
      problems(() => make(untyped("{}"))).map((line) => line.split(":")[0] ?? ""),
      ["threads", "module"]
    )
  })
})

describe("F28: recycle", () => {
  const recycleOf = (options: object) =>
    make({ module, threads: { bot: Thread.make({ actors: [porter], ...options }) } }).threads[0]?.recycle

  it("F28: The option is read with its units, and lets what runs go on for as long as a task may take.", () => {
    assert.deepStrictEqual(recycleOf({ recycle: { after: 1000, heap: "200 MB", age: "1 hour" } }), {
      after: 1000,
      heapBytes: 200 * 2 ** 20,
      ageMillis: 3_600_000,
      drainMillis: 60_000
    })
    const sizes = ["0.5 GB", "65536KB", 2 ** 25]
    assert.deepStrictEqual(sizes.map((heap) => recycleOf({ recycle: { heap } })?.heapBytes), [
      2 ** 29,
      2 ** 26,
      2 ** 25
    ])
    const drains = [{ taskTimeout: "10 minutes" }, { taskTimeout: "1 second" }, { shutdownTimeout: "90 seconds" }]
    assert.deepStrictEqual(
      drains.map((options) => recycleOf({ recycle: { after: 1 }, ...options })?.drainMillis),
      [600_000, 5000, 90_000]
    )
  })

  for (
    const [options, line] of [
      [{ recycle: {} }, /^threads\.bot\.recycle: {} says nothing; write { after: 1000 }/],
      [{ recycle: { after: undefined } }, /says nothing/],
      [{ recycle: 1000 }, /^threads\.bot\.recycle: 1000 says nothing; write { after: 1000 }/],
      [{ recycle: null }, /^threads\.bot\.recycle: null says nothing/],
      [
        { recycle: { messages: 5 } },
        /^threads\.bot\.recycle\.messages is not an option of recycle; .* after, heap, age$/
      ],
      [{ recycle: { after: 0 } }, /^threads\.bot\.recycle\.after: 0 is not a whole number of at least 1$/],
      [{ recycle: { after: 1.5 } }, /^threads\.bot\.recycle\.after: 1\.5 is not a whole number/],
      [{ recycle: { after: Infinity } }, /^threads\.bot\.recycle\.after: Infinity is not a whole number/],
      [{ recycle: { after: "1000" } }, /^threads\.bot\.recycle\.after: "1000" is not a whole number/],
      [{ recycle: { heap: "200" } }, /^threads\.bot\.recycle\.heap: "200" is not a size .*; write it as "200 MB" or/],
      [{ recycle: { heap: "200 mb" } }, /^threads\.bot\.recycle\.heap: "200 mb" is not a size/],
      [{ recycle: { heap: "-200 MB" } }, /^threads\.bot\.recycle\.heap: "-200 MB" is not a size/],
      [{ recycle: { heap: 200 } }, /^threads\.bot\.recycle\.heap: 200 is not a size of at least 24 MB/],
      [{ recycle: { heap: Number.NaN } }, /^threads\.bot\.recycle\.heap: NaN is not a size/],
      [{ recycle: { heap: Infinity } }, /^threads\.bot\.recycle\.heap: Infinity is not a size/],
      [{ recycle: { heap: null } }, /^threads\.bot\.recycle\.heap: null is not a size/],
      [
        { recycle: { heap: "64 MB" }, resourceLimits: { maxOldGenerationSizeMb: 64 } },
        /^threads\.bot\.recycle\.heap: "64 MB" is not below resourceLimits\.maxOldGenerationSizeMb, which is 64/
      ],
      [{ recycle: { age: 0 } }, /^threads\.bot\.recycle\.age: 0 is not a duration of at least 100 millis/],
      [{ recycle: { age: "a day" } }, /^threads\.bot\.recycle\.age: "a day" is not a duration/],
      [{ recycle: { age: "Infinity" } }, /^threads\.bot\.recycle\.age: "Infinity" is not a duration/]
    ] as const
  ) {
    it(`F28: ${inspect(options, { breakLength: Infinity })} is refused.`, () => {
      const found = problems(() => recycleOf(options))
      assert.lengthOf(found, 1)
      assert.match(found[0] ?? "", line)
    })
  }
})
