/** Files that people give to commands: read from where Discord keeps them. */
import * as Effect from "effect/Effect"
import { get as getPlainly, type IncomingMessage } from "node:http"
import { get as getSafely } from "node:https"
import type { GivenFile } from "./commandOptions.ts"
import { Failed } from "./commandTypes.ts"
import { plain } from "./words.ts"

const longestWait = "30 seconds"

const head = (url: string, signal: AbortSignal): Promise<IncomingMessage> => {
  const { promise, reject, resolve } = Promise.withResolvers<IncomingMessage>()
  const get = url.startsWith("https:") ? getSafely : getPlainly
  get(url, { signal, headers: { "accept-encoding": "identity" } }, resolve).once("error", reject)
  return promise
}

const read = async (url: string, mostBytes: number, signal: AbortSignal): Promise<string | undefined> => {
  const response = await head(url, signal)
  const parts: Array<Uint8Array> = []
  let bytes = 0
  if (response.statusCode !== 200) throw new Error(`Discord answers ${response.statusCode}`)
  for await (const part of response) {
    bytes += part.length
    if (bytes > mostBytes) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts).toString()
}

/** The text of a file of at most so many bytes; fails in a sentence for the person who gave it. */
export const textOf = ({ bytes, name, url }: GivenFile, mostBytes: number): Effect.Effect<string, Failed> => {
  const tooLarge = Effect.fail(
    new Failed({ detail: `${plain(name)} is larger than the ${mostBytes} bytes that I read.` })
  )
  if (bytes > mostBytes) return tooLarge
  return Effect.tryPromise((signal) => read(url, mostBytes, signal)).pipe(
    Effect.timeout(longestWait),
    Effect.catch((error) =>
      Effect.andThen(
        Effect.logWarning(`The bot could not read the file ${name} that somebody gave`, error),
        Effect.fail(new Failed({ detail: `Discord did not give me ${plain(name)}. Try again in a minute.` }))
      )
    ),
    Effect.flatMap((text) => text === undefined ? tooLarge : Effect.succeed(text))
  )
}
