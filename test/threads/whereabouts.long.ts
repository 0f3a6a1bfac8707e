/** Where threads that hang are: real threads of this process, and programs of their own. */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type ExitCause, System } from "heddle"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import config from "../fixtures/hanging/config.ts"
import { Hanger, Reported } from "../fixtures/hanging/Hanger.ts"
import { quietly, watch } from "./watching.ts"

const at = (path: string): string => fileURLToPath(new URL(`../fixtures/hanging/${path}`, import.meta.url))
const linesOf = (path: string): ReadonlyArray<string> => readFileSync(at(path), "utf8").split("\n")
const hangs = linesOf("hangs.ts")

/** Whether a cause names the line of `hangs.ts` that is marked with `mark`. */
const isAt = ({ at: place }: ExitCause.Whereabouts, mark: string): boolean =>
  place?.file === at("hangs.ts") && (hangs[place.line - 1]?.endsWith(`// ${mark}`) ?? false)

/** Has the actor on its thread hang, and waits until that thread has ended. */
const end = (how: string) =>
  Effect.gen(function*() {
    const events = yield* watch
    const hanger = yield* Hanger
    yield* hanger.Ping(undefined, { timeout: "20 seconds" })
    yield* Effect.ignore(hanger.Hang({ how }, { timeout: "20 seconds" }))
    const { cause } = yield* events.next("ThreadExited", ({ thread }) => thread === "hanging")
    assert(cause._tag === "Stalled")
    return cause
  })

layer(quietly(System.layer(config)), { timeout: "1 minute", excludeTestServices: true })(
  "a thread that hangs",
  (it) => {
    for (
      const [how, mark, name] of [
        ["spin", "spin", /^spin$/],
        ["microtasks", "microtasks", /^again$/],
        ["regex", "regex", /^regex$/],
        ["atomics", "atomics", /^atomics$/],
        ["calls", "calls", /^(calls|isEven|isOdd)$/],
        ["json", "json", /^json$/],
        ["sort", "comparator", /^forever$/],
        ["deep", "comparator", /^forever$/],
        ["eval", "eval", /^eval$/]
      ] as const
    ) {
      it.effect(`F29: ${how}: its end names function, file, line and column.`, () =>
        Effect.gen(function*() {
          const cause = yield* end(how)
          assert(isAt(cause, mark), JSON.stringify(cause))
          assert.match(cause.at?.function ?? "", name)
          assert.isAbove(cause.at?.column ?? 0, 0)
          assert.include(cause.stack, `${at("hangs.ts")}:${cause.at?.line}:${cause.at?.column}`)
        }))
    }

    for (
      const [what, how, file, within] of [
        ["evaluated code", "named", "hangs.ts", "hangs.ts:"],
        ["a vm context", "vm", "inner.vm.js", "hangs.ts:"],
        ["WebAssembly", "wasm", "wasm://wasm/", "wasm.js:"]
      ] as const
    ) {
      it.effect(`F29: ${what} has a place, and so have the calls that led there.`, () =>
        Effect.gen(function*() {
          const { at: place, stack } = yield* end(how)
          assert.match(stack ?? "", how === "named" ? /^ {4}at evaluated \(eval:2:2\)\n/ : /^ {4}at /)
          assert.include(place?.file, file)
          assert.include(stack, at(within))
        }))
    }

    it.effect("F29: A synchronous native call has no line, and its end says so.", () =>
      Effect.gen(function*() {
        const cause = yield* end("native")
        assert.deepStrictEqual([cause.at, cause.native], [undefined, true])
      }))

    it.effect("F29: A stall that is only reported names its line, and the thread goes on.", () =>
      Effect.gen(function*() {
        const events = yield* watch
        const reported = yield* Reported
        yield* reported.Hang({ how: "while" }, { timeout: "20 seconds" })
        const { cause } = yield* events.next("ThreadStalled", ({ thread }) => thread === "reported")
        assert(isAt(cause, "while"), JSON.stringify(cause))
        // It is not left paused.
        yield* reported.Ping(undefined, { timeout: "20 seconds" })
        yield* reported.Hang({ how: "while" }, { timeout: "20 seconds" })
        assert(isAt((yield* events.next("ThreadStalled", ({ thread }) => thread === "reported")).cause, "while"))
        const { threads } = yield* System.System
        const found = (yield* threads).find(({ name }) => name === "reported")
        assert.deepStrictEqual([found?.state, found?.incarnation], ["running", 1])
      }))

    it.effect("F29: Two threads that hang at the same time both name their lines.", () =>
      Effect.gen(function*() {
        const events = yield* watch
        const reported = yield* Reported
        yield* Effect.all([
          Effect.map(end("regex"), (cause) => assert(isAt(cause, "regex"), JSON.stringify(cause))),
          reported.Hang({ how: "while" }, { timeout: "20 seconds" })
        ], { concurrency: "unbounded" })
        const { cause } = yield* events.next("ThreadStalled", ({ thread }) => thread === "reported")
        assert(isAt(cause, "while"), JSON.stringify(cause))
      }))
  }
)
