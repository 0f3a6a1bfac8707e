import { assert, describe, it } from "@effect/vitest"
import * as Cron from "effect/Cron"
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { Actor } from "heddle"
import { type CronOptions } from "../../src/actor/cron.ts"
import { type Declared, declaredBy, latest, type Progress, Schedules } from "../../src/storage/schedules.ts"

const at = (text: string): number => new Date(text).getTime()
const text = (millis: number): string => new Date(millis).toISOString()
const [minute, hour, day] = [60_000, 3_600_000, 86_400_000]

const declared = (expression: string, options: CronOptions<never> = {}): Declared => {
  class Clerk extends Actor.Service<Clerk>()("Clerk", [Actor.cron(Rpc.make("Tick"), expression, options)]) {}
  const [one] = declaredBy(new Map([["Clerk", Clerk]]))
  if (one === undefined) throw new Error("no schedule is declared")
  return one
}

/** A schedule whose process may end and begin again; what it runs ends at once unless it is held. */
const clerk = (one: Declared, begins: number) => {
  let disk: ReadonlyArray<Progress> = []
  let schedules = new Schedules([one], disk, [], begins)
  const ran: Array<string> = []
  const identity = (id: string) => ({ actor: "Clerk", message: "Tick", key: "", id })
  return {
    ran,
    /** Does what is due, until nothing is. */
    look: (now: number, { holds = false } = {}): void => {
      for (let turn = 0; schedules.dueInMillis(now) === 0; turn++) {
        assert.isBelow(turn, 10_000)
        const due = schedules.due(now)
        schedules.written(due)
        disk = due
        for (const { id } of due.flatMap(({ acceptances }) => acceptances)) {
          ran.push(id)
          schedules.accepted(identity(id))
          if (!holds) schedules.ended(identity(id))
        }
      }
    },
    end: (id: string): void => schedules.ended(identity(id)),
    dueIn: (now: number): number => schedules.dueInMillis(now),
    restart: (now: number, as: Declared = one): void => {
      schedules = new Schedules([as], disk, [], now)
    }
  }
}

