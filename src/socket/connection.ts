/**
 * One connection of the `heddle` command: a greeting, a request, its answer.
 *
 * ```text
 *   greeted --- a request in time ---> answering --- all of it is written ---> closed
 *      |                                   |
 *      +---- none, or one too long ---+    +--- the command hangs up: the request is interrupted ---> closed
 *                                     v
 *                                  closed
 * ```
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { Socket } from "node:net"
import * as ExitCause from "../ExitCause.ts"
import * as card from "./card.ts"
import { answers } from "./handlers.ts"
import * as lines from "./lines.ts"
import type { Operated } from "./operated.ts"
import * as request from "./request.ts"

/** How long a connection may take to send its request. */
const patienceMillis = 10_000

/** How often a system shows that it is alive while it answers. */
export const aliveEveryMillis = 2000

const decodeAsked = Schema.decodeUnknownExit(Schema.fromJsonString(request.Asked))

type RunFork = (effect: Effect.Effect<void>) => Fiber.Fiber<void>

/** Serves a connection until it is closed. */
export const serve = (operated: Operated, socket: Socket, runFork: RunFork): void => {
  const fiber = runFork(answerTo(operated, socket))
  socket.on("close", () => fiber.interruptUnsafe())
  fiber.addObserver(() => socket.end())
  // A system that has ended meanwhile answers nobody.
  if (socket.destroyed) fiber.interruptUnsafe()
}

/** Reads the one request of a connection, and answers it. */
const answerTo = (operated: Operated, socket: Socket): Effect.Effect<void> =>
  Effect.gen(function*() {
    yield* write(socket, { heddle: card.protocol, pid: process.pid })
    const line = yield* Effect.promise(() => firstLine(socket))
    if (line === undefined) return
    const alive = setInterval(() => socket.writableNeedDrain || lines.write(socket, "", () => {}), aliveEveryMillis)
      .unref()
    yield* Effect.ensuring(
      Stream.runForEach(answerOf(operated, line), (item) => write(socket, { item })).pipe(
        Effect.andThen(write(socket, { end: true })),
        Effect.catch((failed) => write(socket, { failed }))
      ),
      Effect.sync(() => clearInterval(alive))
    )
  })

/** The answer to a line; a defect of this code, or of an actor's schema, is one as well. */
const answerOf = (operated: Operated, line: string | lines.TooLong): Stream.Stream<unknown, request.Failed> => {
  if (typeof line !== "string") return Stream.fail(request.failed("wrong", `the request is ${line.message}`))
  const asked = decodeAsked(line)
  if (Exit.isFailure(asked)) {
    return Stream.fail(request.failed("wrong", "the request is no line of JSON that heddle knows"))
  }
  const { payload, request: name } = asked.value
  const answering = answers.get(name)
  if (answering === undefined) {
    return Stream.fail(
      request.failed("wrong", `this version of heddle knows no request ${name}; use the heddle of the system's project`)
    )
  }
  return answering(operated).answer(payload).pipe(
    Stream.catchCause((cause) => {
      const known = cause.reasons.find(Cause.isFailReason)
      return Stream.fail(known?.error ?? request.failed("refused", ExitCause.describeCause(cause).message))
    })
  )
}

/** The first line that arrives; nothing if none does. What comes after it is not read. */
const firstLine = (socket: Socket): Promise<string | lines.TooLong | undefined> =>
  new Promise((resolve) => {
    const late = setTimeout(() => socket.destroy(), patienceMillis).unref()
    const reader = lines.reader(lines.longestRequestBytes)
    const onData = (chunk: Buffer): void => {
      const [line] = reader(chunk)
      if (line === undefined) return
      done(line)
      // Reads on, to learn when the command hangs up.
      socket.on("data", () => {})
    }
    const onClose = (): void => done(undefined)
    const done = (line: string | lines.TooLong | undefined): void => {
      clearTimeout(late)
      socket.off("data", onData)
      socket.off("close", onClose)
      resolve(line)
    }
    socket.on("data", onData)
    socket.on("close", onClose)
  })

/** Writes a line, and waits until there is room for another one. */
const write = (socket: Socket, line: object): Effect.Effect<void> =>
  Effect.callback((resume) => lines.write(socket, JSON.stringify(line), () => resume(Effect.void)))
