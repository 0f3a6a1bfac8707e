/** What is said of whatever was thrown. */
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Schema from "effect/Schema"
import { ExitCause } from "heddle"
import { runInNewContext } from "node:vm"
import * as causes from "../../src/base/causes.ts"
import { show } from "../../src/base/logLine.ts"
import * as trace from "../../src/base/trace.ts"

class NoSuchThing extends Schema.TaggedError<NoSuchThing>()("NoSuchThing", { id: Schema.Int }) {}
class Refused extends Data.TaggedError("Refused")<{ readonly status: number }> {}
class Point {
  readonly x = 1
}
class Own extends Error {
  override readonly name = "Own"
}

const circle: Record<string, unknown> = {}
circle["self"] = circle
const cyclic = new Error("of itself")
cyclic.cause = cyclic
const hostile = Object.defineProperty(new Error("x"), "message", {
  get() {
    throw new Error("no message")
  }
})
const deep = Array.from({ length: 100 }).reduce<Error>(
  (cause, _, n) => new Error(`level ${n}`, { cause }),
  new Error("end")
)

const said: ReadonlyArray<
  readonly [what: string, thrown: unknown, name: string, words: ReadonlyArray<string | RegExp>]
> = [
  ["a DOMException", new DOMException("it took too long", "TimeoutError"), "TimeoutError", ["it took too long"]],
  ["an aborted signal's reason", AbortSignal.abort().reason, "AbortError", [/aborted/]],
  ["an error of another realm", runInNewContext("new TypeError('from afar')"), "TypeError", ["from afar"]],
  [
    "an error of another realm within one",
    new Error("near", { cause: runInNewContext("new RangeError('far')") }),
    "Error",
    [
      "near",
      "RangeError: far"
    ]
  ],
  [
    "an error that lost its prototype",
    { message: "copied", name: "CopyError", stack: "CopyError: copied" },
    "CopyError",
    [
      "copied"
    ]
  ],
  ["an AggregateError", new AggregateError([new Error("one"), new TypeError("two")]), "AggregateError", [
    "one; two",
    "Error: one",
    "TypeError: two"
  ]],
  ["an AggregateError of anything", new AggregateError(["words", { code: 7 }]), "AggregateError", [
    "words",
    "{\"code\":7}"
  ]],
  ["a Response", new Response("", { status: 503, statusText: "Service Unavailable" }), "Response", [
    "503",
    "Service Unavailable"
  ]],
  ["an Event", new Event("error"), "Event", ["error"]],
  ["an ErrorEvent's twin", { type: "error", message: "", error: new RangeError("within") }, "RangeError", ["within"]],
  ["a rejection's event", { type: "unhandledrejection", reason: new URIError("why") }, "URIError", ["why"]],
  ["an error with fields", Object.assign(new Error("connect"), { code: "ECONNREFUSED", port: 80 }), "Error", [
    "connect",
    "ECONNREFUSED",
    "port: 80"
  ]],
  ["a schema's error without a message", new NoSuchThing({ id: 7 }), "NoSuchThing", ["id: 7"]],
  ["a tagged error without a message", new Refused({ status: 403 }), "Refused", ["status: 403"]],
  ["an error with only a cause", new Error("", { cause: new Error("the root") }), "Error", ["the root"]],
  ["an error of a class of its own", new Own("mine"), "Own", ["mine"]],
  ["an error that causes itself", cyclic, "Error", ["of itself", "named above"]],
  ["a long chain of causes", deep, "Error", ["level 99", "level 95", "and more"]],
  ["an error within an object", { error: new Error("inner") }, "object", ["inner"]],
  ["a null prototype", Object.assign(Object.create(null), { code: 7 }), "object", ["code: 7"]],
  ["a function", function broken() {}, "function", ["[Function: broken]"]],
  ["a class", Own, "function", ["[class Own extends Error]"]],
  ["a symbol", Symbol("token"), "symbol", ["Symbol(token)"]],
  ["a Map", new Map([["key", new Set([1])]]), "Map", ["key", "Set(1)"]],
  ["an instance", new Point(), "Point", ["x: 1"]],
  ["a circle", circle, "object", ["Circular"]],
  ["an object with undefined and NaN", { a: undefined, b: Number.NaN }, "object", ["a: undefined", "b: NaN"]],
  ["a proxy of an error", new Proxy(new Error("behind"), {}), "Error", ["behind"]]
]