describe("M10: the times of a schedule", () => {
  it("M10: Each time has one run, in order, however late it is looked at.", () => {
    const begins = at("2026-06-01T00:00:30Z")
    const one = clerk(declared("* * * * *", { missed: "all" }), begins)
    for (let now = begins; now < begins + hour; now += 7777) one.look(now)
    const times = Array.from({ length: 59 }, (_, index) => text(at("2026-06-01T00:01:00Z") + index * minute))
    assert.deepStrictEqual(one.ran.slice(0, 59), times)
    assert.strictEqual(new Set(one.ran).size, one.ran.length)
  })

  it("M10: Nothing is due before the first time, and then it says how long that is.", () => {
    const begins = at("2026-06-01T08:59:58.500Z")
    const one = clerk(declared("0 9 * * 1-5"), begins)
    one.look(begins)
    assert.deepStrictEqual([one.ran, one.dueIn(begins)], [[], 1500])
    one.look(begins + 1500)
    assert.deepStrictEqual(one.ran, ["2026-06-01T09:00:00.000Z"])
    assert.strictEqual(one.dueIn(begins + 1500), day)
  })

  const down = (missed: "once" | "skip" | "all", downFor: number) => {
    const begins = at("2026-06-01T00:00:30Z")
    const one = clerk(declared("*/10 * * * *", { missed }), begins)
    one.look(begins)
    one.look(at("2026-06-01T00:10:00Z"))
    one.restart(begins + downFor)
    one.look(begins + downFor)
    return one.ran.slice(1)
  }

  it("M10: Of the times that a process was down for, the latest runs, none does, or all do, as it is declared.", () => {
    assert.deepStrictEqual(down("once", 45 * minute), ["2026-06-01T00:40:00.000Z"])
    assert.deepStrictEqual(down("skip", 45 * minute), [])
    assert.deepStrictEqual(
      down("all", 45 * minute),
      ["2026-06-01T00:20:00.000Z", "2026-06-01T00:30:00.000Z", "2026-06-01T00:40:00.000Z"]
    )
  })

  it("M10: What is less than a minute late is not missed.", () => {
    assert.deepStrictEqual(down("skip", 40 * minute), ["2026-06-01T00:40:00.000Z"])
  })

  it("M10: A process that was down for years finds the latest time at once, and all of them if it is to.", () => {
    const began = performance.now()
    const begins = at("2006-06-01T00:00:30Z")
    const one = clerk(declared("* * * * * *"), begins)
    one.look(begins)
    one.look(at("2026-06-01T00:00:00.500Z"))
    assert.deepStrictEqual(one.ran, ["2026-06-01T00:00:00.000Z"])
    assert.isBelow(performance.now() - began, 10_000)
    assert.lengthOf(down("all", 100 * day), 7 * 24 * 6, "of the last seven days")
  })

  it("M10: While a run has not ended, later times are missed.", () => {
    const run = (missed: "once" | "skip" | "all") => {
      const begins = at("2026-06-01T00:00:30Z")
      const one = clerk(declared("* * * * *", { missed }), begins)
      one.look(begins + minute, { holds: true })
      one.look(begins + 2 * minute, { holds: true })
      one.look(begins + 3 * minute, { holds: true })
      const before = one.ran.length
      for (const id of one.ran) one.end(id)
      one.look(begins + 3 * minute)
      return [before, one.ran.length, one.ran.at(-1)?.slice(14, 19)]
    }
    assert.deepStrictEqual(run("once"), [1, 2, "03:00"])
    assert.deepStrictEqual(run("skip"), [1, 1, "01:00"])
    assert.deepStrictEqual(run("all"), [3, 3, "03:00"])
  })

  it("M10: A clock that is set back runs no time twice; one that is set back by more than a day begins again.", () => {
    const begins = at("2026-06-01T12:00:30Z")
    const one = clerk(declared("0 * * * *"), begins)
    one.look(begins)
    one.look(begins + hour)
    for (let now = begins - 5 * hour; now <= begins + 2 * hour; now += minute) one.look(now)
    assert.deepStrictEqual(one.ran.map((id) => id.slice(11, 13)), ["13", "14"])
    one.look(at("2020-01-01T00:00:30Z"))
    one.look(at("2020-01-01T01:00:30Z"))
    assert.strictEqual(one.ran.at(-1), "2020-01-01T01:00:00.000Z")
  })

  it("M10: A schedule whose expression has changed begins again; one that only says what becomes of missed times does not.", () => {
    const begins = at("2026-06-01T00:00:30Z")
    const one = clerk(declared("0 * * * *", { missed: "all" }), begins)
    one.look(begins)
    one.look(begins + hour)
    one.restart(begins + 5 * hour, declared("30 * * * *", { missed: "all" }))
    one.look(begins + 5 * hour)
    assert.lengthOf(one.ran, 1)
    const other = clerk(declared("0 * * * *", { missed: "all" }), begins)
    other.look(begins)
    other.restart(begins + 5 * hour, declared("0 * * * *", { missed: "once" }))
    other.look(begins + 5 * hour)
    assert.deepStrictEqual(other.ran, ["2026-06-01T05:00:00.000Z"])
  })
})

