/**
 * `heddle trace`: prints a log of a bundle with places in the sources.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { createReadStream } from "node:fs"
import type { Readable } from "node:stream"
import * as log from "../../base/log.ts"
import { print } from "./output.ts"
import * as places from "./places.ts"

class NotRead extends Schema.TaggedError<NotRead>()("NotRead", { file: Schema.String, cause: Schema.Defect() }) {
  override get message(): string {
    return `${this.file} can't be read: ${this.cause instanceof Error ? this.cause.message : String(this.cause)}`
  }
}

/** Prints a file, or standard input as it comes, line by line; completes with the exit code of the process. */
export const trace = (file: string | undefined, folder: string | undefined): Effect.Effect<never> =>
  Effect.gen(function*() {
    const input = file === undefined || file === "-" ? process.stdin : createReadStream(file)
    const known = places.make(folder)
    yield* Stream.fromAsyncIterable(linesOf(input), (cause) => new NotRead({ file: file ?? "standard input", cause }))
      .pipe(
        Stream.runForEach((line) => print(known.translate(line)))
      )
    return complain(known)
  }).pipe(
    Effect.catch((error) => Effect.sync(() => fail(error.message))),
    Effect.map((code) => process.exit(code))
  )

/** Lines with their ends. */
async function* linesOf(input: Readable): AsyncGenerator<string> {
  input.setEncoding("utf8")
  let rest = ""
  for await (const chunk of input) {
    const lines = `${rest}${chunk}`.split("\n")
    rest = lines.pop() ?? ""
    yield* lines.map((line) => `${line}\n`)
  }
  if (rest !== "") yield rest
}

/** Says what kept places from being translated: a broken map, or that there is no map for any of them. */
const complain = (known: places.Places): number => {
  for (const problem of known.broken()) fail(`a source map can't be used: ${problem}`)
  const [missing] = known.missing()
  if (known.replaced() === 0 && missing !== undefined) {
    fail(`no source map was found, ${missing} for example; name the folder of the maps by --maps DIR`)
  }
  return known.broken().length > 0 || (known.replaced() === 0 && missing !== undefined) ? 1 : 0
}

const fail = (problem: string): number => {
  log.write(2, `heddle: ${problem}\n`)
  return 1
}
