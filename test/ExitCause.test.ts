import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Schema from "effect/Schema"
import * as ExitCause from "../src/ExitCause.ts"

const causes: ReadonlyArray<readonly [cause: ExitCause.ExitCause, says: string]> = [
  [ExitCause.Thrown.make({ name: "RangeError", message: "too far", stack: "at x" }), "RangeError: too far"],
  [ExitCause.Exited.make({ code: 0, how: "process.exit" }), "process.exit(0) was called"],
  [ExitCause.Exited.make({ code: 0, how: "drained" }), "its event loop had nothing left to do (exit code 0)"],
  [ExitCause.Killed.make({ signal: "SIGSEGV" }), "its process was ended by SIGSEGV"],
  [ExitCause.OutOfMemory.make({ message: "limit reached" }), "out of memory: limit reached"],
  [
    ExitCause.Stalled.make({ millis: 5012, handling: "Bot.Say" }),
    "its event loop was blocked for 5012 ms while it handled Bot.Say"
  ],
  [ExitCause.Stalled.make({ millis: 5012, handling: "" }), "its event loop was blocked for 5012 ms"],
  [ExitCause.Defect.make({ actor: "Bot", message: "bug", stack: "at y" }), "Bot died: bug"],
  [ExitCause.BuildFailed.make({ actor: "Bot", message: "no token", stack: "" }), "Bot could not be built: no token"],
  [
    ExitCause.LoadFailed.make({ thread: "bot", module: "file:///c.ts", message: "no such file", stack: "" }),
    "it could not load file:///c.ts: no such file"
  ],
  [ExitCause.StartTimedOut.make({ millis: 100 }), "it was not ready within 100 ms"],
  [ExitCause.Unhealthy.make({ actor: "Bot", message: "deaf" }), "Bot failed its health check: deaf"],
  [ExitCause.Fatal.make({ actor: "Bot", message: "refused", stack: "" }), "Bot gave up: refused"],
  [ExitCause.Requested.make({}), "an operator asked for it"],
  [
    ExitCause.Recycled.make({ why: "it has handled 10 messages" }),
    "the thread was recycled: it has handled 10 messages"
  ]
]

describe("a cause", () => {
  for (const [cause, says] of causes) {
    it(`A cause says: ${says}.`, () => assert.strictEqual(ExitCause.format(cause), says))
  }

  it("A cause of each kind survives the way through JSON.", () => {
    const codec = Schema.toCodecJson(ExitCause.ExitCause)
    for (const [cause] of causes) {
      const wire: unknown = JSON.parse(JSON.stringify(Schema.encodeSync(codec)(cause)))
      assert.deepStrictEqual(Schema.decodeUnknownSync(codec)(wire), cause)
    }
    assert.strictEqual(new Set(causes.map(([{ _tag }]) => _tag)).size, ExitCause.ExitCause.members.length)
  })

  it("A cause has its stack, if there is one.", () => {
    assert.deepStrictEqual(causes.map(([cause]) => ExitCause.stack(cause)).filter((stack) => stack !== ""), [
      "at x",
      "at y"
    ])
  })
})

describe("whatever was thrown", () => {
  const circular: Record<string, unknown> = {}
  circular["self"] = circular
  const hostile = {
    toJSON: () => {
      throw new Error("no")
    },
    toString: () => {
      throw new Error("no, either")
    }
  }
  for (
    const [what, thrown, name, message] of [
      ["an error", new TypeError("bad"), "TypeError", "bad"],
      ["text", "oops", "string", "oops"],
      ["nothing", undefined, "undefined", "undefined"],
      ["null", null, "object", "null"],
      ["a number", 7, "number", "7"],
      ["a bigint", 7n, "bigint", "7"],
      ["an object", { code: 7 }, "object", `{"code":7}`],
      ["a symbol", Symbol("x"), "symbol", "Symbol(x)"],
      ["a circle", circular, "object", "<ref *1> { self: [Circular *1] }"]
    ] as const
  ) {
    it(`Whatever was thrown (${what}) has a name and a message.`, () => {
      const described = ExitCause.describe(thrown)
      assert.deepStrictEqual([described.name, described.message], [name, message])
      assert.isString(described.stack)
    })
  }

  it("Whatever was thrown can be described although it resists.", () => {
    assert.isString(ExitCause.describe(hostile).message)
    assert.isString(ExitCause.describe(Object.create(null)).message)
    assert.isString(ExitCause.describe(() => {}).message)
    const odd = Object.assign(new Error("x"), { message: { not: "text" }, stack: 7, name: null })
    const described = ExitCause.describe(odd)
    assert.deepStrictEqual(Object.values(described).map((value) => typeof value), ["string", "string", "string"])
  })

  it("Whatever was thrown is found in an Effect's cause, with the rest as its stack.", () => {
    const described = ExitCause.describeCause(Cause.die(new Error("bug", { cause: new Error("root") })))
    assert.strictEqual(described.message, "bug")
    assert.include(described.stack, "root")
    assert.isString(ExitCause.describeCause(Cause.fail({ code: 7 })).message)
    assert.isString(ExitCause.describeCause(Cause.empty).message)
  })
})
