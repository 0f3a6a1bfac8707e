/** The ways in which a thread can end that are not in `endings.test.ts`. */
import { afterAll, layer } from "@effect/vitest"
import { System } from "heddle"
import config from "../fixtures/endings/config.ts"
import type { How } from "../fixtures/endings/Patient.ts"
import { blockedIn, crash, paper } from "./endingCases.ts"
import { quietly } from "./watching.ts"

afterAll(paper.remove)

const endings: ReadonlyArray<readonly [how: How, said: RegExp]> = [
  ["throw a string", /^string: just words$/],
  ["throw null", /a falsy value was thrown/],
  ["throw a function", /\[Function/],
  ["process.exit(1)", /^process\.exit\(1\) was called$/],
  ["overflow the stack", /^RangeError: Maximum call stack size exceeded$/]
]
const stalls: ReadonlyArray<How> = ["endless microtasks", "Atomics.wait"]

layer(quietly(System.layer(config)), { excludeTestServices: true, timeout: "1 minute" })(
  "the other ends of a thread",
  (it) => {
    for (const [how, said] of endings) {
      it.effect(`F1, D2: ${how} in a handler is one failure; what had not started runs next time.`, () =>
        crash(how, "in a handler", said))
    }
    for (const how of stalls) {
      it.effect(`F10: ${how} in a handler is ended by the watchdog, which names the message.`, () =>
        crash(how, "in a handler", blockedIn("Patient.End")))
      it.effect(`F1: ${how} in the background is ended by the watchdog.`, () =>
        crash(how, "in the background", blockedIn("Patient.Hold")))
    }
  }
)
