/** What every key does with its messages, leaving evidence. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { Actor } from "heddle"
import { randomUUID } from "node:crypto"
import { write } from "../evidence.ts"
import { type How, type Name, Refused } from "./Keyed.ts"

let built = 0

const ended = (exit: Exit.Exit<unknown, unknown>): string =>
  Exit.isSuccess(exit) ? "ok" : Exit.hasDies(exit) ? "died" : Exit.hasInterrupts(exit) ? "cut" : "refused"

/** Builds a key. Its evidence names the actor and the key, and the build by a name that no other has. */
export const behavior = (actor: Name) => (key: string) =>
  Effect.gen(function*() {
    const build = randomUUID().slice(0, 8)
    const { instance } = yield* Actor.Current
    yield* Effect.acquireRelease(
      Effect.sync(() => write("built", actor, key, build, String(instance.index))),
      () => Effect.sync(() => write("closed", actor, key, build))
    )
    // Some builds take a while, and some fail.
    if (built++ % 3 === 0) yield* Effect.sleep(2)
    if (key.startsWith("frail") && built % 4 === 0) return yield* Effect.die(new Error("chaos breaks the build"))

    const act = (how: How, id: string, millis: number): Effect.Effect<string, Refused, Actor.Current> => {
      switch (how) {
        case "answer":
          return Effect.succeed(id)
        case "slow":
          return Effect.as(Effect.sleep(millis), id)
        case "refuse":
          return Effect.andThen(Effect.sleep(millis), Effect.fail(new Refused({ id })))
        case "hang":
          return Effect.never
        case "die":
          return Effect.andThen(millis % 2 === 0 ? Effect.void : Effect.sleep(millis), Effect.die(new Error("chaos")))
        case "fatal":
          return Actor.fatal(new Error("chaos gives the key up"))
      }
    }

    return {
      Do: ({ how, id, millis }: { readonly how: How; readonly id: string; readonly millis: number }) =>
        Effect.suspend(() => {
          write("start", actor, key, build, id)
          return Effect.onExit(
            act(how, id, millis),
            (exit) => Effect.sync(() => write("end", actor, key, build, id, ended(exit)))
          )
        })
    }
  })
