/**
 * `heddle profile` and `heddle heap`: files for DevTools about one thread.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { closeSync, existsSync, openSync, rmSync, writeSync } from "node:fs"
import { resolve } from "node:path"
import type { Unreachable } from "../../socket/client.ts"
import { type Failed, failed, Heap, Profile } from "../../socket/request.ts"
import { print, printJson, size } from "./output.ts"
import { ask, type Flags, run } from "./target.ts"

/** What a recording is of, and where it goes. */
export interface RecordingFlags extends Flags {
  readonly thread: string
  readonly out: Option.Option<string>
}

/** The longest profile, in seconds: it is held in memory until it is over. */
const mostSeconds = 600

/** Writes a CPU profile of a thread. */
export const profile = (flags: RecordingFlags & { readonly seconds: number }): Effect.Effect<never> =>
  run(Effect.suspend(() => {
    const { seconds, thread } = flags
    if (!(seconds >= 1 && seconds <= mostSeconds)) {
      return Effect.fail(failed("wrong", `--seconds: ${seconds} is not between 1 and ${mostSeconds}`))
    }
    return write(flags, "cpuprofile", ask(flags, Profile, { thread, millis: seconds * 1000 }))
  }))

/** Writes a snapshot of a thread's heap. */
export const heap = (flags: RecordingFlags): Effect.Effect<never> =>
  run(write(flags, "heapsnapshot", ask(flags, Heap, { thread: flags.thread })))

type Parts = Stream.Stream<{ readonly text: string }, Unreachable | Failed>

/** Writes a recording to a file, and prints its name. */
const write = (flags: RecordingFlags, extension: string, parts: Parts) =>
  Effect.gen(function*() {
    const file = resolve(Option.getOrElse(flags.out, () => nameOf(flags.thread, extension)))
    const bytes = yield* save(file, parts)
    yield* flags.json
      ? printJson({ thread: flags.thread, file, bytes })
      : print(`${file}\n${size(bytes)}; load it in the ${panel[extension]} panel of DevTools\n`)
    return 0
  })

const panel: Readonly<Record<string, string>> = { cpuprofile: "Performance", heapsnapshot: "Memory" }

/** `bot-2026-11-28T12-00-00.cpuprofile` */
const nameOf = (thread: string, extension: string): string =>
  `${thread.replaceAll(/[^\w.-]/g, "_")}-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}.${extension}`

/** Writes the parts to a new file, which only its owner can read; it is removed if not all of them arrive. */
const save = (file: string, parts: Parts): Effect.Effect<number, Unreachable | Failed> => {
  if (existsSync(file)) return Effect.fail(sorry(file, "it exists"))
  return Effect.acquireUseRelease(
    Effect.sync(() => makeWriter(file)),
    (writer) =>
      Effect.andThen(
        Stream.runForEach(parts, ({ text }) =>
          Effect.try({
            try: () => writer.write(text),
            catch: (error) => sorry(file, error instanceof Error ? error.message : String(error))
          })),
        Effect.sync(writer.bytes)
      ),
    (writer, exit) => Effect.sync(() => writer.close(exit._tag === "Success"))
  )
}

const sorry = (file: string, why: string): Failed => failed("wrong", `${file} can't be written: ${why}`)

/** Writes a file from its first part on. What is not complete is removed, also at Ctrl-C. */
const makeWriter = (file: string) => {
  let fd: number | undefined
  let bytes = 0
  const onSignal = (): never => {
    close(false)
    return process.exit(130)
  }
  const close = (isComplete: boolean): void => {
    process.off("SIGINT", onSignal)
    if (fd === undefined) return
    closeSync(fd)
    if (!isComplete) rmSync(file, { force: true })
  }
  process.on("SIGINT", onSignal)
  return {
    write(text: string): void {
      fd ??= openSync(file, "wx", 0o600)
      bytes += writeSync(fd, text)
    },
    bytes: () => bytes,
    close
  }
}
