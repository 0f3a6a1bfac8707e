/**
 * `heddle keys`, `heddle wake` and `heddle stop` of a key: the keys of a keyed actor of a running system.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type Definition, failed, Keys, StopKey, WakeKey } from "../../socket/request.ts"
import { isView, type KeyView, type Missing } from "../../wire/keyMessages.ts"
import { duration, exact, print, printable, printJson } from "./output.ts"
import { ask, type Flags, run } from "./target.ts"

/** Prints the keys of an actor that are awake, have failed lately or were given up, on all machines. */
export const keys = (actor: string, flags: Flags): Effect.Effect<never> =>
  run(Effect.gen(function*() {
    const all = yield* Stream.runCollect(ask(flags, Keys, { actor }))
    if (flags.json) { for (const key of all) yield* printJson(key) }
    else yield* print(`${linesOf(all).join("\n")}\n`)
    return 0
  }))

const titles = ["STATE", "RUNNING", "WAITING", "FAILURES", "KEY"] as const

/** The table of keys: the key stands last, because nobody knows how long it is. Pure. */
export const linesOf = (all: ReadonlyArray<KeyView | Missing>): ReadonlyArray<string> => {
  const keys = all.filter(isView)
  const missing = all.flatMap((one) =>
    isView(one) ? [] : [printable(`machine ${one.machine} does not say which it has: ${one.problem}`)]
  )
  return [...keys.length === 0 ? ["no key is awake"] : tableOf(keys), ...missing]
}

const tableOf = (all: ReadonlyArray<KeyView>): ReadonlyArray<string> => {
  const hasMachines = all.some(({ machine }) => machine !== undefined)
  const header = hasMachines ? ["MACHINE", ...titles] : titles
  const rows = all.toSorted((a, b) => a.key < b.key ? -1 : a.key === b.key ? 0 : 1).map((
    { failures, key, machine = "", running, state, waiting }
  ) => [
    ...hasMachines ? [machine] : [],
    state,
    String(running),
    String(waiting),
    String(failures),
    exact(key)
  ])
  const widths = header.map((title, column) =>
    rows.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), title.length)
  )
  const words = header.length - titles.length
  return [header, ...rows].map((cells) =>
    cells.map((cell, column) =>
      column <= words
        ? cell.padEnd(widths[column] ?? 0)
        : column === cells.length - 1
        ? cell
        : cell.padStart(widths[column] ?? 0)
    ).join("  ")
  )
}

const written = /^([^.[]+)\[(.*)\]$/s

/** Whether a name is that of a key, as in `Room[lobby]`. */
export const isKey = (name: string): boolean => written.test(name)

/** Opens a key. */
export const wake = (name: string, flags: Flags): Effect.Effect<never> => order(WakeKey, "open", name, flags)

/** Closes a key for good. */
export const stopKey = (name: string, flags: Flags): Effect.Effect<never> => order(StopKey, "stopped", name, flags)

/** Gives an order to one key, and waits until it is carried out. */
const order = (
  definition: Definition<{ readonly actor: string; readonly key: string }, unknown>,
  done: string,
  name: string,
  flags: Flags
): Effect.Effect<never> =>
  run(Effect.gen(function*() {
    const [, actor, key] = written.exec(name) ?? []
    if (actor === undefined || key === undefined) {
      return yield* Effect.fail(failed("wrong", `"${name}" names no key; write 'Actor[key]'`))
    }
    const since = performance.now()
    yield* Stream.runDrain(ask(flags, definition, { actor, key }))
    const millis = Math.round(performance.now() - since)
    yield* flags.json
      ? printJson({ actor, key, [done]: true, millis })
      : print(`${printable(name)} ${done} after ${duration(millis)}\n`)
    return 0
  }))