describe("M10: clocks that go forward and back", () => {
  /** The times of a schedule within a span. */
  const times = (one: Declared, from: string, until: string): ReadonlyArray<string> => {
    const run = clerk(one, at(from))
    for (let now = at(from); now <= at(until); now += 10 * minute) run.look(now)
    return run.ran
  }
  const timeZone = "Europe/Berlin"
  const local = (id: string): string =>
    new Date(id).toLocaleString("sv-SE", { timeZone, hour: "2-digit", minute: "2-digit" })

  it("M10: A time of every day has one run on each day, also on those whose clocks change.", () => {
    const ran = times(
      declared("30 2 * * *", { timeZone, missed: "all" }),
      "2025-12-31T23:00:00Z",
      "2026-12-31T22:59:00Z"
    )
    assert.lengthOf(ran, 365)
    const days = ran.map((id) => new Date(id).toLocaleDateString("sv-SE", { timeZone }))
    assert.strictEqual(new Set(days).size, 365)
    const odd = ran.filter((id) => local(id) !== "02:30")
    assert.deepStrictEqual(odd, ["2026-03-29T01:30:00.000Z"], "02:30 is not there on this day; it is 03:30")
    assert.include(ran, "2026-10-25T00:30:00.000Z", "02:30 is there twice: the first")
  })

  for (const expression of ["*/30 * * * *", "0,30 0-23 * * *"]) {
    it(`M10: What comes every half hour (${expression}) does so in the hour that is there twice as well.`, () => {
      for (
        const [from, until] of [
          ["2026-03-28T20:10:00Z", "2026-03-29T08:10:00Z"],
          ["2026-10-24T20:10:00Z", "2026-10-25T08:10:00Z"]
        ] as const
      ) {
        const ran = times(declared(expression, { timeZone, missed: "all" }), from, until)
        assert.deepStrictEqual(
          ran,
          Array.from({ length: 24 }, (_, index) => text(at(from) + 20 * minute + index * 30 * minute))
        )
      }
    })
  }
})

it("M10: The latest time is what one finds by going through all.", () => {
  const expressions = ["* * * * *", "*/7 3 * * *", "0 0 29 2 *", "15 10 * * 1", "0 0 1 */3 *", "30 2 * * *"]
  fc.assert(
    fc.property(
      fc.constantFrom(...expressions),
      fc.constantFrom("UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe"),
      fc.integer({ min: at("2024-01-01T00:00:00Z"), max: at("2027-01-01T00:00:00Z") }),
      fc.integer({ min: 0, max: 6 * hour }),
      (expression, zone, after, span) => {
        const cron = Cron.parseUnsafe(expression, zone)
        let expected: number | undefined
        for (let next = Cron.next(cron, new Date(after)).getTime(); next <= after + span;) {
          expected = next
          next = Cron.next(cron, new Date(next)).getTime()
        }
        assert.strictEqual(latest(cron, after, after + span), expected)
      }
    ),
    { numRuns: 60 }
  )
})

describe("M10: a declaration", () => {
  const refused = (expression: string, options: CronOptions<never> = {}): RegExp | string => {
    try {
      Actor.cron(Rpc.make("Tick"), expression, options)
      return "it was taken"
    } catch (error) {
      return error instanceof TypeError ? error.message : "it threw something else"
    }
  }

  for (const expression of ["", "* * * *", "61 * * * *", "hello", "* * * * * * *"]) {
    it(`M10: ${JSON.stringify(expression)} is no schedule, and the error names the message.`, () => {
      assert.match(String(refused(expression)), /^Actor\.cron: Tick: ".*" in "UTC": /)
    })
  }

  it("M10: A time that never comes, an unknown zone, a wrong rule and a wrong duration are refused.", () => {
    assert.match(String(refused("0 0 31 2 *")), /Actor\.cron: Tick: .*never comes/)
    assert.match(String(refused("* * * * *", { timeZone: "Mars/Base" })), /in "Mars\/Base": Invalid time zone/)
    assert.match(String(refused("* * * * *", { keepFor: -1 })), /Actor\.cron: Tick: -1 is not a duration/)
    const wrong: object = { missed: "never" }
    assert.match(String(refused("* * * * *", wrong)), /missed is "once", "skip" or "all", not never/)
  })

  it("M10: A message with a payload can't be a schedule.", () => {
    const message: Parameters<typeof Actor.cron>[0] = Object(Rpc.make("Tick", { payload: { text: Schema.String } }))
    assert.throws(() => Actor.cron(message, "* * * * *"), /Actor\.cron: Tick has a payload/)
  })

  it("M10: A Cron of Effect is taken as it is.", () => {
    const cron = Cron.parseUnsafe("0 9 * * *", "Asia/Tokyo")
    class Clerk extends Actor.Service<Clerk>()("Clerk", [Actor.cron(Rpc.make("Tick"), cron)]) {}
    const [one] = declaredBy(new Map([["Clerk", Clerk]]))
    assert.strictEqual(one?.cron, cron)
    assert.include(one?.text, "Asia/Tokyo")
  })
})
