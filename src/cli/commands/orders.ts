/**
 * `heddle restart`, `heddle stop` and `heddle shutdown`: orders to a running system, each done when the command ends.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type Definition, Restart, Shutdown, Stop } from "../../socket/request.ts"
import { isKey, stopKey } from "./keys.ts"
import { duration, print, printJson } from "./output.ts"
import { ask, type Flags, run } from "./target.ts"

/** Restarts a thread or all instances of a declaration, one after the other; starts what is stopped. */
export const restart = (name: string, flags: Flags): Effect.Effect<never> => order(Restart, "restarted", name, flags)

/** Stops a thread or all instances of a declaration, or a key of an actor. */
export const stop = (name: string, flags: Flags): Effect.Effect<never> =>
  isKey(name) ? stopKey(name, flags) : order(Stop, "stopped", name, flags)

/** Gives an order to a thread, and waits until it is carried out. */
const order = (
  definition: Definition<{ readonly name: string }, unknown>,
  done: string,
  name: string,
  flags: Flags
): Effect.Effect<never> =>
  run(Effect.gen(function*() {
    const since = performance.now()
    yield* Stream.runDrain(ask(flags, definition, { name }))
    const millis = Math.round(performance.now() - since)
    yield* flags.json
      ? printJson({ name, [done]: true, millis })
      : print(`${name} ${done} after ${duration(millis)}\n`)
    return 0
  }))

/** Ends the system in order. The exit code is 1 if a thread had to be terminated. */
export const shutdown = (flags: Flags): Effect.Effect<never> =>
  run(Effect.gen(function*() {
    const since = performance.now()
    const [ending] = yield* Stream.runCollect(ask(flags, Shutdown, {}))
    const terminated = ending?.terminated ?? []
    const millis = Math.round(performance.now() - since)
    const late = terminated.length === 0
      ? ""
      : `; terminated because they did not end in time: ${terminated.join(", ")}`
    yield* flags.json
      ? printJson({ stopped: true, millis, terminated })
      : print(`stopped after ${duration(millis)}${late}\n`)
    return terminated.length === 0 ? 0 : 1
  }))