describe("F10: what is said", () => {
  for (const [what, thrown, name, words] of said) {
    it(`F10: What is said of ${what}, in a thread and in an Effect's cause, has its name and its words.`, () => {
      const described = ExitCause.describe(thrown)
      assert.strictEqual(described.name, name)
      const ofCause = ExitCause.describeCause(Cause.die(thrown))
      for (const { message, stack } of [described, ofCause]) {
        for (const word of words) {
          if (word instanceof RegExp) assert.match(`${message}\n${stack}`, word)
          else assert.include(`${message}\n${stack}`, word)
        }
      }
      assert.notStrictEqual(described.message, "")
    })
  }

  const trap = () => {
    throw new Error("a trap")
  }
  for (
    const [what, thrown] of [
      ["a message that throws", hostile],
      ["a proxy that throws", new Proxy({}, { get: trap, getPrototypeOf: trap, ownKeys: trap, has: trap })],
      ["a proxy that is revoked", revoked()],
      ["an inspection that throws", { [Symbol.for("nodejs.util.inspect.custom")]: trap }],
      ["toJSON and toString that throw", { toJSON: trap, toString: trap }]
    ] as const
  ) {
    it(`F10: Describing ${what} does not throw.`, () => {
      for (const described of [ExitCause.describe(thrown), ExitCause.describeCause(Cause.fail(thrown))]) {
        assert.isString(described.message)
        assert.isString(described.stack)
      }
    })
  }

  const bytes = (texts: object): number =>
    Object.values(texts).reduce<number>((sum, text) => sum + Buffer.byteLength(String(text)), 0)
  for (
    const [what, thrown] of [
      ["a long string", `begin ${"x".repeat(3_000_000)}`],
      ["a long message", new Error(`begin ${"y".repeat(300_000)}`)],
      ["a long message in three bytes a letter", new Error(`begin ${"€".repeat(100_000)}`)],
      ["a long name", Object.assign(new Error("begin"), { name: "N".repeat(100_000) })],
      [
        "a long stack",
        Object.assign(new Error("begin"), { stack: `Error: begin\n${"at somewhere\n".repeat(10_000)}at the end` })
      ],
      ["large data", { begin: Array.from({ length: 100_000 }, (_, n) => ({ n })) }],
      ["many errors", new AggregateError(Array.from({ length: 10_000 }, (_, n) => new Error(`begin ${n}`)))],
      ["a deep cause", new Error("begin", { cause: new Error("z".repeat(500_000)) })]
    ] as const
  ) {
    it(`F10: A description of ${what} has at most 64 KiB, its beginning included.`, () => {
      for (const described of [ExitCause.describe(thrown), ExitCause.describeCause(Cause.die(thrown))]) {
        assert.isAtMost(bytes(described), 65_536)
        assert.include(described.message, "begin")
        assert.notInclude(JSON.stringify(described), "\uFFFD")
      }
    })
  }

  it("F10: A description that is cut says how much is missing, and keeps where it was thrown.", () => {
    const { message, stack } = ExitCause.describe(new Error("y".repeat(300_000)))
    assert.match(message, /^y+… \d+ more characters$/)
    assert.strictEqual(Number(/(\d+) more/.exec(message)?.[1]) + message.indexOf("…"), 300_000)
    assert.include(stack, "thrown.test.ts")
  })
})

const nested = (count: number, message: (n: number) => string): Error =>
  Array.from({ length: count }).reduce<Error>((cause, _, n) => new Error(message(n), { cause }), new Error("root"))

/** An error whose causes have no end: each is made when it is read. */
const endless = (field: "cause" | "errors"): Error =>
  Object.defineProperty(new Error("begin"), field, {
    enumerable: true,
    get: () => field === "cause" ? endless(field) : [endless(field), endless(field)]
  })

/** Holds what is below three times, and that likewise: few objects, and no end for who follows each. */
const branching = (levels: number): unknown =>
  Array.from({ length: levels }).reduce<unknown>((below) => ({ a: below, b: below, c: below }), 1)

