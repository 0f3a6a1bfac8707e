/**
 * The command's end of a control socket.
 *
 * **Details**
 * - A connection carries one request: the system greets with its version, the command sends a line, and reads the parts of the
 *   answer until its end. To hang up interrupts what was asked for.
 * - Whether a system lives is found out by connecting. One that takes the connection and says nothing is reported as hung.
 * - An empty line says that the system is still at it.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { connect, type Socket } from "node:net"
import { type Card, isGone, protocol } from "./card.ts"
import * as lines from "./lines.ts"
import * as request from "./request.ts"

/** The system could not be reached, or stopped answering. */
export class Unreachable extends Schema.TaggedError<Unreachable>()("Unreachable", { problem: Schema.String }) {
  override get message(): string {
    return this.problem
  }
}

/** Where a system listens, and who it is if that is known. */
export type Address = Pick<Card, "socket"> & { readonly pid?: number | undefined }

/** How long a system may take to greet, and then between two signs of life. */
export interface Patience {
  readonly greetingMillis: number
  readonly silenceMillis: number
}

const patience: Patience = { greetingMillis: 3000, silenceMillis: 10_000 }

const decodeGreeting = Schema.decodeUnknownExit(Schema.fromJsonString(request.Greeting))
const decodeLine = Schema.decodeUnknownExit(Schema.fromJsonString(request.Line))

/** Asks a system. Each part of the answer is an element; leaving the stream interrupts what was asked for. */
export const ask = <P, A>(
  address: Address,
  { item, name, payload }: request.Definition<P, A>,
  given: P,
  { greetingMillis, silenceMillis } = patience
): Stream.Stream<A, Unreachable | request.Failed> => {
  const decodeItem = Schema.decodeUnknownEffect(item)
  const line = JSON.stringify({ request: name, payload: Schema.encodeSync(payload)(given) })
  return Stream.unwrap(Effect.gen(function*() {
    const socket = yield* Effect.acquireRelease(open(address), (socket) => Effect.sync(() => socket.destroy()))
    const received = lines.pull(socket, lines.longestAnswerBytes)
    const next = (millis: number) =>
      Effect.flatMap(late(address, received, millis), (line) => toUnreachable(address, line))
    yield* greeted(address, yield* next(greetingMillis))
    socket.write(`${line}\n`)
    const part = Effect.flatMap(next(silenceMillis), (line) => partOf(address, decodeItem, line))
    return Stream.fromEffectRepeat(part).pipe(
      Stream.takeWhile((part) => part._tag !== "End"),
      Stream.flatMap((part) => part._tag === "Item" ? Stream.succeed(part.item) : Stream.empty)
    )
  }))
}

/** What a line of an answer is. */
type Part<A> = { readonly _tag: "Item"; readonly item: A } | { readonly _tag: "Alive" } | { readonly _tag: "End" }

/** Reads one part of an answer. */
const partOf = <A>(
  address: Address,
  decodeItem: (item: unknown) => Effect.Effect<A, unknown>,
  line: string
): Effect.Effect<Part<A>, Unreachable | request.Failed> => {
  if (line === "") return Effect.succeed({ _tag: "Alive" })
  const decoded = decodeLine(line)
  if (Exit.isFailure(decoded)) return Effect.fail(foreign(address))
  const { value } = decoded
  if ("end" in value) return Effect.succeed({ _tag: "End" })
  if ("failed" in value) return Effect.fail(value.failed)
  return Effect.mapBoth(decodeItem(value.item), {
    onFailure: () => foreign(address),
    onSuccess: (item): Part<A> => ({ _tag: "Item", item })
  })
}

const called = ({ pid, socket }: Address): string =>
  pid === undefined ? `the system at ${socket}` : `the system of process ${pid}`

const foreign = (address: Address): Unreachable =>
  new Unreachable({
    problem: `${address.socket} is no socket of a heddle system: what answers there speaks another language`
  })

/** Connects. */
const open = (address: Address): Effect.Effect<Socket, Unreachable> =>
  Effect.callback((resume) => {
    const socket = connect(address.socket)
    socket.once("connect", () => resume(Effect.succeed(socket)))
    socket.on("error", (error) => {
      const code = "code" in error ? error.code : undefined
      const problem = isGone(code)
        ? address.pid === undefined
          ? `nothing listens at ${address.socket}`
          : `${called(address)} is not there any more`
        : code === "EACCES" || code === "EPERM"
        ? `${address.socket} belongs to another user`
        : code === "EAGAIN"
        ? hung(address)
        : `${called(address)} can't be reached: ${error.message}`
      resume(Effect.fail(new Unreachable({ problem })))
    })
    return Effect.sync(() => socket.destroy())
  })

const hung = (address: Address): string =>
  `${called(address)} does not answer: its main thread is blocked, or the process is suspended`

/** What arrives next, unless it takes too long. */
const late = (
  address: Address,
  received: lines.Pull,
  millis: number
): Effect.Effect<string | lines.TooLong | undefined, Unreachable> =>
  Effect.timeoutOrElse(Effect.promise(() => received.next()), {
    duration: millis,
    orElse: () => Effect.fail(new Unreachable({ problem: hung(address) }))
  })

/** A line, or why there is none. */
const toUnreachable = (
  address: Address,
  line: string | lines.TooLong | undefined
): Effect.Effect<string, Unreachable> => {
  if (typeof line === "string") return Effect.succeed(line)
  return Effect.fail(
    line === undefined
      ? new Unreachable({ problem: `${called(address)} has ended, or hung up` })
      : new Unreachable({ problem: `${called(address)} sent a line ${line.message}` })
  )
}

/** Checks the greeting of the system: its version of the protocol. */
const greeted = (address: Address, line: string): Effect.Effect<void, Unreachable> => {
  const greeting = decodeGreeting(line)
  if (Exit.isFailure(greeting)) return Effect.fail(foreign(address))
  if (greeting.value.heddle === protocol) return Effect.void
  return Effect.fail(
    new Unreachable({
      problem: `${
        called(address)
      } is of another version of heddle than this command: use the command of its project (npx heddle)`
    })
  )
}