const unbounded: ReadonlyArray<readonly [what: string, thrown: unknown]> = [
  ["5,000 causes within each other", nested(5000, (n) => n === 4999 ? "begin" : `level ${n}`)],
  ["causes without messages", new Error("begin", { cause: nested(5000, () => "") })],
  ["causes without an end", endless("cause")],
  ["errors without an end", endless("errors")],
  ["10,000 errors", new AggregateError(Array.from({ length: 10_000 }, (_, n) => new Error(`${n}`)), "begin")],
  [
    "errors that are mostly holes",
    Object.assign(new Error("begin"), { errors: Object.assign([], { length: 2 ** 32 - 1 }) })
  ],
  ["a message of 5 MB", new Error(`begin ${"y".repeat(5_000_000)}`)],
  [
    "a stack of 5 MB",
    Object.assign(new Error("begin"), { stack: `Error: begin\n${"    at f (a.ts:1:1)\n".repeat(250_000)}` })
  ],
  ["data that branches", Object.assign(new Error("begin"), { data: branching(60) })],
  [
    "10,000 fields",
    Object.assign(new Error("begin"), Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`f${n}`, n])))
  ],
  [
    "a stack that throws",
    new Proxy(new Error("begin"), {
      get: (error, key) => key === "stack" ? revoked().toString() : Reflect.get(error, key)
    })
  ],
  [
    "symbols for its name and stack",
    Object.assign(new Error("begin"), { name: Symbol("name"), stack: Symbol("stack") })
  ]
]

describe("F10: what has no end", () => {
  for (const [what, thrown] of unbounded) {
    it(`F10: An error with ${what} is described, logged and exported in 64 KiB for each part that is shown.`, () => {
      for (const cause of [Cause.die(thrown), Cause.fail(thrown)]) {
        const { message, stack } = ExitCause.describeCause(cause)
        assert.include(message, "begin")
        assert.isAtMost(Buffer.byteLength(message + stack), 65_536)
        const logged = causes.pretty(cause)
        assert.include(logged, "begin")
        assert.isAtMost(logged.length, 16 * 65_536)
        const [exported] = Cause.prettyErrors(causes.bounded(cause), { includeCauseInStack: true })
        assert.include(exported?.message, "begin")
      }
      assert.include(ExitCause.describe(thrown).message, "begin")
      assert.isString(show(thrown))
      assert.isString(trace.stackOf(thrown))
    })
  }

  it("F10: Of a cause with 10,000 failures the first ones are named, and how many there are more.", () => {
    const cause = Cause.fromReasons(
      Array.from({ length: 10_000 }, (_, n) => Cause.makeFailReason(new Error(`failure ${n}`)))
    )
    for (const words of [causes.pretty(cause), ExitCause.describeCause(cause).stack]) {
      assert.include(words, "failure 0")
      assert.include(words, "… and 9984 more")
      assert.isBelow(words.length, 65_536)
    }
  })

  it("F10: A cause that can be shown is left as it is.", () => {
    const cause = Cause.combine(Cause.fail(new Error("one", { cause: "two" })), Cause.interrupt(7))
    assert.strictEqual(causes.bounded(cause), cause)
  })

  it("F10: A log's part that branches without an end, or can't be read, is shown all the same.", () => {
    for (
      const part of [branching(60), circle, revoked(), Object.create(null), { toJSON: () => revoked().toString() }]
    ) {
      assert.isNotEmpty(show(part))
    }
  })
})

describe("F10: a line and its detail", () => {
  for (
    const [what, thrown] of [
      ["an error", new TypeError("a bug", { cause: new Error("its root") })],
      ["an error of several lines", new Error("one\ntwo\nthree")],
      ["an error with a long message", new Error(`bug ${"y".repeat(9000)} and its end`)],
      ["an error with no message", new Error("")],
      ["a long text", `bug ${"y".repeat(9000)} and its end`],
      ["a DOMException", new DOMException("late", "TimeoutError")]
    ] as const
  ) {
    for (
      const cause of [
        ExitCause.Thrown.make(ExitCause.describe(thrown)),
        ExitCause.Defect.make({ actor: "Bot", ...ExitCause.describeCause(Cause.die(thrown)) })
      ]
    ) {
      it(`F10: A line and its detail say of ${what} all that is known (${cause._tag}), and the message once if it needs no name.`, () => {
        const all = `${ExitCause.format(cause)}\n${ExitCause.detail(cause)}`
        const { message, name } = ExitCause.describe(thrown)
        if (name !== "Error" && name !== "string") assert.include(all, name)
        for (const part of ["and its end", "its root", "three"]) {
          const known = `${message}${ExitCause.stack(cause)}`
          if (known.includes(part)) assert.include(all, part)
        }
        if (cause._tag === "Thrown" && message !== "") assert.lengthOf(all.split(message.slice(0, 5)), 2)
      })
    }
  }
})

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}
